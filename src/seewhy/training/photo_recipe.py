"""Trains ``mini:photo-clip``: a small dual encoder for photographs, from scratch.

    python -m seewhy.training.photo_recipe --data FOLDER --captions FILE --teacher hf:FOLDER

The captions file is JSON lines with the splits ``train``, ``dev`` and ``test``.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.dual_encoder import DualEncoderConfig, DualEncoderModel
from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.encoders.text_transformer import TextTransformerConfig
from seewhy.text.byte_pairs import load_tokenizer
from seewhy.training.augmentation import Augmentation
from seewhy.training.cards import ModelCard, bundle_model
from seewhy.training.checkpoints import FILE_NAME
from seewhy.training.photo_scores import PhotoJudges, score_on_photographs
from seewhy.training.pool import MODEL_FILES, read_seconds
from seewhy.training.recipe import DualEncoderRecipe, FolderData, run_recipe
from seewhy.training.settings import TrainingSettings

STORED_SIZE = 144  # pixels; leaves room for crops of 112
DATA = {
    "photographs": "Flickr8k, train split: 6,000 with five captions each",
    "teacher": "MobileNetV2 1.0, trained on ImageNet; none of its weights are in here",
    "retrieval": "Flickr8k, test split: 1,000 photographs with all five captions each",
    "CIFAR-10": "200 test pictures of each class, 32 pixels wide and enlarged; chance 10 %",
    "ImageNet": "one photograph of each of 1,000 classes, which the teacher has probably seen in "
    "training; chance 0.5 %",
}
COMMAND = (
    "python -m seewhy.training.photo_recipe --data flickr8k/images "
    "--captions flickr8k/captions.jsonl --teacher hf:mobilenet_v2"
)

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
        data=FolderData(
            folder=folder, captions=captions, validation_split="dev", stored_size=STORED_SIZE
        ),
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


def train_photo_mini(
    recipe: DualEncoderRecipe, judges: PhotoJudges, work: Path, *, out: Path
) -> ModelCard:
    """Train by the recipe, judge the weights as stored, and put the model in its place.

    Args:
        recipe: as ``make_recipe`` gives it.
        judges: what the finished model is judged by.
        work: folder of the run; one that holds a checkpoint is resumed.
        out: where the bundled models lie.
    """
    folder = work / NAME
    run_recipe(recipe, folder, resume=(folder / FILE_NAME).exists())
    model, tokenizer = DualEncoderModel.from_pretrained(folder), load_tokenizer(folder)
    scores = score_on_photographs(model, tokenizer, judges, size=STORED_SIZE)
    card = write_card(recipe, model, scores, seconds=read_seconds(folder))
    bundle_model(card, folder, out / NAME, MODEL_FILES)
    return card


def write_card(
    recipe: DualEncoderRecipe,
    model: DualEncoderModel,
    scores: Mapping[str, float],
    *,
    seconds: float,
) -> ModelCard:
    """The card of a finished model; names the data, not where they lay."""
    settings = recipe.to_dict()
    settings["data"] = {**settings["data"], "folder": "flickr8k", "captions": "captions.jsonl"}
    settings["distill_from"] = "MobileNetV2 1.0 (ImageNet)"
    return ModelCard(
        name=f"mini:{NAME}",
        summary=SUMMARY,
        recipe=settings,
        seed=recipe.training.seed,
        data=DATA,
        scores=scores,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        training_seconds=seconds,
        limits=LIMITS,
        command=f"{COMMAND} --steps {recipe.training.steps}",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Train it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m seewhy.training.photo_recipe")
    parser.add_argument("--data", required=True, help="folder of photographs")
    parser.add_argument("--captions", required=True, help="JSON lines {image, captions, split}")
    parser.add_argument("--teacher", required=True, help="image encoder, such as hf:FOLDER")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--cifar10", type=Path, help="archive to judge by, see photo_scores")
    parser.add_argument("--imagenet", type=Path, help="folder to judge by, see photo_scores")
    parser.add_argument("--work", type=Path, default=Path("build/minis"))
    parser.add_argument("--out", type=Path, default=MINIS_FOLDER)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    recipe = make_recipe(options.data, options.captions, options.teacher, steps=options.steps)
    judges = PhotoJudges(
        folder=options.data,
        captions=options.captions,
        cifar10=options.cifar10,
        imagenet=options.imagenet,
    )
    card = train_photo_mini(recipe, judges, options.work, out=options.out)
    logger.info("%s", dict(card.scores))


if __name__ == "__main__":
    main()
