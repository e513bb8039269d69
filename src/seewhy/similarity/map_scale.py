"""The colors of maps: blue below, white in the middle, red above; one scale for both pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.images.heatmaps import HeatScale, color_heat, lay_heat

Floats = NDArray[np.floating[Any]]
PEAKS = 0.01
"""Share of the values at each end that may lie beyond the scale, or a single pixel would leave all
others without color."""
FLATNESS = 0.5
"""Least share of the largest value that the smallest has, for the middle not to be zero."""


@dataclass(frozen=True)
class MapScale:
    """Which color a raw value has."""

    middle: float
    """The value that is white: zero, or where all values lie far from it, their median."""
    reach: float
    """How far from the middle the strongest colors are; what lies beyond has them too."""
    is_one_sided: bool
    """Whether nothing lies below the middle."""

    @property
    def ends(self) -> tuple[float, float]:
        """The values with the strongest colors."""
        low = self.middle if self.is_one_sided else self.middle - self.reach
        return low, self.middle + self.reach

    def color(self, values: Floats) -> NDArray[np.uint8]:
        """The color of each value, (..., 3); gray for what is not a number."""
        return color_heat(np.asarray(values) - self.middle, self._heat)

    def lay(self, picture: NDArray[np.uint8], pixels: Floats) -> NDArray[np.uint8]:
        """A picture in gray under its map, clearer the farther a value is from the middle.

        Args:
            picture: (height, width, 3).
            pixels: the map, (height, width); where it is not a number the picture stays as it is.
        """
        laid = lay_heat(picture, np.asarray(pixels) - self.middle, scale=self._heat)
        return np.where(np.isnan(pixels)[..., None], picture, laid)

    def bar(self, length: int = 256) -> NDArray[np.uint8]:
        """The colors from one end to the other, (1, length, 3)."""
        return self.color(np.linspace(*self.ends, length)[None])

    @property
    def _heat(self) -> HeatScale:
        return HeatScale(-self.reach, self.reach)


def find_map_scale(maps: Sequence[Floats]) -> MapScale:
    """The scale that the maps of a pair share; values that are not finite do not count.

    Args:
        maps: at the size of their pictures.
    """
    values = np.concatenate([np.ravel(each) for each in maps] or [np.zeros(1)]).astype(np.float64)
    values = values[np.isfinite(values)]
    if not len(values) or not values.any():
        return MapScale(0.0, 1.0, is_one_sided=True)
    low, high = np.quantile(values, [PEAKS, 1 - PEAKS])
    nearest, farthest = sorted((abs(low), abs(high)))
    is_far = bool(low * high > 0 and nearest > FLATNESS * farthest and high > low)
    middle = float(np.median(values)) if is_far else 0.0
    reach = float(max(high - middle, middle - low)) or float(np.abs(values).max())
    return MapScale(middle, reach, is_one_sided=not is_far and bool(values.min() >= 0))
