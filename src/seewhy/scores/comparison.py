"""Is one system better than another, or was it chance? Paired bootstrap and permutation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.scores.ngrams import Floats

ROUNDS_AT_ONCE = 500


@dataclass(frozen=True)
class Difference:
    """How much better the second system is than the first, and how sure that is."""

    metric: str
    first: float
    second: float
    difference: float
    """``second`` - ``first``."""
    interval: tuple[float, float]
    """Of the difference, by paired bootstrap over items, at ``confidence``."""
    p_value: float
    """Chance of a difference at least as large if systems were swapped at random, two-sided."""
    confidence: float
    rounds: int


def mean_of_rows(sums: Floats, items: int) -> Floats:
    """The corpus score of a metric that is a mean over items, from (rounds, 1) sums."""
    return sums[:, 0] / items


@dataclass(frozen=True)
class SystemStatistics:
    """What two systems' corpus scores under a metric are computed from."""

    metric: str
    first: Floats
    """Of each item under the first system, (items, statistics)."""
    second: Floats
    """Of each item under the second system, (items, statistics)."""
    corpus: Callable[[Floats, int], Floats] = mean_of_rows
    """From sums over items (rounds, statistics) and the number of items to scores (rounds,)."""

    @cached_property
    def whole_first(self) -> Floats:
        """Sums over all items, (1, statistics)."""
        return self.first.sum(0, keepdims=True)

    @cached_property
    def whole_second(self) -> Floats:
        """Sums over all items, (1, statistics)."""
        return self.second.sum(0, keepdims=True)

    def difference(self, sums_first: Floats, sums_second: Floats) -> Floats:
        """The second system's score minus the first's, from sums, (rounds,)."""
        items = len(self.first)
        return self.corpus(sums_second, items) - self.corpus(sums_first, items)


def compare_systems(
    metric: str,
    first: Floats,
    second: Floats,
    *,
    corpus: Callable[[Floats, int], Floats] = mean_of_rows,
    rounds: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Difference:
    """Compare two systems on the same items.

    Items are resampled with replacement (bootstrap: the interval), and the systems swapped item
    by item with a fair coin (permutation: the p-value). A metric of the corpus that is not a mean
    over items, such as BLEU, is computed anew in each round from its sufficient statistics.

    Args:
        metric: its name.
        first: statistics of each item under the first system, (items, statistics).
        second: the same under the second.
        corpus: from sums over items (rounds, statistics) and the number of items to scores
            (rounds,).
        rounds: resamples of each kind.
        confidence: of the interval, between 0 and 1.
        seed: makes the comparison repeatable.

    Raises:
        ShapeError: if the two do not have the same items and statistics.
        InvalidArgumentError: if ``rounds`` or ``confidence`` is out of range.

    Source: Koehn (EMNLP 2004), paired bootstrap; Noreen (1989), approximate randomization, with
        (r + 1) / (rounds + 1).
    """
    pair = SystemStatistics(metric, as_table(first), as_table(second), corpus)
    return compare_metrics([pair], rounds=rounds, confidence=confidence, seed=seed)[0]


def compare_metrics(
    metrics: Sequence[SystemStatistics],
    *,
    rounds: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> list[Difference]:
    """Compare two systems under several metrics, with the same resamples for all of them.

    Args:
        metrics: both systems' statistics under each metric.
        rounds: as for ``compare_systems``.
        confidence: as for ``compare_systems``.
        seed: as for ``compare_systems``.

    Raises:
        ShapeError: if the two systems do not have the same items and statistics.
        InvalidArgumentError: if ``rounds`` or ``confidence`` is out of range.
    """
    for pair in metrics:
        if pair.first.shape != pair.second.shape:
            raise ShapeError(
                "Both systems must be scored on the same items, got "
                f"{pair.first.shape} and {pair.second.shape}."
            )
    if rounds < 1 or not 0 < confidence < 1:
        raise InvalidArgumentError(
            f"rounds must be positive and confidence between 0 and 1, got {rounds}, {confidence}."
        )
    if not metrics:
        return []
    items = len(metrics[0].first)
    resampled: list[list[Floats]] = [[] for _ in metrics]
    swapped: list[list[Floats]] = [[] for _ in metrics]
    for times, exchange in _draw(items, rounds, seed):
        known: dict[tuple[int, int], tuple[Floats, Floats, Floats]] = {}
        for row, pair in enumerate(metrics):  # BLEU-1 to BLEU-4 share their statistics
            key = (id(pair.first), id(pair.second))
            if key not in known:
                change = exchange @ (pair.second - pair.first)
                known[key] = (times @ pair.first, times @ pair.second, change)
            sums_first, sums_second, change = known[key]
            resampled[row].append(pair.difference(sums_first, sums_second))
            swapped[row].append(
                pair.difference(pair.whole_first + change, pair.whole_second - change)
            )
    return [
        _summarize(pair, np.concatenate(intervals), np.concatenate(chances), confidence)
        for pair, intervals, chances in zip(metrics, resampled, swapped, strict=True)
    ]


def _draw(items: int, rounds: int, seed: int) -> Iterator[tuple[Floats, Floats]]:
    """How often each item is drawn, and whether its systems are swapped, (rounds, items) each."""
    generator = np.random.default_rng(seed)
    for begin in range(0, rounds, ROUNDS_AT_ONCE):
        size = min(ROUNDS_AT_ONCE, rounds - begin)
        drawn = generator.integers(0, items, (size, items)) + np.arange(size)[:, None] * items
        times = np.bincount(drawn.ravel(), minlength=size * items).reshape(size, items)
        exchange = generator.integers(0, 2, (size, items), dtype=np.int8)
        yield times.astype(np.float64), exchange.astype(np.float64)


def _summarize(
    pair: SystemStatistics, resampled: Floats, swapped: Floats, confidence: float
) -> Difference:
    observed = float(pair.difference(pair.whole_first, pair.whole_second)[0])
    tail = (1 - confidence) / 2
    known = resampled[np.isfinite(resampled)]  # a round may draw only items without a score
    low, high = np.quantile(known, [tail, 1 - tail]) if len(known) else (np.nan, np.nan)
    # a hair's breadth of slack: equal differences must count as equal after rounding
    extreme = np.abs(swapped) >= abs(observed) * (1 - 1e-9) - 1e-12
    items = len(pair.first)
    return Difference(
        metric=pair.metric,
        first=float(pair.corpus(pair.whole_first, items)[0]),
        second=float(pair.corpus(pair.whole_second, items)[0]),
        difference=observed,
        interval=(float(low), float(high)),
        p_value=(int(extreme.sum()) + 1) / (len(swapped) + 1),
        confidence=confidence,
        rounds=len(swapped),
    )


def as_table(statistics: Floats) -> Floats:
    """Statistics of items as a matrix, (items, statistics), from one or more an item."""
    table = np.asarray(statistics, np.float64)
    return table[:, None] if table.ndim == 1 else table
