"""Why an image encoder finds two pictures alike: six methods and their baselines."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what type checkers and editors see
    from seewhy.similarity.explanation import PairExplanation as PairExplanation
    from seewhy.similarity.explanation import SimilarityMap as SimilarityMap
    from seewhy.similarity.methods import METHODS as METHODS
    from seewhy.similarity.methods import explain as explain
    from seewhy.similarity.methods import explain_all as explain_all
    from seewhy.similarity.model import PairModel as PairModel

_HOME = {  # public name -> module that defines it; imported on first use
    "METHODS": "seewhy.similarity.methods",
    "PairExplanation": "seewhy.similarity.explanation",
    "PairModel": "seewhy.similarity.model",
    "SimilarityMap": "seewhy.similarity.explanation",
    "explain": "seewhy.similarity.methods",
    "explain_all": "seewhy.similarity.methods",
}
__all__ = [
    "METHODS",
    "PairExplanation",
    "PairModel",
    "SimilarityMap",
    "explain",
    "explain_all",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'seewhy.similarity' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
