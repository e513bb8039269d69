"""Trains ``mini:photo-clip``: a small dual encoder for photographs, from scratch.

    python -m seewhy.training.photo_recipe --data FOLDER --captions FILE --teacher hf:FOLDER

The captions file is JSON lines with the splits ``train``, ``dev`` and ``test``.
"""

from __future__ import annotations

import argparse
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.dual_encoder import DualEncoderConfig, DualEncoderModel
from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.encoders.text_transformer import TextTransformerConfig
from seewhy.text.byte_pairs import load_tokenizer
from seewhy.training.augmentation import Augmentation
from seewhy.training.caption_folders import load_folder
from seewhy.training.cards import ModelCard
from seewhy.training.checkpoints import FILE_NAME
from seewhy.training.dual_encoder import Validation, score
from seewhy.training.pool import MODEL_FILES, read_seconds
from seewhy.training.recipe import DualEncoderRecipe, FolderData, run_recipe
from seewhy.training.settings import TrainingSettings

logger = logging.getLogger(__name__)
NAME = "photo-clip"
SUMMARY = "A small dual encoder for photographs, trained from scratch on 6,000 of them."
LIMITS = (
    "It has seen 6,000 photographs of people, dogs and the outdoors, and little else: of what "
    "is rarely there (kitchens, animals other than dogs, text, art) it knows next to nothing.",
    "It is 100 times smaller than CLIP ViT-B/32 and saw 60,000 times fewer pictures. Use it to "
    "try seewhy on a picture of your own, not to learn something about the picture.",
    "Its captions are English, short, and describe what people do; so does it.",
)


def make_recipe(folder: str, captions: str, teacher: str, *, steps: int) -> DualEncoderRecipe:
    """The recipe.

    Args:
        folder: of the photographs.
        captions: JSON lines, splits ``train``, ``dev`` and ``test``.
        teacher: image encoder to imitate, as ``load_encoder`` knows it.
        steps: of training.
    """
    return DualEncoderRecipe(
        model=DualEncoderConfig(
            image=ConvNetConfig(
                size=112,
                widths=(24, 48, 112, 224),
                depths=(1, 2, 2, 1),
                strides=(2, 2, 1, 2),
            ),
            text=TextTransformerConfig(width=128, depth=2, heads=4, context=40),
            dim=192,
        ),
        data=FolderData(folder=folder, captions=captions, validation_split="dev", stored_size=144),
        word_weight=0.2,
        distill_from=teacher,
        augmentation=Augmentation(min_area=0.4, use_mirror=True, brightness=0.4, contrast=0.4),
        training=TrainingSettings(
            steps=steps,
            batch_size=128,
            learning_rate=2e-3,
            weight_decay=0.1,
            use_bf16=True,
            evaluate_every=500,
            checkpoint_every=250,
            seed=7,
        ),
        vocabulary=2500,
    )


def train_photo_mini(recipe: DualEncoderRecipe, work: Path, *, out: Path) -> ModelCard:
    """Train by the recipe, judge on the test split, and put the model in its place."""
    folder = work / NAME
    run_recipe(recipe, folder, resume=(folder / FILE_NAME).exists())
    model, tokenizer = DualEncoderModel.from_pretrained(folder), load_tokenizer(folder)
    assert isinstance(recipe.data, FolderData)  # noqa: S101  made above
    source = recipe.data
    size = source.stored_size or model.config.image.size
    test = load_folder(source.folder, source.captions, size=size, split="test")
    every = max(len(captions) for captions in test.captions)
    scores = score(model, tokenizer, Validation(test, captions_per_image=every))
    settings = recipe.to_dict()
    settings["data"] = {**settings["data"], "folder": "flickr8k", "captions": "captions.jsonl"}
    settings["distill_from"] = "MobileNetV2 1.0 (ImageNet)"
    card = ModelCard(
        name=f"mini:{NAME}",
        summary=SUMMARY,
        recipe=settings,
        seed=recipe.training.seed,
        data={
            "photographs": "Flickr8k, train split: 6,000 with five captions each",
            "teacher": "MobileNetV2 1.0, trained on ImageNet; none of its weights are in here",
            "judged on": f"Flickr8k, test split: {len(test)} photographs, all captions",
        },
        scores=scores,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        training_seconds=read_seconds(folder),
        limits=LIMITS,
    )
    target = out / NAME
    target.mkdir(parents=True, exist_ok=True)
    for file in MODEL_FILES:
        shutil.copyfile(folder / file, target / file)
    card.save(target)
    return card


def main(arguments: Sequence[str] | None = None) -> None:
    """Train it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m seewhy.training.photo_recipe")
    parser.add_argument("--data", required=True, help="folder of photographs")
    parser.add_argument("--captions", required=True, help="JSON lines {image, captions, split}")
    parser.add_argument("--teacher", required=True, help="image encoder, such as hf:FOLDER")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--work", type=Path, default=Path("build/minis"))
    parser.add_argument("--out", type=Path, default=MINIS_FOLDER)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    recipe = make_recipe(options.data, options.captions, options.teacher, steps=options.steps)
    card = train_photo_mini(recipe, options.work, out=options.out)
    logger.info("%s", dict(card.scores))


if __name__ == "__main__":
    main()
