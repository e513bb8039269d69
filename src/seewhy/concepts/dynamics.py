"""How mutual knowledge falls as the concepts of a picture are taken away, best first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seewhy.concepts.mutual_information import ESTIMATORS, find_mutual_knowledge
from seewhy.errors import InvalidArgumentError, UnknownNameError


@dataclass(frozen=True)
class DeletionCurve:
    """Mutual knowledge with 0, 1, ... N concepts taken away."""

    values: tuple[float, ...]
    """N + 1 values, the first with all concepts, the last with none left."""
    estimator: str

    @property
    def area(self) -> float:
        """Area under the curve, as published: the mean of its values, not their integral."""
        return sum(self.values) / len(self.values)


def delete_concepts(
    ranked: Sequence[str],
    textual: Collection[str],
    *,
    vocabulary: int,
    estimator: str = "paper",
) -> DeletionCurve:
    """Take concepts away one by one, best first.

    A concept taken away is replaced by one that matches nothing, so that their number stays.

    Args:
        ranked: visual concepts, best first.
        textual: concepts of the class.
        vocabulary: number of descriptors both were chosen from.
        estimator: of ``mutual_information.ESTIMATORS``.

    Returns:
        The curve; of no concepts, a single 0.

    Raises:
        UnknownNameError: if there is no such estimator.
        InvalidArgumentError: if the vocabulary is smaller than either list.

    Source: CLIP mutual knowledge (NeurIPS 2024), arXiv:2410.13016, released code.

    Example:
        >>> curve = delete_concepts(["beak", "sail", "wing"], ["wing", "beak"], vocabulary=9)
        >>> [round(value, 2) for value in curve.values]
        [2.48, 1.79, 1.79, 0.0]
    """
    if estimator not in ESTIMATORS:
        raise UnknownNameError("estimator", estimator, ESTIMATORS)
    remaining: list[str] = list(dict.fromkeys(ranked))
    values = []
    for step in range(len(remaining) + 1):
        blanks = [f"\0{number}" for number in range(step)]
        found = find_mutual_knowledge([*blanks, *remaining[step:]], textual, vocabulary=vocabulary)
        values.append(float(getattr(found, estimator)))
    return DeletionCurve(tuple(values), estimator)


def average_curves(curves: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Mean curve of several pictures; shorter ones count as 0 behind their end, as published.

    Returns:
        (longest,); empty for no curves.
    """
    longest = max((len(curve) for curve in curves), default=0)
    padded = [[*curve, *[0.0] * (longest - len(curve))] for curve in curves]
    return np.mean(padded, axis=0) if padded else np.zeros(0)


@dataclass(frozen=True)
class AreaInterval:
    """The area under a mean curve, and how far other pictures of that kind might move it."""

    area: float
    low: float
    high: float
    level: float
    """Share of resamples between ``low`` and ``high``."""


def find_area_interval(
    curves: Sequence[Sequence[float]], *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> AreaInterval:
    """Bootstrap the area under the mean curve over pictures.

    Pictures are drawn with replacement, as many as there are; each draw gives a mean curve and an
    area, and the interval holds the middle ``level`` of them.

    Args:
        curves: one for each picture.
        level: between 0 and 1.
        resamples: draws.
        seed: of the draws.

    Raises:
        InvalidArgumentError: if there is no curve, or ``level`` or ``resamples`` is out of range.

    Source: the percentile bootstrap, Efron (Annals of Statistics 1979). The paper gives no
        intervals.
    """
    if not len(curves) or not 0 < level < 1 or resamples < 1:
        raise InvalidArgumentError(
            f"An interval needs curves, a level between 0 and 1 and resamples, got {len(curves)}, "
            f"{level} and {resamples}."
        )
    lengths = np.array([len(curve) for curve in curves])
    sums = np.array([sum(curve) for curve in curves])
    draws = np.random.default_rng(seed).integers(len(curves), size=(resamples, len(curves)))
    # the mean curve is as long as the longest of a draw, and 0 where others have ended
    areas = sums[draws].mean(1) / lengths[draws].max(1)
    low, high = np.quantile(areas, [(1 - level) / 2, (1 + level) / 2])
    return AreaInterval(float(sums.mean() / lengths.max()), float(low), float(high), level)
