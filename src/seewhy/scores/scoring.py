"""``score`` and ``compare``: captions in, every metric asked for out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from seewhy import __version__
from seewhy.errors import MetricUnavailableError, UnknownNameError
from seewhy.scores.comparison import SystemStatistics, as_table, compare_metrics
from seewhy.scores.diversity import measure_diversity
from seewhy.scores.inputs import Candidates, References, align
from seewhy.scores.java_metrics import TIME_LIMIT
from seewhy.scores.metric_scores import TOKENIZERS, MetricScores, ScoringData
from seewhy.scores.metrics import ALIASES, DEFAULT_METRICS, IN_JAVA, METRICS
from seewhy.scores.model_inputs import ScoringModels
from seewhy.scores.ngrams import Floats
from seewhy.scores.report import ComparisonReport, ScoreReport


def score(
    candidates: Candidates,
    references: References,
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    ids: Collection[str | int] | None = None,
    tokenizer: str = "ptb",
    training: Collection[str] | None = None,
    models: ScoringModels | None = None,
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
        models: what BERTScore, CLIPScore and sentence similarity rest on.
        timeout: seconds that METEOR and SPICE may take each; ``None`` for no limit.
        progress: whether a bar is shown for what takes long.

    Returns:
        Scores of the corpus and per item, with a signature each. A metric that cannot be computed
        here is in ``missing`` with the reason; the others are computed all the same.

    Raises:
        UnknownNameError: if a metric or tokenizer is not known.
        InvalidArgumentError: if candidates and references do not fit; names offenders.
    """
    options = _Options(metrics, ids, tokenizer, training, models, timeout, progress)
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
    models: ScoringModels | None = None,
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
        models: as for ``score``.
        timeout: as for ``score``.
        progress: as for ``score``.
        rounds: resamples of the bootstrap and of the permutation test each.
        seed: makes the comparison repeatable.

    Returns:
        Both reports, and for each metric the difference, its interval and its p-value.

    Raises:
        InvalidArgumentError: if the two systems do not have the same items.
    """
    options = _Options(metrics, ids, tokenizer, training, models, timeout, progress)
    report, scores = _score(first, references, options)
    other, other_scores = _score(second, references, options)
    order = [other.ids.index(key) for key in report.ids] if report.ids != other.ids else slice(None)
    ordered: dict[int, Floats] = {}  # tables that metrics share stay one

    def reorder(table: Floats) -> Floats:
        if id(table) not in ordered:
            ordered[id(table)] = as_table(table[order])
        return ordered[id(table)]

    pairs = [
        SystemStatistics(
            name,
            as_table(found.statistics),
            reorder(other_scores[name].statistics),
            found.from_sums,
        )
        for name, found in scores.items()
        if name in other_scores
    ]
    differences = compare_metrics(pairs, rounds=rounds, seed=seed)
    return ComparisonReport(report, other, tuple(differences))


@dataclass(frozen=True)
class _Options:
    metrics: Sequence[str]
    ids: Collection[str | int] | None
    tokenizer: str
    training: Collection[str] | None
    models: ScoringModels | None
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
    models = options.models or ScoringModels()
    data = ScoringData(texts, options.tokenizer, options.timeout, options.progress, models)
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
        for shown, one in found.items():
            is_java = name in IN_JAVA or (options.tokenizer == "ptb-java" and not one.model)
            signatures[shown] = _sign(shown, one, data, is_java, options.ids is not None)
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


def _sign(
    shown: str, found: MetricScores, data: ScoringData, is_java: bool, is_filtered: bool
) -> str:
    """All that decides a score, in one line."""
    references = sum(len(group) for group in data.texts.references)
    decided_by = found.model or f"tok:{data.tokenizer}"
    return (
        f"{shown}|seewhy {__version__}|{decided_by}|items:{len(data.texts.ids)}|refs:{references}"
        f"|filtered:{'yes' if is_filtered else 'no'}|java:{'yes' if is_java else 'no'}"
    )
