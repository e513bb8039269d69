"""Small maps made as large as pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import ShapeError

Array = NDArray[Any]


def upscale_nearest(values: Array, size: tuple[int, int]) -> Array:
    """Enlarge a map so that each pixel takes the value of the cell it falls in.

    Args:
        values: (rows, columns, ...).
        size: height and width to come out.

    Returns:
        (height, width, ...), of the same kind.

    Source: the nearest neighbor of OpenCV and torch. Both round the ratio of the sizes, so that
        where it is no whole number a border of a cell can lie one pixel elsewhere.
    """
    _refuse_empty(values, size)
    rows = np.arange(size[0]) * values.shape[0] // size[0]
    columns = np.arange(size[1]) * values.shape[1] // size[1]
    return values[rows[:, None], columns]


def upscale_bilinear(values: Array, size: tuple[int, int]) -> NDArray[np.float64]:
    """Enlarge a map, in straight lines between the centers of its cells (half-pixel centers).

    Args:
        values: (rows, columns) or (rows, columns, channels).
        size: height and width to come out.

    Returns:
        (height, width) or (height, width, channels).

    Source: OpenCV's ``resize`` with ``INTER_LINEAR``, also where the map shrinks: without
        antialiasing.
    """
    _refuse_empty(values, size)
    top, bottom, down = _between(values.shape[0], size[0])
    left, right, across = _between(values.shape[1], size[1])
    extra = (1,) * (values.ndim - 2)
    down, across = down.reshape(-1, 1, *extra), across.reshape(1, -1, *extra)
    upper = values[top][:, left] * (1 - across) + values[top][:, right] * across
    lower = values[bottom][:, left] * (1 - across) + values[bottom][:, right] * across
    return upper * (1 - down) + lower * down


def _between(cells: int, pixels: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    position = ((np.arange(pixels) + 0.5) * cells / pixels - 0.5).clip(0, cells - 1)
    before = np.floor(position).astype(np.int64)
    return before, np.minimum(before + 1, cells - 1), position - before


def _refuse_empty(values: Array, size: tuple[int, int]) -> None:
    if values.ndim < 2 or 0 in values.shape[:2] or min(size) < 1:
        raise ShapeError(
            f"A map of at least one row and column is resized to at least one pixel, got "
            f"{values.shape} to {tuple(size)}."
        )
