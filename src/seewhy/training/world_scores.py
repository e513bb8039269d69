"""How a dual encoder does on scenes of the world that it has never seen."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer

from seewhy.encoders.dual_encoder import DualEncoderModel
from seewhy.training.datasets import CaptionedImages
from seewhy.training.dual_encoder import embed_images, embed_texts, score_zero_shot
from seewhy.training.evaluation import retrieval_recall
from seewhy.training.world_scenes import load_world
from seewhy.world.catalogue import CLASSES

TEST_SCENES = 1_000


def score_on_world(
    model: DualEncoderModel, tokenizer: Tokenizer, *, scenes: int = TEST_SCENES
) -> dict[str, float]:
    """Zero-shot accuracy over all classes, and retrieval, on test scenes.

    Args:
        model: in evaluation mode.
        tokenizer: its own.
        scenes: how many of the split ``test``, and of ``held-out``.

    Returns:
        ``zero-shot`` (the main thing's class among all, with the prompt "a picture of a ..."),
        ``zero-shot held-out`` (looks that training never shows), and recall at 1, 5 and 10
        among the test scenes with one full caption each; from 0 to 1.
    """
    size = model.config.image.size
    test = load_world(scenes, size=size, split="test")
    held_out = load_world(scenes, size=size, split="held-out")
    images = embed_images(model, test)
    captions = [texts[4] for texts in test.captions]  # the fifth says everything
    recall = retrieval_recall(
        images, embed_texts(model, tokenizer, captions), torch.arange(len(images))
    )
    return {
        "zero-shot": _classify(model, tokenizer, test, images),
        "zero-shot held-out": _classify(model, tokenizer, held_out, embed_images(model, held_out)),
        **recall,
    }


def _classify(
    model: DualEncoderModel, tokenizer: Tokenizer, data: CaptionedImages, images: torch.Tensor
) -> float:
    """Zero-shot accuracy among all classes of the world."""
    assert data.classes is not None  # noqa: S101  the world always knows
    return score_zero_shot(model, tokenizer, images, data.classes, classes=sorted(CLASSES))
