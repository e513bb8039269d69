"""Metrics: strings or tensors in, numbers out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what type checkers and editors see
    from seewhy.scores.caption_files import read_captions as read_captions
    from seewhy.scores.cider_reward import DocumentFrequencies as DocumentFrequencies
    from seewhy.scores.diversity import measure_diversity as measure_diversity
    from seewhy.scores.penn_treebank import ptb_tokenize as ptb_tokenize
    from seewhy.scores.report import ComparisonReport as ComparisonReport
    from seewhy.scores.report import ScoreReport as ScoreReport
    from seewhy.scores.scoring import compare as compare
    from seewhy.scores.scoring import score as score
    from seewhy.scores.vqa_accuracy import normalize_answer as normalize_answer
    from seewhy.scores.vqa_accuracy import soft_accuracy as soft_accuracy

_HOME = {  # public name -> module that defines it; imported on first use
    "ComparisonReport": "seewhy.scores.report",
    "DocumentFrequencies": "seewhy.scores.cider_reward",
    "ScoreReport": "seewhy.scores.report",
    "compare": "seewhy.scores.scoring",
    "measure_diversity": "seewhy.scores.diversity",
    "normalize_answer": "seewhy.scores.vqa_accuracy",
    "ptb_tokenize": "seewhy.scores.penn_treebank",
    "read_captions": "seewhy.scores.caption_files",
    "score": "seewhy.scores.scoring",
    "soft_accuracy": "seewhy.scores.vqa_accuracy",
}
__all__ = [
    "ComparisonReport",
    "DocumentFrequencies",
    "ScoreReport",
    "compare",
    "measure_diversity",
    "normalize_answer",
    "ptb_tokenize",
    "read_captions",
    "score",
    "soft_accuracy",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'seewhy.scores' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
