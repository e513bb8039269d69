"""Masks and maps laid over pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from seewhy.images.colors import Color


def tint_regions(
    image: NDArray[np.uint8],
    labels: NDArray[np.integer[Any]],
    colors: dict[int, Color],
    *,
    opacity: float = 0.55,
    outline: int = 2,
) -> NDArray[np.uint8]:
    """A picture with each labelled region in its color and outlined; the rest a little faded.

    Args:
        image: (height, width, 3).
        labels: (height, width); labels without a color are background.
        colors: color of each label.
        opacity: of the tint, from 0 to 1.
        outline: width of the outline in pixels; 0 for none.
    """
    known = np.isin(labels, list(colors))
    values = image.astype(np.float32)
    faded = 0.55 * values + 0.45 * values.mean(2, keepdims=True)
    values[~known] = faded[~known]
    for label, color in colors.items():
        region = labels == label
        values[region] = (1 - opacity) * values[region] + opacity * np.array(color, np.float32)
        if outline:
            inside = np.asarray(binary_erosion(region, iterations=outline), dtype=bool)
            edge = region & ~inside
            values[edge] = color
    return values.clip(0, 255).astype(np.uint8)


def lay_heat(
    image: NDArray[np.uint8], heat: NDArray[np.floating[Any]], *, opacity: float = 0.55
) -> NDArray[np.uint8]:
    """A picture under a heat map: one sign in viridis, two signs from blue over white to red.

    Args:
        image: (height, width, 3).
        heat: (height, width), raw values.
        opacity: of the map where it is strongest, from 0 to 1.
    """
    from matplotlib import colormaps

    signed = heat.min() < 0
    top = float(np.abs(heat).max()) or 1.0
    scaled = heat / top / 2 + 0.5 if signed else (heat - heat.min()) / (np.ptp(heat) or 1.0)
    strength = np.abs(heat)[..., None] / top if signed else 1.0
    colors = np.asarray(colormaps["coolwarm" if signed else "viridis"](scaled))[..., :3] * 255
    weight = opacity * strength
    return (image * (1 - weight) + colors * weight).clip(0, 255).astype(np.uint8)
