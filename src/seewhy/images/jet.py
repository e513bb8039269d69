"""Heat maps laid over pictures as the published figures have them, faults included.

``heatmaps.py`` draws ours: raw values, signs kept apart, colors that everyone can tell apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import ShapeError
from seewhy.images.resizing import upscale_bilinear

Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]


def color_with_jet(levels: Bytes) -> Bytes:
    """The color map JET of OpenCV, in RGB: from dark blue over cyan and yellow to dark red.

    Args:
        levels: of any shape.

    Returns:
        (..., 3).
    """
    level = levels.astype(np.int64)
    red = np.minimum(4 * level - 382, 1148 - 4 * level)
    green = np.minimum(4 * level - 128, 892 - 4 * level)
    blue = np.minimum(4 * level + 128, 638 - 4 * level)
    blue = np.where(level == 159, 1, blue)  # so in OpenCV's table
    return np.stack([red, green, blue], axis=-1).clip(0, 255).astype(np.uint8)


def to_bytes_cut_off(pixels: Floats) -> Bytes:
    """Values from 0 to 1 as bytes; fractions and what lies outside are cut off."""
    return (pixels.clip(0, 1) * 255).astype(np.uint8)


def scale_as_published(heat: Floats) -> Floats:
    """A map divided by its largest value; negative values stay negative."""
    with np.errstate(all="ignore"):  # of a map of zeros the published figure shows zeros too
        return heat / heat.max()


def lay_jet(
    image: Bytes, heat: Floats, *, heat_weight: float = 0.5, image_weight: float = 0.5
) -> Bytes:
    """A picture under a map in JET, as published.

    Args:
        image: (height, width, 3).
        heat: (rows, columns), raw values.
        heat_weight: of the map.
        image_weight: of the picture; 0.7 in the published figure of pixel invariance.

    Returns:
        (height, width, 3).

    Raises:
        ShapeError: if ``image`` or ``heat`` has another shape.

    Source: arXiv:2206.09753, released code.
    Differs: the map is enlarged in double precision, so that a value on the border of two of the
        256 levels may fall on the other. All else is kept: negative values wrap around to the
        other end of the colors, and a single high value makes all others dark.
    """
    if image.ndim != 3 or image.shape[2] != 3 or heat.ndim != 2:
        raise ShapeError(
            f"image must be (height, width, 3) and heat (rows, columns), got {image.shape} and "
            f"{heat.shape}."
        )
    enlarged = upscale_bilinear(scale_as_published(heat), (image.shape[0], image.shape[1]))
    with np.errstate(all="ignore"):
        levels = (enlarged.astype(np.float32) * 255).astype(np.int32).astype(np.uint8)
    weights = np.float32(heat_weight), np.float32(image_weight)
    mixed = weights[0] * color_with_jet(levels) + weights[1] * image
    return np.rint(mixed).clip(0, 255).astype(np.uint8)
