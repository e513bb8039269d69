"""Small models and data for the tests of rationales."""

from __future__ import annotations

import pytest
import torch

from seewhy.rationales.reader_training import make_tokenizer
from seewhy.scores.text_encoder import TextEncoder

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
