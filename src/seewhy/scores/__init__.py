"""Metrics: strings or tensors in, numbers out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what type checkers and editors see
    from seewhy.scores.caption_files import read_captions as read_captions
    from seewhy.scores.cider_reward import DocumentFrequencies as DocumentFrequencies
    from seewhy.scores.comparison import compare_systems as compare_systems
    from seewhy.scores.diversity import measure_diversity as measure_diversity
    from seewhy.scores.embedding_scores import clip_score as clip_score
    from seewhy.scores.embedding_scores import ref_clip_score as ref_clip_score
    from seewhy.scores.embedding_scores import retrieval_attack_score as retrieval_attack_score
    from seewhy.scores.embedding_scores import sentence_similarity as sentence_similarity
    from seewhy.scores.model_inputs import ScoringModels as ScoringModels
    from seewhy.scores.penn_treebank import ptb_tokenize as ptb_tokenize
    from seewhy.scores.report import ComparisonReport as ComparisonReport
    from seewhy.scores.report import ScoreReport as ScoreReport
    from seewhy.scores.scoring import compare as compare
    from seewhy.scores.scoring import score as score
    from seewhy.scores.text_encoder import TextEncoder as TextEncoder
    from seewhy.scores.token_matching import bert_score as bert_score
    from seewhy.scores.vqa_accuracy import is_among as is_among
    from seewhy.scores.vqa_accuracy import is_most_frequent as is_most_frequent
    from seewhy.scores.vqa_accuracy import normalize_answer as normalize_answer
    from seewhy.scores.vqa_accuracy import soft_accuracy as soft_accuracy

_HOME = {  # public name -> module that defines it; imported on first use
    "ComparisonReport": "seewhy.scores.report",
    "DocumentFrequencies": "seewhy.scores.cider_reward",
    "ScoreReport": "seewhy.scores.report",
    "ScoringModels": "seewhy.scores.model_inputs",
    "TextEncoder": "seewhy.scores.text_encoder",
    "bert_score": "seewhy.scores.token_matching",
    "clip_score": "seewhy.scores.embedding_scores",
    "compare": "seewhy.scores.scoring",
    "compare_systems": "seewhy.scores.comparison",
    "is_among": "seewhy.scores.vqa_accuracy",
    "is_most_frequent": "seewhy.scores.vqa_accuracy",
    "measure_diversity": "seewhy.scores.diversity",
    "normalize_answer": "seewhy.scores.vqa_accuracy",
    "ptb_tokenize": "seewhy.scores.penn_treebank",
    "read_captions": "seewhy.scores.caption_files",
    "ref_clip_score": "seewhy.scores.embedding_scores",
    "retrieval_attack_score": "seewhy.scores.embedding_scores",
    "score": "seewhy.scores.scoring",
    "sentence_similarity": "seewhy.scores.embedding_scores",
    "soft_accuracy": "seewhy.scores.vqa_accuracy",
}
__all__ = [
    "ComparisonReport",
    "DocumentFrequencies",
    "ScoreReport",
    "ScoringModels",
    "TextEncoder",
    "bert_score",
    "clip_score",
    "compare",
    "compare_systems",
    "is_among",
    "is_most_frequent",
    "measure_diversity",
    "normalize_answer",
    "ptb_tokenize",
    "read_captions",
    "ref_clip_score",
    "retrieval_attack_score",
    "score",
    "sentence_similarity",
    "soft_accuracy",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'seewhy.scores' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
