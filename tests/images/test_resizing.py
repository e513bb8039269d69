"""Enlarging maps against OpenCV and torch."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from seewhy.errors import ShapeError
from seewhy.images.resizing import upscale_bilinear, upscale_nearest

sides = st.integers(1, 40)


def count_up(rows: int, columns: int) -> np.ndarray:
    return np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)


@given(sides, sides, st.integers(1, 9), st.integers(1, 9))
def test_nearest_by_whole_factors_is_opencvs_and_torchs(
    rows: int, columns: int, down: int, across: int
) -> None:
    cells, size = count_up(rows, columns), (rows * down, columns * across)
    ours = upscale_nearest(cells, size)
    np.testing.assert_array_equal(ours, cells.repeat(down, 0).repeat(across, 1))
    theirs = cv2.resize(cells, size[::-1], interpolation=cv2.INTER_NEAREST)
    np.testing.assert_array_equal(ours, theirs)
    tensor = torch.from_numpy(cells)[None, None]
    theirs = torch.nn.functional.interpolate(tensor, size=size)[0, 0].numpy()
    np.testing.assert_array_equal(ours, theirs)


@given(sides, sides)
def test_nearest_takes_the_cell_a_pixel_falls_in(cells: int, pixels: int) -> None:
    found = upscale_nearest(np.arange(cells)[:, None], (pixels, 1))[:, 0]
    # by definition: pixel p covers [p, p + 1) of `pixels`; in whole numbers, without rounding
    assert found.tolist() == [p * cells // pixels for p in range(pixels)]


def test_nearest_keeps_kind_and_channels() -> None:
    colors = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    enlarged = upscale_nearest(colors, (4, 6))
    assert enlarged.dtype == np.uint8
    np.testing.assert_array_equal(enlarged[3, 5], colors[1, 1])


@given(
    arrays.arrays(
        np.float64, st.tuples(sides, sides), elements=st.floats(-1, 1, allow_subnormal=False)
    ),
    sides,
    sides,
)
def test_bilinear_is_opencvs(values: np.ndarray, height: int, width: int) -> None:
    theirs = cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(upscale_bilinear(values, (height, width)), theirs, atol=5e-6)


def test_bilinear_treats_each_channel_alike() -> None:
    values = np.random.default_rng(0).random((3, 4, 2))
    found = upscale_bilinear(values, (7, 9))
    for channel in (0, 1):
        expected = upscale_bilinear(values[..., channel], (7, 9))
        np.testing.assert_allclose(found[..., channel], expected, atol=1e-12)


@pytest.mark.parametrize("resize", [upscale_nearest, upscale_bilinear])
def test_maps_and_sizes_of_nothing_are_refused(resize: object) -> None:
    for values, size in [
        (np.zeros((0, 4)), (2, 2)),
        (np.zeros((4, 4)), (0, 2)),
        (np.zeros(4), (2, 2)),
    ]:
        with pytest.raises(ShapeError, match="at least one"):
            resize(values, size)  # type: ignore[operator]
