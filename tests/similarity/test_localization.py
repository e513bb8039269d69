"""Pointing game and mass where the truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.similarity.localization import point, weigh

MASK = np.array([[True, False], [False, False]])


def test_the_hottest_pixel_is_on_the_mask_or_not() -> None:
    assert point(np.array([[3.0, 1.0], [2.0, np.nan]]), MASK) == 1
    assert point(np.array([[3.0, 4.0], [2.0, 0.0]]), MASK) == 0
    assert point(np.array([[4.0, 4.0], [2.0, 0.0]]), MASK) == 0.5


def test_mass_is_the_share_of_positive_heat() -> None:
    assert weigh(np.array([[3.0, -5.0], [1.0, np.nan]]), MASK) == 0.75
    assert math.isnan(weigh(-np.ones((2, 2)), MASK))


@pytest.mark.parametrize("measure", [point, weigh])
def test_what_cannot_be_is_refused(measure) -> None:
    with pytest.raises(ShapeError, match="must be alike"):
        measure(np.ones((3, 2)), MASK)
    with pytest.raises(InvalidArgumentError, match="mask is empty"):
        measure(np.ones((2, 2)), np.zeros((2, 2), bool))
    with pytest.raises(InvalidArgumentError, match="finite"):
        measure(np.full((2, 2), np.nan), MASK)
