"""One metric's scores, and the captions that all metrics work on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from seewhy.scores.comparison import mean_of_rows
from seewhy.scores.inputs import ScoringInput
from seewhy.scores.java_metrics import TIME_LIMIT, tokenize_with_java
from seewhy.scores.model_inputs import ScoringModels
from seewhy.scores.ngrams import EncodedCorpus, Floats, NgramCounts, count_ngrams, encode_corpus
from seewhy.scores.penn_treebank import ptb_tokenize

TOKENIZERS: dict[str, Callable[[Sequence[str]], list[list[str]]]] = {
    "ptb": ptb_tokenize,
    "ptb-java": tokenize_with_java,
    "whitespace": lambda texts: [text.split() for text in texts],
}


@dataclass(frozen=True)
class MetricScores:
    """One metric's scores."""

    corpus: float
    per_item: Floats
    statistics: Floats
    """What the corpus score is computed from, summed over items, (items, statistics)."""
    from_sums: Callable[[Floats, int], Floats] = mean_of_rows
    model: str = ""
    """The model behind the score and its settings, for the signature; empty without one."""


def average_items(name: str, per_item: Floats, *, model: str = "") -> dict[str, MetricScores]:
    """A metric whose corpus score is the mean over items; NaN items are left out of it."""
    known = np.isfinite(per_item)
    table = np.column_stack([np.where(known, per_item, 0), known]).astype(np.float64)
    corpus = float(per_item[known].mean()) if known.any() else float("nan")
    return {name: MetricScores(corpus, per_item, table, mean_of_known, model)}


def mean_of_known(sums: Floats, _: int) -> Floats:
    """The mean over the items that have a score, from (rounds, 2) sums of scores and items."""
    nothing = np.full(len(sums), np.nan)
    return np.divide(sums[:, 0], sums[:, 1], out=nothing, where=sums[:, 1] > 0)


@dataclass(frozen=True)
class ScoringData:
    """Captions, split into words once for all metrics that need it, and what else they need."""

    texts: ScoringInput
    tokenizer: str
    timeout: float | None = TIME_LIMIT
    progress: bool = False
    models: ScoringModels = field(default_factory=ScoringModels)
    candidates: list[list[str]] = field(init=False)
    references: list[list[list[str]]] = field(init=False)

    def __post_init__(self) -> None:
        split = TOKENIZERS[self.tokenizer]
        words = iter(split([text for group in self.texts.references for text in group]))
        groups = [[next(words) for _ in group] for group in self.texts.references]
        object.__setattr__(self, "references", groups)
        object.__setattr__(self, "candidates", split(list(self.texts.candidates)))

    @cached_property
    def encoded(self) -> EncodedCorpus:
        """Words as numbers."""
        return encode_corpus(self.candidates, self.references)

    @cached_property
    def counts(self) -> list[tuple[NgramCounts, NgramCounts]]:
        """n-grams of candidates and references."""
        return count_ngrams(self.encoded)
