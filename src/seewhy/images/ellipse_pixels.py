"""Which pixels an ellipse covers, to the pixel as OpenCV 5 draws it.

What an encoder says of a picture with a red ellipse depends on each of the ellipse's pixels, so
that published numbers can only be met with the published pixels: a polygon with a corner every few
degrees, on a grid of 1/65,536 pixel, its angle a whole number of degrees.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from seewhy.images.ellipses import Ellipse

Integers = NDArray[np.int64]
_BITS = 16
_ONE, _HALF = 1 << _BITS, 1 << (_BITS - 1)


def trace_outline(ellipse: Ellipse, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels of the outline, one pixel wide.

    Args:
        ellipse: in pixels; what lies outside the picture is left out.
        size: height and width of the picture.

    Returns:
        (height, width).
    """
    corners = (_find_corners(ellipse) + _HALF) >> _BITS
    start, end = _cut_off(corners, (size[1] - 1, size[0] - 1))
    is_left = (start[:, :1] <= end[:, :1]).repeat(2, 1)
    start, end = np.where(is_left, start, end), np.where(is_left, end, start)
    way = end - start
    longest = np.abs(way).max(1)
    segment, step = _count_up(longest + 1)
    # Bresenham's line: of two pixels as near, the one nearer to the start
    length = longest[segment, None].clip(min=1)
    moved = -((length - 2 * np.abs(way)[segment] * step[:, None]) // (2 * length))
    return _mark(start[segment] + np.sign(way)[segment] * moved, size)


def fill_outline(ellipse: Ellipse, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels inside, and those its border runs through.

    Args:
        ellipse: in pixels; what lies outside the picture is left out.
        size: height and width of the picture.

    Returns:
        (height, width).
    """
    corners = _find_corners(ellipse)
    upper, lower = corners[:-1], corners[1:]
    is_down = (upper[:, 1:] <= lower[:, 1:]).repeat(2, 1)
    upper, lower = np.where(is_down, upper, lower), np.where(is_down, lower, upper)
    first, last = (upper[:, 1] + _HALF) >> _BITS, (lower[:, 1] + _HALF) >> _BITS
    edge, step = _count_up(last - first)
    slope = (lower[:, 0] - upper[:, 0]) / np.maximum(last - first, 1)
    x, y = upper[edge, 0] + step * slope[edge], first[edge] + step
    inside = (y >= 0) & (y < size[0])
    left, right = np.full(size[0], np.inf), np.full(size[0], -np.inf)
    np.minimum.at(left, y[inside], x[inside])
    np.maximum.at(right, y[inside], x[inside])
    left, right = (np.floor((values + _HALF) / _ONE)[:, None] for values in (left, right))
    columns = np.arange(size[1])
    return ((columns >= left) & (columns <= right)) | _mark(_follow_edges(corners, size), size)


def _find_corners(ellipse: Ellipse) -> Integers:
    """Corners of the polygon that stands for the ellipse, the first again at the end."""
    longest = math.floor(max(ellipse.axes) / 2 + 0.5)
    degrees = 90 if longest < 3 else 30 if longest < 10 else 18 if longest < 15 else 5
    t, turn = np.radians(np.arange(0, 361, degrees)), math.radians(np.rint(ellipse.angle))
    x, y = ellipse.axes[0] / 2 * np.cos(t), ellipse.axes[1] / 2 * np.sin(t)
    xs = ellipse.center[0] + x * math.cos(turn) - y * math.sin(turn)
    ys = ellipse.center[1] + x * math.sin(turn) + y * math.cos(turn)
    return np.rint(np.stack([xs, ys], 1) * _ONE).astype(np.int64)


def _follow_edges(corners: Integers, size: tuple[int, int]) -> Integers:
    """Pixels along edges whose ends lie between pixels, (pixels, 2)."""
    start, end = _cut_off(corners, ((size[1] << _BITS) - 1, (size[0] << _BITS) - 1))
    way = np.abs(end - start)
    along = (way[:, 0] <= way[:, 1]).astype(np.int64)  # 0: mostly across, 1: mostly down
    number = np.arange(len(along))
    is_forward = (start[number, along] <= end[number, along])[:, None]
    start, end = np.where(is_forward, start, end), np.where(is_forward, end, start)
    way = end - start
    length = way[number, along]
    segment, step = _count_up((length >> _BITS) + 1)
    # the slope is a whole number of the grid, cut off towards 0
    slope = np.sign(way) * ((np.abs(way) << _BITS) // (length | 1)[:, None])
    slope[number, along] = _ONE
    pixels = (start[segment] + _HALF + step[:, None] * slope[segment]) >> _BITS
    return np.concatenate([pixels, (end + _HALF) >> _BITS])


def _cut_off(corners: Integers, last: tuple[int, int]) -> tuple[Integers, Integers]:
    """Starts and ends of the edges between corners, cut off where the picture ends.

    Args:
        corners: x and y, (corners, 2).
        last: largest x and y inside.
    """
    edges = [
        cut
        for a, b in zip(corners[:-1].tolist(), corners[1:].tolist(), strict=True)
        if (cut := _cut_edge(a, b, last)) is not None
    ]
    start, end = np.array(edges, np.int64).reshape(-1, 2, 2).transpose(1, 0, 2)
    return start, end


def _cut_edge(
    start: list[int], end: list[int], last: tuple[int, int]
) -> tuple[list[int], list[int]] | None:
    """An edge inside the picture, or ``None``; first cut above and below, then at the sides.

    A cut is rounded towards the end that is cut, and the next one goes by the edge it leaves.
    """
    start, end = list(start), list(end)
    for axis, top in ((1, last[1]), (0, last[0])):
        if max(start[axis], end[axis]) < 0 or min(start[axis], end[axis]) > top:
            return None
        for point in (start, end):
            border = min(max(point[axis], 0), top)
            if border != point[axis]:
                rise, run = end[1 - axis] - start[1 - axis], end[axis] - start[axis]
                point[1 - axis] += int((border - point[axis]) * rise / run)
                point[axis] = border
    return start, end


def _count_up(counts: Integers) -> tuple[Integers, Integers]:
    """For each of ``counts``, its index and 0, 1, ... up to it, one after another."""
    index = np.repeat(np.arange(len(counts)), counts)
    return index, np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)


def _mark(pixels: Integers, size: tuple[int, int]) -> NDArray[np.bool_]:
    """A mask of the pixels, x and y, that lie inside."""
    mask = np.zeros(size, bool)
    x, y = pixels[((pixels >= 0) & (pixels < (size[1], size[0]))).all(1)].T
    mask[y, x] = True
    return mask
