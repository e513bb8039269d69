"""Where two views were cut out of their picture, and how their maps are drawn on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy.images.views import View
from seewhy.similarity.agreement import Agreement, find_agreement, place_on_picture

Floats = NDArray[np.floating[Any]]
Crop = tuple[float, float, float, float]
MAX_SIDE = 384
"""Longer side of the picture that maps are drawn on, in pixels."""


@dataclass(frozen=True, eq=False)
class PairGeometry:
    """Two views of one picture, and where in it they were taken from."""

    picture: NDArray[np.uint8]
    """The whole picture, made smaller if it is large, (height, width, 3)."""
    crops: tuple[Crop, Crop]
    """Top, left, height and width of each view, in pixels of ``picture``."""
    flipped: tuple[bool, bool]
    """Whether left and right of each view were swapped."""
    recipe: str
    """What the views were drawn by."""
    seed: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture."""
        return self.picture.shape[0], self.picture.shape[1]

    def describe(self) -> dict[str, Any]:
        """Where the views are, as JSON would hold it, without the picture."""
        return {
            "size": self.size,
            "crops": self.crops,
            "flipped": self.flipped,
            "recipe": self.recipe,
            "seed": self.seed,
        }

    def place(self, pixels: Floats, view: int) -> NDArray[np.float64]:
        """A map of a view, (height, width) of the view, on the picture; NaN outside the view."""
        return place_on_picture(pixels, self._view(view, pixels), self.size)

    def compare(self, maps: Sequence[Floats]) -> Agreement:
        """How well the maps of both views, at the size of each, agree where the views overlap."""
        first, second = maps
        return find_agreement(
            (first, second), (self._view(1, first), self._view(2, second)), self.size
        )

    def _view(self, number: int, pixels: Floats) -> View:
        """A view of the size of its map; what it shows does not count here."""
        blank = Image.new("L", (pixels.shape[1], pixels.shape[0]))
        return View(blank, self.crops[number - 1], self.flipped[number - 1])


def record_geometry(
    picture: Image.Image, views: Sequence[View], *, recipe: str, seed: int
) -> PairGeometry:
    """Where the first two views of a picture were taken from.

    Args:
        picture: what the views are of.
        views: at least two.
        recipe: what they were drawn by.
        seed: of the draw.
    """
    share = min(1.0, MAX_SIDE / max(picture.size))
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    small = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
    across, down = size[0] / picture.width, size[1] / picture.height
    first, second = (
        (top * down, left * across, height * down, width * across)
        for top, left, height, width in (view.crop for view in views[:2])
    )
    flipped = (views[0].flipped, views[1].flipped)
    return PairGeometry(np.asarray(small.convert("RGB")), (first, second), flipped, recipe, seed)
