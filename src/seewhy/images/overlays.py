"""Regions laid over pictures in color."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.images.colors import Color
from seewhy.images.outlines import find_outline


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

    Returns:
        (height, width, 3).

    Raises:
        ShapeError: if image and labels differ in height or width.
        InvalidArgumentError: if ``opacity`` is not from 0 to 1.
    """
    if image.shape[:2] != labels.shape:
        raise ShapeError(f"image is {image.shape[:2]} high and wide, labels {labels.shape}.")
    if not 0 <= opacity <= 1:
        raise InvalidArgumentError(f"opacity is from 0 to 1, got {opacity}.")
    known = np.isin(labels, list(colors))
    values = image.astype(np.float32)
    faded = 0.55 * values + 0.45 * values.mean(2, keepdims=True)
    values[~known] = faded[~known]
    for label, color in colors.items():
        region = labels == label
        values[region] = (1 - opacity) * values[region] + opacity * np.array(color, np.float32)
        if outline:
            values[find_outline(region, width=outline)] = color
    return values.clip(0, 255).astype(np.uint8)
