"""Trains the bundled captioners and editors: ``python -m seewhy.captions.pool [NAMES]``.

Each model is trained in a folder of its own under ``--work``, where a run that was stopped goes
on; the finished models and their card replace the bundled ones.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from seewhy.captions.caption_model import CaptionModel
from seewhy.captions.captioner import CaptionWriter
from seewhy.captions.editor import CaptionEditor
from seewhy.captions.learning import judge_captions
from seewhy.captions.recipe import CaptionRecipe, Pace, WorldCaptions, run_caption_recipe
from seewhy.captions.speaker import Speaker
from seewhy.captions.world_editing import edit_scenes, score_edits
from seewhy.captions.world_examples import make_caption_examples
from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.errors import UnknownNameError
from seewhy.training.cards import ModelCard
from seewhy.training.checkpoints import FILE_NAME
from seewhy.training.loop import LOG_NAME
from seewhy.training.pool import read_seconds
from seewhy.training.world_scenes import digest_world
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene
from seewhy.world.truth import check_statement

logger = logging.getLogger(__name__)
COMMAND = "python -m seewhy.captions.pool"
TEST_SCENES = 300
PACE = Pace(
    batch_size=128,
    learning_rate=2e-3,
    schedule="cosine",
    warmup=0.05,
    epochs=3,
    patience=0,
    clip=1.0,
    betas=(0.9, 0.98),
    weight_decay=0.01,
    use_bf16=True,
    seed=21,
)
BASE = CaptionRecipe(
    model="editnet",
    sizes={"dim": 192, "attention_dim": 96, "dropout": 0.1},
    data=WorldCaptions(first=12_000, scenes=24_000, kept=3, encoder="mini:clip-places"),
    pace=PACE,
    min_count=2,
    validation_pictures=60,
    validation_beams=1,
)
LIMITS = (
    "It knows the small world's drawings and the words its captions are made of, and nothing "
    "else: of photographs it says nonsense.",
    "It reads captions of up to 18 words; longer ones are cut there.",
)
EDITOR_LIMITS = (
    "The captions it learned from were flawed in one way each; of one that is wrong throughout, "
    "some may stay that is not true.",
)


@dataclass(frozen=True, kw_only=True)
class Mini:
    """One bundled captioner or editor."""

    summary: str
    parts: Mapping[str, CaptionRecipe]
    """Recipes of its models, by the name of each."""
    edits: bool = True


MINIS: dict[str, Mini] = {
    "captioner": Mini(
        summary="An Up-Down captioner of the small world's drawings.",
        parts={
            "up-down": replace(
                BASE,
                model="up-down",
                sizes={"dim": 192, "embedding_dim": 96, "attention_dim": 96, "dropout": 0.1},
                pace=replace(PACE, seed=22),
            )
        },
        edits=False,
    ),
    "show-edit-tell": Mini(
        summary="EditNet and DCNet, which edit captions of the small world's drawings as one.",
        parts={
            "editnet": BASE,
            "dcnet": replace(
                BASE,
                model="dcnet",
                sizes={"dim": 128, "attention_dim": 64, "dropout": 0.1},
                pace=replace(PACE, epochs=2, seed=23),
            ),
        },
    ),
    "look-and-modify": Mini(
        summary="The modification network, which edits captions of the small world's drawings.",
        parts={
            "modification": replace(
                BASE,
                model="modification",
                sizes={"dim": 192, "embedding_dim": 96, "sentence_dim": 256, "dropout": 0.1},
                sentences="attentive",
                pace=replace(PACE, seed=24),
            )
        },
    ),
}
"""The bundled ones, with what each is trained by."""


def train_mini(name: str, work: Path, *, out: Path = MINIS_FOLDER) -> ModelCard:
    """Train one bundled captioner or editor, judge it, and put it in its place.

    Args:
        name: of ``MINIS``.
        work: folder of the runs; those that hold a checkpoint are resumed.
        out: where the bundled models lie.

    Raises:
        UnknownNameError: if there is none of that name.
    """
    if name not in MINIS:
        raise UnknownNameError("bundled captioner or editor", name, MINIS)
    mini, seconds, steps = MINIS[name], 0.0, 0
    for part, recipe in mini.parts.items():
        folder = work / name / part
        run_caption_recipe(recipe, folder, resume=(folder / FILE_NAME).exists())
        seconds += read_seconds(folder)
        steps += _count_steps(folder)
    models = [CaptionModel.from_pretrained(work / name / part) for part in mini.parts]
    kind = CaptionEditor if mini.edits else CaptionWriter
    speaker = kind(models, name=f"mini:{name}")
    speaker.save_pretrained(out / name, half=True)
    card = write_card(name, kind.from_pretrained(out / name), steps=steps, seconds=seconds)
    card.save(out / name)
    return card


def _count_steps(folder: Path) -> int:
    """Steps a run took, as its log says."""
    last = (folder / LOG_NAME).read_text(encoding="utf-8").splitlines()[-1]
    return int(json.loads(last)["step"])


def write_card(name: str, speaker: Speaker, *, steps: int, seconds: float) -> ModelCard:
    """The card of a finished captioner or editor, with scores of the weights as stored.

    Args:
        name: of ``MINIS``.
        speaker: as loaded from its folder.
        steps: that its models were trained, together.
        seconds: that took.
    """
    mini = MINIS[name]
    first = next(iter(mini.parts.values()))
    assert isinstance(first.data, WorldCaptions)  # noqa: S101  the pool knows nothing else
    recipes = {part: recipe.to_dict() for part, recipe in mini.parts.items()}
    return ModelCard(
        name=f"mini:{name}",
        summary=mini.summary,
        recipe={
            **recipes,
            "training": {**asdict(first.pace), "steps": steps},
            "loss": "cross-entropy",
        },
        seed=first.pace.seed,
        data={
            "scenes of the small world": first.data.scenes,
            "features by": first.data.encoder,
            "digest of the world": digest_world(),
        },
        scores=score_speaker(speaker),
        parameters=sum(model.num_parameters for model in speaker.models),
        training_seconds=seconds,
        limits=LIMITS + EDITOR_LIMITS if mini.edits else LIMITS,
        command=f"{COMMAND} {name}",
        usage=f"{'editor' if mini.edits else 'captioner'} = "
        f'seewhy.load_{"editor" if mini.edits else "captioner"}("mini:{name}")',
        unit="captions",
    )


def score_speaker(speaker: Speaker) -> dict[str, float]:
    """Scores on scenes it has not seen, from 0 to 1 (CIDEr-D: a tenth of it)."""
    if isinstance(speaker, CaptionEditor):
        return score_edits(list(edit_scenes(speaker, range(TEST_SCENES))))
    assert isinstance(speaker, CaptionWriter)  # noqa: S101  there is no third kind
    size = max(speaker.encoder.preprocessing.size)
    scenes = [sample_scene(number, split="test") for number in range(TEST_SCENES)]
    pictures = [draw_scene(scene, size, masks=False).image for scene in scenes]
    said = [found.caption for found in speaker.caption_all(pictures).captions]
    examples = list(make_caption_examples(range(TEST_SCENES), split="test"))
    scores = judge_captions([text.split() for text in said], examples)
    true = [check_statement(text, scene).is_true for text, scene in zip(said, scenes, strict=True)]
    return {"true captions": sum(true) / len(true), "CIDEr-D / 10": scores["cider"] / 10}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the models named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__, prog=COMMAND)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(MINIS)}")
    parser.add_argument("--work", type=Path, default=Path("build/minis"))
    parser.add_argument("--out", type=Path, default=MINIS_FOLDER)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for name in options.names or MINIS:
        card = train_mini(name, options.work, out=options.out)
        logger.info("%s: %s", name, dict(card.scores))


if __name__ == "__main__":
    main()
