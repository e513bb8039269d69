"""Two views of one picture: do their maps agree on it? A check that needs no labels.

Where each view was cut out is known, so both maps can be drawn on the picture they came from. An
encoder that finds the views alike because of the same thing has maps that agree where they overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from seewhy.errors import ShapeError
from seewhy.images.views import View
from seewhy.similarity.ranks import correlate_ranks

Floats = NDArray[np.floating[Any]]
FEWEST_PIXELS = 16
"""Pixels in common, below which nothing is said about agreement."""


@dataclass(frozen=True)
class Agreement:
    """How well two maps agree on the picture their views were taken from."""

    correlation: float
    """Spearman's rank correlation over the pixels in common, -1 to 1; NaN for flat maps or where
    hardly anything is in common."""
    overlap: float
    """Pixels in common, as a share of those in either view."""


def place_on_picture(heat: Floats, view: View, size: tuple[int, int]) -> NDArray[np.float64]:
    """A map of a view drawn on the picture the view was taken from.

    Args:
        heat: (height, width) of the view.
        view: where it was cut out, and whether it was mirrored.
        size: height and width of the picture.

    Returns:
        (height, width) of the picture; NaN outside the view.

    Raises:
        ShapeError: if the map is not of the size of the view.
    """
    if heat.shape != view.size:
        raise ShapeError(f"The map is {heat.shape}, and its view {view.size}; they must be alike.")
    top, left, height, width = view.crop
    (rows, columns), (y, x) = view.size, np.indices(size, dtype=np.float64)
    y = (y - top + 0.5) * rows / height - 0.5
    x = (x - left + 0.5) * columns / width - 0.5
    inside = (y >= -0.5) & (y <= rows - 0.5) & (x >= -0.5) & (x <= columns - 0.5)
    if view.flipped:
        x = columns - 1 - x
    placed = map_coordinates(heat.astype(np.float64), [y, x], order=1, mode="nearest")
    return np.where(inside, placed, np.nan)


def find_agreement(
    maps: tuple[Floats, Floats], views: tuple[View, View], size: tuple[int, int]
) -> Agreement:
    """How well the maps of two views of one picture agree.

    Args:
        maps: at the size of each view.
        views: of the same picture.
        size: height and width of that picture.
    """
    first, second = (
        place_on_picture(heat, view, size) for heat, view in zip(maps, views, strict=True)
    )
    both = np.isfinite(first) & np.isfinite(second)
    either = np.isfinite(first) | np.isfinite(second)
    overlap = float(both.sum() / either.sum()) if either.any() else 0.0
    if both.sum() < FEWEST_PIXELS:
        return Agreement(float("nan"), overlap)
    return Agreement(correlate_ranks(first[both], second[both]), overlap)
