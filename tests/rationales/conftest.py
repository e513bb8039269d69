"""Small models and data for the tests of rationales."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from PIL import Image

from seewhy.datasets.nle import TASKS
from seewhy.rationales.configuration import RationaleConfig
from seewhy.rationales.decoder import DecoderConfig, RationaleDecoder
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.reader_training import make_tokenizer
from seewhy.rationales.tokens import RationaleTokenizer, train_rationale_tokenizer
from seewhy.rationales.vision import PatchReader, PatchSettings
from seewhy.scores.text_encoder import TextEncoder
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene

WORDS = "he she it runs sleeps sits on a the dog cat is red green because of person barks".split()


@pytest.fixture(scope="session")
def tiny_bert() -> TextEncoder:
    """A text encoder with random weights that knows a few words."""
    from transformers import DistilBertConfig, DistilBertModel

    tokenizer = make_tokenizer([" ".join(WORDS)])
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = DistilBertConfig(
            vocab_size=len(tokenizer), dim=16, hidden_dim=32, n_layers=1, n_heads=2
        )
        module = DistilBertModel(config).eval().requires_grad_(False)
    return TextEncoder("tiny", module, tokenizer)


@pytest.fixture(scope="session")
def small_tokenizer() -> RationaleTokenizer:
    """A tokenizer with all special words that knows a few sentences."""
    texts = [
        " the answer is yes because it is a red dog",
        " the answer is no because the cat sleeps on a mat",
        "what is this? is it person0 or person1?",
        *(f" {number}" for number in range(10)),
    ]
    return train_rationale_tokenizer(texts * 50, vocabulary=330)


@pytest.fixture(scope="session")
def decoders() -> Callable[..., RationaleDecoder]:
    """Makes small decoders."""
    return make_decoder


def make_decoder(vocabulary: int, seed: int = 0, **shape: Any) -> RationaleDecoder:
    """A small decoder with large random weights, so that what it writes is varied."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        values = {"width": 32, "depth": 2, "heads": 4, "positions": 160, "image_width": 32}
        config = DecoderConfig(vocabulary=vocabulary, init_std=0.3, **{**values, **shape})
        decoder = RationaleDecoder(config)
    decoder.words.weight.data.mul_(0.1)  # or each word would be followed by itself
    return decoder.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def small_model(small_tokenizer: RationaleTokenizer) -> RationaleModel:
    """An untrained model for all seven tasks, with boxes, that looks through mini:clip-tiny."""
    patches = PatchSettings(encoder="mini:clip-tiny")
    reader = PatchReader(patches)
    decoder = make_decoder(
        len(small_tokenizer), image_width=reader.encoder.layout.width, has_boxes=True
    )
    config = RationaleConfig(decoder=decoder.config, patches=patches, tasks=TASKS, is_unified=True)
    return RationaleModel(config, decoder, small_tokenizer, reader, name="small")


@pytest.fixture(scope="session")
def pictures() -> list[Image.Image]:
    """Three scenes."""
    return [
        Image.fromarray(draw_scene(sample_scene(seed, split="test"), 64, masks=False).image)
        for seed in range(3)
    ]
