"""Small data of the training tests: squares of a color, said in words."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.dual_encoder import DualEncoderConfig, DualEncoderModel
from seewhy.encoders.text_transformer import TextTransformerConfig
from seewhy.encoders.vision_transformer import VisionTransformerConfig
from seewhy.text.byte_pairs import train_tokenizer
from seewhy.training.datasets import CaptionedImages
from seewhy.training.dual_encoder import DualEncoderTask, Validation
from seewhy.training.pairs import PairSampler

COLORS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def squares() -> CaptionedImages:
    """48 pictures of 16 pixels, each a noisy square of one of three colors."""
    generator = np.random.default_rng(0)
    names = [list(COLORS)[i % 3] for i in range(48)]
    base = np.array([COLORS[name] for name in names])[:, None, None, :]
    images = np.clip(base + generator.integers(-25, 25, (48, 16, 16, 3)), 0, 255)
    captions = tuple((f"a {name} square", f"a picture of a {name}") for name in names)
    return CaptionedImages(images.astype(np.uint8), captions, tuple(names))


@pytest.fixture(scope="session")
def tokenizer(squares):
    texts = [caption for captions in squares.captions for caption in captions]
    return train_tokenizer(texts, vocabulary=280, context=12)


@pytest.fixture
def make_task(squares, tokenizer):
    """A function that gives a fresh task, always from the same weights."""

    def make(kind="vit", loss="infonce", batch_size=8, companions=None) -> DualEncoderTask:
        small_vit = {"size": 16, "patch": 4, "width": 16, "depth": 1, "heads": 2}
        image = {
            "vit": VisionTransformerConfig(**small_vit, stem="conv", patch_dropout=0.25),
            "plain": VisionTransformerConfig(**small_vit, stem="patch"),
            "convnet": ConvNetConfig(size=16, widths=(8, 16), depths=(1, 1), strides=(1, 2)),
        }[kind]
        text = TextTransformerConfig(
            vocabulary=tokenizer.get_vocab_size(), context=12, width=16, depth=1, heads=2
        )
        config = DualEncoderConfig(image=image, text=text, dim=8, has_logit_bias=loss == "siglip")
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = DualEncoderModel(config)
        sampler = PairSampler(squares, tokenizer, config, batch_size=batch_size)
        return DualEncoderTask(
            model,
            sampler,
            tokenizer,
            loss=loss,
            validation=Validation(squares),
            companions=companions,
        )

    return make
