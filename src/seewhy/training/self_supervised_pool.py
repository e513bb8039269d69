"""Trains the bundled image models: ``python -m seewhy.training.self_supervised_pool NAMES``.

Each is trained in a folder of its own under ``--work``, where a run that was stopped goes on; the
finished model and its card replace the bundled ones. ``photo-simclr`` needs ``--photos``,
``--captions`` and ``--cifar10`` (a folder that ``seewhy.training.cifar10`` wrote).
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from seewhy.encoders.image_model import ImageModel
from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.errors import InvalidArgumentError
from seewhy.training.cards import ModelCard, bundle_model
from seewhy.training.checkpoints import FILE_NAME
from seewhy.training.picture_folders import LabeledImages, load_pictures
from seewhy.training.pool import read_seconds
from seewhy.training.recipe import WorldData
from seewhy.training.self_supervised import Judges, score_features
from seewhy.training.self_supervised_recipe import (
    PictureData,
    SelfSupervisedRecipe,
    run_self_supervised,
)
from seewhy.training.self_supervised_recipes import find_recipe
from seewhy.training.world_scenes import digest_world, load_world

logger = logging.getLogger(__name__)
MODEL_FILES = ("config.json", "model.safetensors")
BUNDLED = ("simclr", "barlow-twins", "photo-simclr")
TEST_SCENES = 1_000
SUMMARIES = {
    "simclr": "A small residual network trained by SimCLR on scenes of the small world.",
    "barlow-twins": "The same network, trained by Barlow Twins.",
    "photo-simclr": "A small residual network trained by SimCLR on real photographs.",
}
COMMAND = "python -m seewhy.training.self_supervised_pool"
PHOTO_OPTIONS = " --photos flickr8k/images --captions flickr8k/captions.jsonl --cifar10 cifar10"
PHOTO_DATA = {
    "photographs": "Flickr8k, train split (6,000), and CIFAR-10, train split (50,000), no labels",
    "judged by": "CIFAR-10, by pooled features (`encoder.without_head()`): labels of the train "
    "split are known, all of the test split is asked; chance 10 %",
}
WORLD_LIMITS = (
    "It knows the small world's drawings and nothing else: on photographs its answers mean "
    "nothing (use mini:photo-simclr or a model of your own).",
    "It has never been told what anything is: what it finds alike is what augmentation leaves.",
)
PHOTO_LIMITS = (
    "It sees 32 pixels, and nine of ten pictures it has learned from had no more: it knows shapes "
    "and colors of common things, not details.",
    "It is small and trained on one CPU, so that explanations can be tried without a download.",
)


def train_mini(recipe: SelfSupervisedRecipe, name: str, work: Path, *, out: Path) -> ModelCard:
    """Train by a recipe, judge the weights as stored, and put the model in its place.

    Args:
        recipe: of the model.
        name: under which it is bundled.
        work: folder of the run; one that holds a checkpoint is resumed.
        out: where the bundled models lie.
    """
    folder = work / name
    run_self_supervised(recipe, folder, resume=(folder / FILE_NAME).exists())
    model = ImageModel.from_pretrained(folder)
    card = write_card(name, recipe, model, seconds=read_seconds(folder))
    bundle_model(card, folder, out / name, MODEL_FILES)
    return card


def write_card(
    name: str, recipe: SelfSupervisedRecipe, model: ImageModel, *, seconds: float
) -> ModelCard:
    """The card of a finished model; names the data, not where they lay."""
    settings, is_world = recipe.to_dict(), isinstance(recipe.data, WorldData)
    data: Mapping[str, Any] = PHOTO_DATA
    if isinstance(recipe.data, WorldData):
        data = {
            "scenes of the small world": recipe.data.scenes,
            "digest of the world": digest_world(),
            "second views": "of the same things before another background"
            if recipe.exchanges_backgrounds
            else "of the same scenes",
        }
    else:
        folders = ["flickr8k/images", "cifar10/train"]
        settings["data"] = {"kind": "pictures", "folders": folders, "captions": "captions.jsonl"}
    return ModelCard(
        name=f"mini:{name}",
        summary=SUMMARIES[name],
        recipe=settings,
        seed=recipe.training.seed,
        data=data,
        scores=score_model(recipe, model),
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        training_seconds=seconds,
        limits=WORLD_LIMITS if is_world else PHOTO_LIMITS,
        command=f"{COMMAND} {name}{'' if is_world else PHOTO_OPTIONS}",
    )


def score_model(recipe: SelfSupervisedRecipe, model: ImageModel) -> dict[str, float]:
    """Nearest neighbors and linear probe on pictures it has not seen, and of no training at all."""
    judges = load_judges(recipe)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.training.seed)
        untrained = ImageModel(recipe.model).eval()
    before, after = score_features(untrained, judges), score_features(model, judges)
    return {
        "nearest neighbors": after["knn"],
        "linear probe": after["linear_probe"],
        "nearest neighbors, untrained": before["knn"],
        "linear probe, untrained": before["linear_probe"],
    }


def load_judges(recipe: SelfSupervisedRecipe) -> Judges:
    """All pictures with labels that a finished model is judged by."""
    size, data = recipe.model.image.size, recipe.data
    if isinstance(data, PictureData):
        assert data.known is not None  # noqa: S101  the pool always names both
        assert data.asked is not None  # noqa: S101
        return Judges(load_pictures(data.known, size=size), load_pictures(data.asked, size=size))
    known = load_world(data.scenes, size=size, without=data.without)
    asked = load_world(TEST_SCENES, size=size, split="test")
    return Judges(
        LabeledImages(known.images, known.classes), LabeledImages(asked.images, asked.classes)
    )


def name_photographs(
    recipe: SelfSupervisedRecipe, photos: str | None, captions: str | None, cifar10: str | None
) -> SelfSupervisedRecipe:
    """The recipe with the photographs to learn from.

    Raises:
        InvalidArgumentError: if one of the three is not named.
    """
    if photos is None or captions is None or cifar10 is None:
        raise InvalidArgumentError(
            f"photo-simclr needs photographs: got --photos {photos}, --captions {captions} and "
            f"--cifar10 {cifar10}. Name all three."
        )
    train, test = (str(Path(cifar10) / split) for split in ("train", "test"))
    data = PictureData(folders=(photos, train), captions=captions, known=train, asked=test)
    return replace(recipe, data=data)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the models named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, prog=COMMAND)
    parser.add_argument("names", nargs="+", choices=BUNDLED)
    parser.add_argument("--photos", help="folder of photographs")
    parser.add_argument("--captions", help="captions file that names the split `train` of them")
    parser.add_argument("--cifar10", help="folder that python -m seewhy.training.cifar10 wrote")
    parser.add_argument("--steps", type=int, help="where it is not the recipe's")
    parser.add_argument("--device", choices=("cpu", "auto"), help="where it is not the recipe's")
    parser.add_argument("--work", type=Path, default=Path("build/minis"))
    parser.add_argument("--out", type=Path, default=MINIS_FOLDER)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for name in options.names:
        recipe = find_recipe(name)
        asked = {"steps": options.steps, "device": options.device}
        changes = {setting: value for setting, value in asked.items() if value is not None}
        recipe = replace(recipe, training=replace(recipe.training, **changes))
        if name == "photo-simclr":
            recipe = name_photographs(recipe, options.photos, options.captions, options.cifar10)
        card = train_mini(recipe, name, options.work, out=options.out)
        logger.info("%s: %s", name, dict(card.scores))


if __name__ == "__main__":
    main()
