"""``score`` and ``compare``: captions in, every metric asked for out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from seewhy import __version__
from seewhy.errors import MetricUnavailableError, UnknownNameError
from seewhy.scores.bleu import BleuStatistics, bleu_from_sums, bleu_statistics
from seewhy.scores.cider import cider_d
from seewhy.scores.comparison import compare_systems, mean_of_rows
from seewhy.scores.diversity import measure_diversity
from seewhy.scores.inputs import Candidates, References, ScoringInput, align
from seewhy.scores.java_metrics import (
    TIME_LIMIT,
    JavaScores,
    compute_meteor,
    compute_spice,
    tokenize_with_java,
)
from seewhy.scores.ngrams import EncodedCorpus, Floats, NgramCounts, count_ngrams, encode_corpus
from seewhy.scores.penn_treebank import ptb_tokenize
from seewhy.scores.report import ComparisonReport, ScoreReport
from seewhy.scores.rouge import rouge_l

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


@dataclass(frozen=True)
class TokenizedInput:
    """Captions, split into words once for all metrics that need it."""

    texts: ScoringInput
    tokenizer: str
    timeout: float | None = TIME_LIMIT
    progress: bool = False
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


def _score_bleu(data: TokenizedInput) -> dict[str, MetricScores]:
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


def _mean_over_items(name: str, per_item: Floats) -> dict[str, MetricScores]:
    return {name: MetricScores(float(per_item.mean()), per_item, per_item)}


def _score_in_java(name: str, data: TokenizedInput) -> dict[str, MetricScores]:
    candidates = [" ".join(words) for words in data.candidates]
    references = [[" ".join(words) for words in group] for group in data.references]
    found: JavaScores
    if name == "METEOR":
        found = compute_meteor(candidates, references, timeout=data.timeout, progress=data.progress)
    else:
        found = compute_spice(candidates, references, timeout=data.timeout)
    return {name: MetricScores(found.corpus, found.per_item, found.per_item)}


METRICS: dict[str, Callable[[TokenizedInput], dict[str, MetricScores]]] = {
    "bleu": _score_bleu,
    "rouge-l": lambda data: _mean_over_items("ROUGE-L", rouge_l(data.encoded)),
    "cider-d": lambda data: _mean_over_items("CIDEr-D", cider_d(data.encoded, data.counts)),
    "meteor": lambda data: _score_in_java("METEOR", data),
    "spice": lambda data: _score_in_java("SPICE", data),
}
ALIASES = {"cider": "cider-d", "rouge": "rouge-l", "rouge_l": "rouge-l", "ciderd": "cider-d"}
DEFAULT_METRICS = ("bleu", "rouge-l", "cider-d")
_WITH_JAVA = {"meteor", "spice"}


def score(
    candidates: Candidates,
    references: References,
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    ids: Collection[str | int] | None = None,
    tokenizer: str = "ptb",
    training: Collection[str] | None = None,
    timeout: float | None = TIME_LIMIT,
    progress: bool = False,
) -> ScoreReport:
    """Score captions against references, with coco-caption's digits.

    Args:
        candidates: one text an item, by id or in order.
        references: one or more texts an item, by id or in the same order.
        metrics: of ``METRICS``; ``cider`` is CIDEr-D, as in coco-caption.
        ids: score these items only, with document frequencies over these only (the "filtered"
            protocol).
        tokenizer: ``ptb`` (ours), ``ptb-java`` (Stanford's), ``whitespace`` (already split).
        training: captions trained on, to tell which candidates are novel.
        timeout: seconds that METEOR and SPICE may take each; ``None`` for no limit.
        progress: whether a bar is shown for what takes long.

    Returns:
        Scores of the corpus and per item, with a signature each. A metric that cannot be computed
        here is in ``missing`` with the reason; the others are computed all the same.

    Raises:
        UnknownNameError: if a metric or tokenizer is not known.
        InvalidArgumentError: if candidates and references do not fit; names offenders.
    """
    options = _Options(metrics, ids, tokenizer, training, timeout, progress)
    return _score(candidates, references, options)[0]


def compare(
    first: Candidates,
    second: Candidates,
    references: References,
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    ids: Collection[str | int] | None = None,
    tokenizer: str = "ptb",
    training: Collection[str] | None = None,
    timeout: float | None = TIME_LIMIT,
    progress: bool = False,
    rounds: int = 10_000,
    seed: int = 0,
) -> ComparisonReport:
    """Score two systems on the same items and test whether they differ.

    Args:
        first: the captions compared with, by id or in order.
        second: the captions judged, on the same items.
        references: as for ``score``.
        metrics: as for ``score``.
        ids: as for ``score``.
        tokenizer: as for ``score``.
        training: as for ``score``.
        timeout: as for ``score``.
        progress: as for ``score``.
        rounds: resamples of the bootstrap and of the permutation test each.
        seed: makes the comparison repeatable.

    Returns:
        Both reports, and for each metric the difference, its interval and its p-value.

    Raises:
        InvalidArgumentError: if the two systems do not have the same items.
    """
    options = _Options(metrics, ids, tokenizer, training, timeout, progress)
    report, scores = _score(first, references, options)
    other, other_scores = _score(second, references, options)
    order = [other.ids.index(key) for key in report.ids] if report.ids != other.ids else slice(None)
    differences = [
        compare_systems(
            name,
            scores[name].statistics,
            other_scores[name].statistics[order],
            corpus=scores[name].from_sums,
            rounds=rounds,
            seed=seed,
        )
        for name in scores
        if name in other_scores
    ]
    return ComparisonReport(report, other, tuple(differences))


@dataclass(frozen=True)
class _Options:
    metrics: Sequence[str]
    ids: Collection[str | int] | None
    tokenizer: str
    training: Collection[str] | None
    timeout: float | None
    progress: bool


def _score(
    candidates: Candidates, references: References, options: _Options
) -> tuple[ScoreReport, dict[str, MetricScores]]:
    names = [name.lower() for name in options.metrics]
    wanted = list(dict.fromkeys(ALIASES.get(name, name) for name in names))
    for name in wanted:
        if name not in METRICS:
            raise UnknownNameError("metric", name, METRICS)
    if options.tokenizer not in TOKENIZERS:
        raise UnknownNameError("tokenizer", options.tokenizer, TOKENIZERS)
    texts = align(candidates, references, ids=options.ids)
    data = TokenizedInput(texts, options.tokenizer, options.timeout, options.progress)
    scores: dict[str, MetricScores] = {}
    signatures: dict[str, str] = {}
    missing: dict[str, str] = {}
    for name in wanted:
        try:
            found = METRICS[name](data)
        except MetricUnavailableError as error:
            missing[name] = str(error)
            continue
        scores |= found
        for shown in found:
            signatures[shown] = _sign(shown, name, data, filtered=options.ids is not None)
    report = ScoreReport(
        corpus={name: found.corpus for name, found in scores.items()},
        per_item={name: found.per_item for name, found in scores.items()},
        ids=texts.ids,
        diversity=measure_diversity(data.candidates, training=_split(options)),
        signatures=signatures,
        missing=missing,
        warnings=(*texts.warnings, *_warn_of_names(names)),
    )
    return report, scores


def _split(options: _Options) -> list[list[str]] | None:
    if options.training is None:
        return None
    return TOKENIZERS[options.tokenizer](list(options.training))


def _warn_of_names(names: Sequence[str]) -> list[str]:
    if "cider" not in names:
        return []
    return ["What coco-caption prints as CIDEr is CIDEr-D, and so is this; it goes from 0 to 10."]


def _sign(shown: str, name: str, data: TokenizedInput, *, filtered: bool) -> str:
    """All that decides a score, in one line."""
    java = "yes" if name in _WITH_JAVA or data.tokenizer == "ptb-java" else "no"
    references = sum(len(group) for group in data.texts.references)
    return (
        f"{shown}|seewhy {__version__}|tok:{data.tokenizer}|items:{len(data.texts.ids)}"
        f"|refs:{references}|filtered:{'yes' if filtered else 'no'}|java:{java}"
    )
