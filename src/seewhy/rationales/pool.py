"""Trains the bundled rationale model: ``python -m seewhy.rationales.pool``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.errors import InvalidArgumentError
from seewhy.rationales.catalogue import load_rationale_model
from seewhy.rationales.folders import FILES
from seewhy.rationales.layouts import LayoutMaker
from seewhy.rationales.learning import RationaleTask, list_units
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.patch_store import keep_world_patches
from seewhy.rationales.recipe import RationaleRecipe, WorldScenes, run_rationale_recipe
from seewhy.rationales.recipes import find_recipe
from seewhy.rationales.world_examples import read_world_questions
from seewhy.training.cards import ModelCard, bundle_model
from seewhy.training.loop import LOG_NAME
from seewhy.training.world_scenes import digest_world

NAME, RECIPE = "uni-nlx", "uni-nlx-mini"
TEST_SCENES = 50
LIMITS = (
    "It knows the small world and nothing else; on photographs its answers mean nothing.",
    "Its answers are right, and its reasons true, no more often than the scores above say.",
    "It writes as the world's sentences are worded, in lower case.",
)


def score_model(model: RationaleModel, *, scenes: int = TEST_SCENES) -> dict[str, float]:
    """Shares of right answers and true reasons on scenes of the split ``test``, 0 to 1."""
    asked = read_world_questions(range(scenes), split="test", tasks=model.config.tasks)
    patches = keep_world_patches(model.reader, [str(e.image) for e in asked.examples])
    makers = {
        name: LayoutMaker(model.config.find_task(name), model.tokenizer)
        for name in model.config.tasks
    }
    task = RationaleTask(
        model.decoder,
        makers,
        list_units(asked.examples, packs=1, every_reason=False),
        patches,
        batch_size=1,
        seed=0,
        validation=asked.examples,
        truth=asked.is_true,
    )
    return task.evaluate()


def bundle_run(
    folder: Path, *, recipe: RationaleRecipe, name: str = NAME, target: Path | None = None
) -> Path:
    """Score a finished run on unseen scenes, and put it among the bundled models with its card.

    Args:
        folder: of the run.
        recipe: it was trained by, on the world.
        name: of the bundled model.
        target: where it is to lie; ``None``: with the others.

    Raises:
        InvalidArgumentError: if the recipe learns from something else.
    """
    if not isinstance(recipe.data, WorldScenes):
        raise InvalidArgumentError("Bundled rationale models are trained on the world.")
    model = load_rationale_model(folder)
    lines = (folder / LOG_NAME).read_text(encoding="utf-8").splitlines()
    seconds = [json.loads(line)["seconds"] for line in lines]
    card = ModelCard(
        name=f"mini:{name}",
        summary=(
            "answers questions about scenes of the small world and says why, for seven tasks, "
            f"looking through {recipe.patches.encoder}"
        ),
        recipe=recipe.to_dict(),
        seed=recipe.training.seed,
        data={
            "scenes": recipe.data.scenes,
            "tasks": ", ".join(recipe.tasks),
            "test scenes": TEST_SCENES,
            "world": digest_world(),
        },
        scores=score_model(model, scenes=TEST_SCENES),
        parameters=sum(p.numel() for p in model.decoder.parameters()),
        training_seconds=add_up(seconds),
        limits=LIMITS,
        command="python -m seewhy.rationales.pool",
        usage=f'model = seewhy.load_rationale_model("mini:{name}")',
        unit="scenes, with all their questions,",
    )
    target = target or MINIS_FOLDER / name
    bundle_model(card, folder, target, [file for file in FILES if (folder / file).is_file()])
    return target


def add_up(seconds: list[float]) -> float:
    """Seconds a run took over all its starts; the clock of a log begins anew with each."""
    total = before = 0.0
    for now in seconds:
        total += now - before if now >= before else now
        before = now
    return round(total, 1)


def main() -> None:
    """Train, score and bundle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs") / NAME, help="folder of the run")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    arguments = parser.parse_args()
    recipe = find_recipe(RECIPE)
    is_done = (arguments.out / "model.safetensors").is_file()
    if not is_done:
        run_rationale_recipe(recipe, arguments.out, resume=arguments.resume)
    bundle_run(arguments.out, recipe=recipe)


if __name__ == "__main__":
    main()
