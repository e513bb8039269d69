"""Outer borders of regions, followed pixel by pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from seewhy.errors import ShapeError

# Neighbors clockwise from the left, as (row, column) steps.
_CLOCKWISE = ((0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1))
_PLACE = {step: place for place, step in enumerate(_CLOCKWISE)}


def find_contours(mask: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """The outer border of each outermost 8-connected region, every pixel of it.

    A region inside the hole of another has no contour of its own.

    Args:
        mask: (height, width).

    Returns:
        x and y along the border of each region, (points, 2), from its first pixel in scan order,
        counter-clockwise; the region that begins last in scan order comes first. A pixel that is
        passed twice, as where a region is one pixel thin, stands there twice.

    Raises:
        ShapeError: if ``mask`` is not (height, width).

    Source: Suzuki and Abe (CVGIP 1985); points and order are those of OpenCV's ``findContours``
        with ``RETR_EXTERNAL`` and ``CHAIN_APPROX_NONE``.
    """
    if mask.ndim != 2:
        raise ShapeError(f"mask must be (height, width), got {mask.shape}.")
    regions = _number_regions(mask, neighbors=8)
    outermost = _find_outermost(regions)
    contours = []
    for number, box in enumerate(ndimage.find_objects(regions), start=1):
        if number not in outermost:
            continue
        region = np.pad(regions[box] == number, 1)
        border = _follow_border(region)
        offset = (box[0].start - 1, box[1].start - 1)
        contours.append(np.array([(c + offset[1], r + offset[0]) for r, c in border], np.int64))
    return contours[::-1]


def contour_area(contour: NDArray[np.int64]) -> float:
    """Area inside a contour through pixel centers, by the shoelace formula.

    Args:
        contour: x and y, (points, 2).

    Example:
        >>> contour_area(np.array([[0, 0], [0, 2], [3, 2], [3, 0]]))
        6.0
    """
    x, y = contour[:, 0], contour[:, 1]
    return abs(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))) / 2


def largest_contour(mask: NDArray[np.bool_]) -> NDArray[np.int64] | None:
    """The contour of the largest area, (points, 2); the first of those that tie; or ``None``."""
    contours = find_contours(mask)
    return max(contours, key=contour_area) if contours else None


def _find_outermost(regions: NDArray[np.int32]) -> set[int]:
    """Numbers of the regions that touch what lies outside all of them."""
    framed = np.pad(regions, 1)
    background = _number_regions(framed == 0, neighbors=4)  # no way out between touching corners
    beside = np.asarray(ndimage.binary_dilation(background == background[0, 0]), bool)
    return set(np.unique(framed[beside]).tolist()) - {0}


def _number_regions(mask: NDArray[np.bool_], *, neighbors: int) -> NDArray[np.int32]:
    """The number of each pixel's region, from 1 in scan order; 0 outside the mask."""
    numbers = np.zeros(mask.shape, np.int32)
    structure = ndimage.generate_binary_structure(2, 2 if neighbors == 8 else 1)
    ndimage.label(mask, structure=structure, output=numbers)
    return numbers


def _follow_border(region: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The border from its first pixel in scan order, counter-clockwise; pixels may recur."""
    start_row = int(region.any(1).argmax())
    start = (start_row, int(region[start_row].argmax()))
    first = _turn(region, start, _PLACE[(0, -1)], 1)
    if first is None:
        return [start]
    border, here, back = [], start, first
    while True:
        border.append(here)
        place = _PLACE[(back[0] - here[0], back[1] - here[1])]
        following = _turn(region, here, place - 1, -1)
        if following is None or (following == start and here == first):
            return border
        back, here = here, following


def _turn(
    region: NDArray[np.bool_], pixel: tuple[int, int], place: int, direction: int
) -> tuple[int, int] | None:
    """The first neighbor inside the region, from ``place`` on, turning in ``direction``."""
    for step in range(8):
        row, column = _CLOCKWISE[(place + direction * step) % 8]
        neighbor = (pixel[0] + row, pixel[1] + column)
        if region[neighbor]:
            return neighbor
    return None
