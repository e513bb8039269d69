"""Is one system better than another, or was it chance? Paired bootstrap and permutation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
    first, second = _as_table(first), _as_table(second)
    if first.shape != second.shape:
        raise ShapeError(
            f"Both systems must be scored on the same items, got {first.shape} and {second.shape}."
        )
    if rounds < 1 or not 0 < confidence < 1:
        raise InvalidArgumentError(
            f"rounds must be positive and confidence between 0 and 1, got {rounds}, {confidence}."
        )
    items = len(first)
    generator = np.random.default_rng(seed)

    def difference(sums_first: Floats, sums_second: Floats) -> Floats:
        return corpus(sums_second, items) - corpus(sums_first, items)

    whole_first, whole_second = first.sum(0, keepdims=True), second.sum(0, keepdims=True)
    observed = float(difference(whole_first, whole_second)[0])
    resampled, swapped = [], []
    for begin in range(0, rounds, ROUNDS_AT_ONCE):
        size = min(ROUNDS_AT_ONCE, rounds - begin)
        times = generator.multinomial(items, np.full(items, 1 / items), size).astype(np.float64)
        resampled.append(difference(times @ first, times @ second))
        change = generator.integers(0, 2, (size, items)).astype(np.float64) @ (second - first)
        swapped.append(difference(whole_first + change, whole_second - change))
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(resampled), [tail, 1 - tail])
    # a hair's breadth of slack: equal differences must count as equal after rounding
    extreme = np.abs(np.concatenate(swapped)) >= abs(observed) * (1 - 1e-9) - 1e-12
    return Difference(
        metric=metric,
        first=float(corpus(whole_first, items)[0]),
        second=float(corpus(whole_second, items)[0]),
        difference=observed,
        interval=(float(low), float(high)),
        p_value=(int(extreme.sum()) + 1) / (rounds + 1),
        confidence=confidence,
        rounds=rounds,
    )


def _as_table(statistics: Floats) -> Floats:
    table = np.asarray(statistics, np.float64)
    return table[:, None] if table.ndim == 1 else table
