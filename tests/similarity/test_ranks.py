"""Rank correlation against its definition and SciPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from seewhy.similarity.ranks import correlate_ranks


def test_it_is_spearmans_with_ties() -> None:
    numbers = np.random.default_rng(0)
    first, second = numbers.integers(0, 6, (2, 5, 7)).astype(float)
    expected = spearmanr(first.ravel(), second.ravel()).statistic
    assert correlate_ranks(first, second) == pytest.approx(expected)


def test_only_the_order_counts() -> None:
    heat = np.linspace(-2, 3, 12).reshape(3, 4)
    assert correlate_ranks(heat, np.exp(heat)) == pytest.approx(1)
    assert correlate_ranks(heat, -(heat**3)) == pytest.approx(-1)


def test_flat_maps_have_no_order() -> None:
    heat = np.arange(6.0)
    assert math.isnan(correlate_ranks(heat, np.full(6, 0.3)))
    assert math.isnan(correlate_ranks(heat, 0.3 + 1e-12 * heat))  # rounding is no order
