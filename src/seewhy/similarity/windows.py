"""Windows that are slid over a picture, and how what they found is brought back to its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import InvalidArgumentError

Box = tuple[int, int, int, int]
"""Top, left, height and width in pixels."""


@dataclass(frozen=True)
class Windows:
    """A grid of equal windows; cell (row, column) is one window, rows and columns of cells."""

    tops: tuple[int, ...]
    lefts: tuple[int, ...]
    height: int
    width: int
    size: tuple[int, int]
    """Height and width of the picture."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return len(self.tops), len(self.lefts)

    def boxes(self) -> list[Box]:
        """All windows, row by row."""
        return [(top, left, self.height, self.width) for top in self.tops for left in self.lefts]

    def project(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """The mean of the windows that hold each pixel, (height, width).

        Args:
            values: (rows, columns).

        Returns:
            NaN where no window reaches.
        """
        return average_over_boxes(self.boxes(), np.ravel(values), self.size)


def average_over_boxes(
    boxes: Sequence[Box], values: NDArray[np.floating[Any]], size: tuple[int, int]
) -> NDArray[np.float32]:
    """The mean value of the boxes that hold each pixel, (height, width); NaN where none does.

    Example:
        >>> average_over_boxes([(0, 0, 1, 2), (0, 1, 1, 2)], np.array([2.0, 4.0]), (1, 4)).tolist()
        [[2.0, 3.0, 4.0, nan]]
    """
    sums, counts = (np.zeros((size[0] + 1, size[1] + 1)) for _ in range(2))
    for (top, left, height, width), value in zip(boxes, values, strict=True):
        rows, columns = (top, top, top + height, top + height), (left, left + width) * 2
        signs = np.array([1, -1, -1, 1])
        np.add.at(sums, (rows, columns), signs * value)  # corners, summed up below
        np.add.at(counts, (rows, columns), signs)
    sums, counts = (table.cumsum(0).cumsum(1)[:-1, :-1] for table in (sums, counts))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(counts > 0.5, sums / counts, np.nan).astype(np.float32)


def place_windows(
    size: tuple[int, int],
    *,
    window: int | None = None,
    stride: int | None = None,
    reaches_edges: bool = True,
) -> Windows:
    """Windows over a picture.

    Args:
        size: height and width of the picture.
        window: side of a window; ``None``: two sevenths of the shorter side, 64 of 224.
        stride: pixels from one to the next; ``None``: an eighth of ``window``.
        reaches_edges: whether a last window is put at the edge where strides do not end there;
            else a margin at the bottom and right is never covered, as published.

    Raises:
        InvalidArgumentError: if the window does not fit, or a length is not positive.
    """
    window = max(1, round(min(size) * 2 / 7)) if window is None else window
    stride = max(1, round(window / 8)) if stride is None else stride
    if not 1 <= window <= min(size):
        raise InvalidArgumentError(
            f"window must be from 1 to the shorter side of the {size[0]} x {size[1]} picture, got "
            f"{window}."
        )
    if stride < 1:
        raise InvalidArgumentError(f"stride must be at least 1, got {stride}.")
    tops, lefts = (_starts(side, window, stride, reaches_edges) for side in size)
    return Windows(tops, lefts, window, window, size)


def _starts(side: int, window: int, stride: int, reaches_edges: bool) -> tuple[int, ...]:
    starts = list(range(0, side - window + 1, stride))
    if reaches_edges and starts[-1] < side - window:
        starts.append(side - window)
    return tuple(starts)
