"""How mutual knowledge falls as the concepts of a picture are taken away, best first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seewhy.concepts.mutual_information import ESTIMATORS, find_mutual_knowledge
from seewhy.errors import UnknownNameError


@dataclass(frozen=True)
class DeletionCurve:
    """Mutual knowledge with 0, 1, ... N concepts taken away."""

    values: tuple[float, ...]
    """N + 1 values, the last with none left."""
    estimator: str

    @property
    def area(self) -> float:
        """Area under the curve, as published: the mean of its values."""
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

    Raises:
        UnknownNameError: if there is no such estimator.

    Source: CLIP mutual knowledge (NeurIPS 2024), arXiv:2410.13016, released code.

    Example:
        >>> curve = delete_concepts(["beak", "sail", "wing"], ["wing", "beak"], vocabulary=9)
        >>> [round(value, 2) for value in curve.values]
        [2.48, 1.79, 1.79, 0.0]
    """
    if estimator not in ESTIMATORS:
        raise UnknownNameError("estimator", estimator, ESTIMATORS)
    remaining: list[str] = list(dict.fromkeys(ranked))
    size = max(vocabulary, len(remaining) + len(set(textual)))
    values = []
    for step in range(len(remaining) + 1):
        blanks = [f"\0{number}" for number in range(step)]
        found = find_mutual_knowledge([*blanks, *remaining[step:]], textual, vocabulary=size)
        values.append(float(getattr(found, estimator)))
    return DeletionCurve(tuple(values), estimator)


def average_curves(curves: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Mean curve of several pictures; shorter ones count as 0 behind their end.

    Returns:
        (longest,); empty for no curves.
    """
    longest = max((len(curve) for curve in curves), default=0)
    padded = [[*curve, *[0.0] * (longest - len(curve))] for curve in curves]
    return np.mean(padded, axis=0) if padded else np.zeros(0)
