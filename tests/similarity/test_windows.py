"""Windows over a picture, and the way back to its pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.windows import average_over_boxes, place_windows


def test_the_published_grid_of_a_picture_of_224_is_21_by_21() -> None:
    windows = place_windows((224, 224))
    assert (windows.height, windows.shape) == (64, (21, 21))


def test_the_last_window_reaches_the_edge_unless_as_published() -> None:
    assert place_windows((48, 30), window=10, stride=8).tops == (0, 8, 16, 24, 32, 38)
    published = place_windows((48, 30), window=10, stride=8, reaches_edges=False)
    assert published.tops == (0, 8, 16, 24, 32)
    assert published.lefts == (0, 8, 16)
    margin = published.project(np.ones(published.shape))[:, 26:]
    assert np.isnan(margin).all()


@given(st.integers(8, 30), st.integers(8, 30), st.integers(1, 8), st.integers(1, 9))
def test_each_pixel_gets_the_mean_of_its_windows(
    height: int, width: int, window: int, stride: int
) -> None:
    windows = place_windows((height, width), window=window, stride=stride)
    values = np.random.default_rng(0).normal(size=windows.shape)
    sums, counts = np.zeros((2, height, width))
    for row, top in enumerate(windows.tops):
        for column, left in enumerate(windows.lefts):
            place = (slice(top, top + window), slice(left, left + window))
            sums[place] += values[row, column]
            counts[place] += 1
    expected = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    np.testing.assert_allclose(windows.project(values), expected, atol=1e-5)


def test_no_box_leaves_nothing_known() -> None:
    assert np.isnan(average_over_boxes([], np.zeros(0), (2, 3))).all()


@pytest.mark.parametrize(("window", "stride"), [(0, 1), (25, 1), (4, 0)])
def test_windows_that_do_not_fit_are_refused(window: int, stride: int) -> None:
    with pytest.raises(InvalidArgumentError, match=r"window must be|stride must be"):
        place_windows((32, 24), window=window, stride=stride)
