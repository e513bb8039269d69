"""Trains the bundled dual encoders: ``python -m seewhy.training.pool [NAMES]``.

Without names, all of them. Each is trained in a folder of its own under ``--work``, where a
run that was stopped goes on; the finished model and its card replace the bundled ones.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from tokenizers import Tokenizer

from seewhy.encoders.dual_encoder import DualEncoderModel
from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.text.byte_pairs import load_tokenizer
from seewhy.training.cards import ModelCard, bundle_model
from seewhy.training.checkpoints import FILE_NAME
from seewhy.training.recipe import DualEncoderRecipe, WorldData, run_recipe
from seewhy.training.recipes import LIMITS, RECIPES, SUMMARIES, find_recipe
from seewhy.training.world_scenes import digest_world
from seewhy.training.world_scores import score_on_world

logger = logging.getLogger(__name__)
MODEL_FILES = ("config.json", "model.safetensors", "tokenizer.json")


def train_mini(name: str, work: Path, *, out: Path = MINIS_FOLDER) -> ModelCard:
    """Train one bundled dual encoder by its recipe, judge it, and put it in its place.

    Args:
        name: of the recipe.
        work: folder of the run; one that holds a checkpoint is resumed.
        out: where the bundled models lie.

    Raises:
        UnknownNameError: if there is no such recipe.
    """
    recipe = find_recipe(name)
    folder = work / name
    run_recipe(recipe, folder, resume=(folder / FILE_NAME).exists())
    model, tokenizer = DualEncoderModel.from_pretrained(folder), load_tokenizer(folder)
    card = write_card(name, recipe, model, tokenizer, seconds=read_seconds(folder))
    bundle_model(card, folder, out / name, MODEL_FILES)
    return card


def write_card(
    name: str,
    recipe: DualEncoderRecipe,
    model: DualEncoderModel,
    tokenizer: Tokenizer,
    *,
    seconds: float,
) -> ModelCard:
    """The card of a finished model, with scores measured now, on the weights as stored."""
    assert isinstance(recipe.data, WorldData)  # noqa: S101  the pool knows nothing else
    data = {
        "scenes of the small world": recipe.data.scenes,
        "families never seen": ", ".join(recipe.data.without) or "none",
        "share of pictures with the captions of another": recipe.mixed_up,
        "digest of the world": digest_world(),
    }
    return ModelCard(
        name=f"mini:{name}",
        summary=SUMMARIES[name],
        recipe=recipe.to_dict(),
        seed=recipe.training.seed,
        data=data,
        scores=score_on_world(model, tokenizer),
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        training_seconds=seconds,
        limits=LIMITS,
    )


def read_seconds(folder: Path) -> float:
    """How long the steps of a run took, over all the times it was resumed."""
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    seconds = [float(json.loads(line)["seconds"]) for line in lines]
    return sum(one for one, after in pairwise([*seconds, 0.0]) if after < one)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the models named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m seewhy.training.pool")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(RECIPES)}")
    parser.add_argument("--work", type=Path, default=Path("build/minis"))
    parser.add_argument("--out", type=Path, default=MINIS_FOLDER)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for name in options.names or RECIPES:
        card = train_mini(name, options.work, out=options.out)
        logger.info("%s: zero-shot %.3f on unseen scenes", name, card.scores["zero-shot"])


if __name__ == "__main__":
    main()
