"""Heat maps laid over pictures: raw values, signs kept apart, colors everyone can tell apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.images.resizing import upscale_bilinear

Floats = NDArray[np.floating[Any]]
MISSING = (150, 150, 150)  # color of what is not a number


@dataclass(frozen=True)
class HeatScale:
    """Which value has which color; one scale for several maps makes them comparable."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InvalidArgumentError(f"A scale goes up, got {self.low:g} to {self.high:g}.")
        if self.low < 0 and self.low != -self.high:
            raise InvalidArgumentError(
                "A scale with negative values is symmetric, so that zero is white, got "
                f"{self.low:g} to {self.high:g}. Give the larger on both sides."
            )

    @property
    def is_signed(self) -> bool:
        """Whether zero lies inside: blue below, white at zero, red above; else viridis."""
        return self.low < 0

    def place(self, values: Floats) -> NDArray[np.float64]:
        """Where values lie between ``low`` (0) and ``high`` (1); beyond them, at the ends."""
        return ((np.asarray(values, np.float64) - self.low) / (self.high - self.low)).clip(0, 1)

    def strength(self, values: Floats) -> NDArray[np.float64]:
        """How far values are from nothing, 0 to 1."""
        if not self.is_signed:
            return self.place(values)
        return (np.abs(np.asarray(values, np.float64)) / self.high).clip(0, 1)


def find_scale(heats: Floats | Iterable[Floats]) -> HeatScale:
    """A scale that holds all values of one map or of several.

    With a negative value among them it is symmetric about zero; else it begins at zero. Values
    that are not finite do not count; where nothing else is left it goes up to 1.
    """
    maps = [heats] if isinstance(heats, np.ndarray) else list(heats)
    values = np.concatenate([np.ravel(heat) for heat in maps] or [np.zeros(1)])
    values = values[np.isfinite(values)]
    top = float(np.abs(values).max(initial=0)) or 1.0
    return HeatScale(-top if (values < 0).any() else 0.0, top)


def color_heat(heat: Floats, scale: HeatScale) -> NDArray[np.uint8]:
    """The color of each value, (..., 3); gray for what is not a number."""
    steps = np.nan_to_num(scale.place(heat) * 255).round().astype(np.int64)
    colors = _color_table("RdBu_r" if scale.is_signed else "viridis")[steps]
    return np.where(np.isnan(heat)[..., None], np.array(MISSING, np.uint8), colors)


def lay_heat(
    image: NDArray[np.uint8],
    heat: Floats,
    *,
    scale: HeatScale | None = None,
    opacity: float = 0.65,
) -> NDArray[np.uint8]:
    """A picture in gray under a heat map in color, clearer the stronger the value.

    Args:
        image: (height, width, 3).
        heat: (rows, columns), raw values of either sign, enlarged to the picture.
        scale: ``None`` for one that fits this map alone.
        opacity: of the map where it is strongest, from 0 to 1; a fifth of it where it is nothing.

    Returns:
        (height, width, 3).

    Raises:
        ShapeError: if ``image`` or ``heat`` has another shape.
        InvalidArgumentError: if ``opacity`` is not from 0 to 1.
    """
    if image.ndim != 3 or image.shape[2] != 3 or heat.ndim != 2:
        raise ShapeError(
            f"image must be (height, width, 3) and heat (rows, columns), got {image.shape} and "
            f"{heat.shape}."
        )
    if not 0 <= opacity <= 1:
        raise InvalidArgumentError(f"opacity is from 0 to 1, got {opacity}.")
    scale = scale or find_scale(heat)
    enlarged = upscale_bilinear(heat, (image.shape[0], image.shape[1]))
    strength = np.nan_to_num(scale.strength(enlarged), nan=1.0)
    weight = opacity * (0.2 + 0.8 * strength)[..., None]
    gray = image.astype(np.float64).mean(2, keepdims=True)
    mixed = gray * (1 - weight) + color_heat(enlarged, scale) * weight
    return mixed.round().clip(0, 255).astype(np.uint8)


@cache
def _color_table(name: str) -> NDArray[np.uint8]:
    """256 colors, (256, 3)."""
    from matplotlib import colormaps

    colors = np.asarray(colormaps[name](np.linspace(0, 1, 256)))[:, :3]
    return (colors * 255).round().astype(np.uint8)
