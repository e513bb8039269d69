"""Gray pictures of more than 8 bits, brought to 8."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy.errors import ImageReadError

_TOPS = (1, 255, 65535)  # white, in pictures whose format does not say what white is
_SIXTEEN_BITS = ("PNG", "PPM")  # formats that Pillow widens to 32 bits, with white at 65,535


def to_eight_bits(values: NDArray[Any], top: float) -> NDArray[np.uint8]:
    """Bytes of values from 0 to ``top``, rounded; what lies outside is cut off.

    Example:
        >>> to_eight_bits(np.array([0, 128, 129, 65535]), 65535).tolist()
        [0, 0, 1, 255]
    """
    return (values.astype(np.float64) / top * 255).round().clip(0, 255).astype(np.uint8)


def gray_to_eight_bits(image: Image.Image, name: str) -> Image.Image:
    """A picture of Pillow's modes ``I;16``, ``I`` and ``F`` in mode ``L``.

    White is 65,535 where there are 16 bits. Where the format leaves it open (32 bits, floats) it
    is the smallest of 1, 255 and 65,535 that no value exceeds; 1 only for floats.

    Raises:
        ImageReadError: if a value is negative, above 65,535, or not a number; names ``name``.
    """
    values = np.asarray(image, dtype=np.float64)
    if image.mode.startswith("I;16") or image.format in _SIXTEEN_BITS:
        return Image.fromarray(to_eight_bits(values, 65535))
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    tops = _TOPS if image.mode == "F" else _TOPS[1:]
    top = next((top for top in tops if low >= 0 and high <= top), None)
    if top is None:  # also for what is not a number
        raise ImageReadError(
            f"{name} has gray values from {low:g} to {high:g}; 0 to at most 65535 were expected. "
            "Scale them and save it with 8 or 16 bits."
        )
    return Image.fromarray(to_eight_bits(values, top))
