"""Small models with random weights, for tests of what is around them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from seewhy.captions.caption_model import KINDS, CaptionModel
from seewhy.captions.sentence_embedding import DAN
from seewhy.text.word_vocabulary import WordVocabulary

SIZES = {
    "editnet": {"dim": 8, "attention_dim": 4, "feature_dim": 6},
    "dcnet": {"dim": 8, "attention_dim": 4},
    "dcnet-mse": {"dim": 8, "attention_dim": 4},
    "modification": {"dim": 8, "embedding_dim": 8, "sentence_dim": 5, "feature_dim": 6},
    "up-down": {"dim": 8, "embedding_dim": 8, "attention_dim": 4, "feature_dim": 6},
    "adaptive-attention": {"dim": 8, "embedding_dim": 8, "attention_dim": 4, "feature_dim": 6},
}
WORDS = "a red blue cat dog sleeps runs on the grass".split()
MakeModel = Callable[..., CaptionModel]


@pytest.fixture(scope="session")
def vocabulary() -> WordVocabulary:
    return WordVocabulary.build([WORDS], min_count=1)


@pytest.fixture(scope="session")
def make_model(vocabulary: WordVocabulary) -> MakeModel:
    """A model of a kind, whose words differ enough for searches to go on for a while."""

    def make(
        kind: str, *, seed: int = 0, source: dict[str, str] | None = None, **sizes: float
    ) -> CaptionModel:
        made = KINDS[kind]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            config = made.config(vocabulary=len(vocabulary), **(SIZES[kind] | sizes))
            model = made.build(config).eval()
            sentences = DAN(len(vocabulary), 7, 5).eval() if made.reads_sentences else None
            for parameter in model.parameters():
                parameter.data.mul_(2)
        features = source or {"file": "random numbers"}
        return CaptionModel(
            kind=kind, model=model, vocabulary=vocabulary, features=features, sentences=sentences
        )

    return make
