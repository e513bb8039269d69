"""Why an image encoder finds two pictures alike: six methods and their baselines."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what type checkers and editors see
    from seewhy.similarity.catalogue import METHODS as METHODS
    from seewhy.similarity.evaluation import EvaluationSettings as EvaluationSettings
    from seewhy.similarity.evaluation_report import EvaluationReport as EvaluationReport
    from seewhy.similarity.evaluation_run import evaluate as evaluate
    from seewhy.similarity.explanation import PairExplanation as PairExplanation
    from seewhy.similarity.explanation import SimilarityMap as SimilarityMap
    from seewhy.similarity.methods import explain as explain
    from seewhy.similarity.methods import explain_all as explain_all
    from seewhy.similarity.model import PairModel as PairModel
    from seewhy.similarity.pair_files import list_views as list_views
    from seewhy.similarity.pair_files import read_pairs as read_pairs
    from seewhy.similarity.pair_report import PairReport as PairReport
    from seewhy.similarity.pair_report import gather as gather
    from seewhy.similarity.pair_run import explain_into as explain_into
    from seewhy.similarity.view_pairs import explain_views as explain_views

_HOME = {  # public name -> module that defines it; imported on first use
    "METHODS": "seewhy.similarity.catalogue",
    "EvaluationReport": "seewhy.similarity.evaluation_report",
    "EvaluationSettings": "seewhy.similarity.evaluation",
    "PairExplanation": "seewhy.similarity.explanation",
    "PairModel": "seewhy.similarity.model",
    "PairReport": "seewhy.similarity.pair_report",
    "SimilarityMap": "seewhy.similarity.explanation",
    "evaluate": "seewhy.similarity.evaluation_run",
    "explain": "seewhy.similarity.methods",
    "explain_all": "seewhy.similarity.methods",
    "explain_into": "seewhy.similarity.pair_run",
    "explain_views": "seewhy.similarity.view_pairs",
    "gather": "seewhy.similarity.pair_report",
    "list_views": "seewhy.similarity.pair_files",
    "read_pairs": "seewhy.similarity.pair_files",
}
__all__ = [
    "METHODS",
    "EvaluationReport",
    "EvaluationSettings",
    "PairExplanation",
    "PairModel",
    "PairReport",
    "SimilarityMap",
    "evaluate",
    "explain",
    "explain_all",
    "explain_into",
    "explain_views",
    "gather",
    "list_views",
    "read_pairs",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'seewhy.similarity' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
