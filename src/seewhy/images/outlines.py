"""The rims of regions, drawn on pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.images.colors import Color


def find_outline(mask: NDArray[np.bool_], *, width: int = 2) -> NDArray[np.bool_]:
    """Pixels of a region that lie within ``width`` steps of its outside, (height, width).

    What lies beyond the picture counts as outside, so that an outline is always closed.

    Raises:
        ShapeError: if ``mask`` is not (height, width).
        InvalidArgumentError: if ``width`` is below 1.
    """
    if mask.ndim != 2:
        raise ShapeError(f"mask must be (height, width), got {mask.shape}.")
    if width < 1:
        raise InvalidArgumentError(f"width must be at least 1 pixel, got {width}.")
    region = mask.astype(bool)
    return region & ~np.asarray(ndimage.binary_erosion(region, iterations=width), bool)


def draw_outline(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], color: Color, *, width: int = 2
) -> NDArray[np.uint8]:
    """A picture with the outline of a region, drawn inside it, as a new array.

    Args:
        image: (height, width, 3).
        mask: (height, width).
        color: of the outline.
        width: of the outline in pixels.

    Raises:
        ShapeError: if image and mask differ in height or width.
        InvalidArgumentError: if ``width`` is below 1.
    """
    if image.shape[:2] != mask.shape:
        raise ShapeError(f"image is {image.shape[:2]} high and wide, mask {mask.shape}.")
    drawn = image.copy()
    drawn[find_outline(mask, width=width)] = color
    return drawn
