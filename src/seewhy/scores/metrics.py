"""The table of metrics: what each is called, and what computes it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seewhy.scores.bleu import BleuStatistics, bleu_from_sums, bleu_statistics
from seewhy.scores.cider import cider_d
from seewhy.scores.java_metrics import compute_meteor, compute_spice
from seewhy.scores.meteor import meteor_from_sums
from seewhy.scores.metric_scores import MetricScores, ScoringData, average_items
from seewhy.scores.model_metrics import score_pictures, score_sentences, score_tokens
from seewhy.scores.ngrams import Floats
from seewhy.scores.rouge import rouge_l


def _score_bleu(data: ScoringData) -> dict[str, MetricScores]:
    statistics = bleu_statistics(data.encoded, data.counts)
    corpus, per_item, table = statistics.corpus(), statistics.per_item(), _bleu_table(statistics)
    return {
        f"BLEU-{n + 1}": MetricScores(
            float(corpus[n]), per_item[:, n], table, lambda sums, _, n=n: _bleu_of_sums(sums)[:, n]
        )
        for n in range(4)
    }


def _bleu_table(found: BleuStatistics) -> Floats:
    lengths = [found.candidate_length, found.reference_length]
    return np.column_stack([found.correct, found.guessed, *lengths]).astype(np.float64)


def _bleu_of_sums(sums: Floats) -> Floats:
    return bleu_from_sums(sums[:, :4], sums[:, 4:8], sums[:, 8], sums[:, 9])


def _score_meteor(data: ScoringData) -> dict[str, MetricScores]:
    found = compute_meteor(*_join(data), timeout=data.timeout, progress=data.progress)

    def from_sums(sums: Floats, _: int) -> Floats:
        return meteor_from_sums(sums)

    return {"METEOR": MetricScores(found.corpus, found.per_item, found.statistics, from_sums)}


def _score_spice(data: ScoringData) -> dict[str, MetricScores]:
    return average_items("SPICE", compute_spice(*_join(data), timeout=data.timeout))


def _join(data: ScoringData) -> tuple[list[str], list[list[str]]]:
    """Tokenized captions as texts."""
    return (
        [" ".join(words) for words in data.candidates],
        [[" ".join(words) for words in group] for group in data.references],
    )


METRICS: dict[str, Callable[[ScoringData], dict[str, MetricScores]]] = {
    "bleu": _score_bleu,
    "rouge-l": lambda data: average_items("ROUGE-L", rouge_l(data.encoded)),
    "cider-d": lambda data: average_items("CIDEr-D", cider_d(data.encoded, data.counts)),
    "meteor": _score_meteor,
    "spice": _score_spice,
    "bertscore": score_tokens,
    "clip-score": score_pictures,
    "sentence-similarity": score_sentences,
}
ALIASES = {
    "bert-score": "bertscore",
    "bert_score": "bertscore",
    "cider": "cider-d",
    "ciderd": "cider-d",
    "clip_score": "clip-score",
    "clipscore": "clip-score",
    "ref-clip-score": "clip-score",
    "refclipscore": "clip-score",
    "rouge": "rouge-l",
    "rouge_l": "rouge-l",
    "sentence_similarity": "sentence-similarity",
}
DEFAULT_METRICS = ("bleu", "rouge-l", "cider-d")
IN_JAVA = frozenset(["meteor", "spice"])
