"""Blurring and graying pictures, with OpenCV's arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

Array = NDArray[Any]


def gaussian_kernel(size: int, sigma: float | None = None) -> NDArray[np.float64]:
    """Weights of a Gaussian of ``size`` taps that sum to 1.

    Args:
        size: odd.
        sigma: ``None`` for 0.3 ((size - 1) / 2 - 1) + 0.8.
    """
    sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8 if sigma is None else sigma
    taps = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
    return taps / taps.sum()


def gaussian_blur(image: Array, size: int = 11, sigma: float | None = None) -> Array:
    """Blur rows and columns with a Gaussian; edges are mirrored without repeating the edge.

    Args:
        image: (height, width) or (height, width, channels); bytes come out as bytes.
        size: odd number of taps.
        sigma: ``None`` for what suits ``size``.
    """
    kernel = gaussian_kernel(size, sigma)
    values = image.astype(np.float64)
    for axis in (0, 1):
        values = correlate1d(values, kernel, axis=axis, mode="mirror")
    if image.dtype == np.uint8:
        return np.floor(values + 0.5).clip(0, 255).astype(np.uint8)
    return values.astype(image.dtype)


def to_gray(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luminance of an RGB picture, (height, width): 0.299 R + 0.587 G + 0.114 B, rounded."""
    weights = np.array([9798, 19235, 3735])  # of 32,768, as OpenCV has them
    return ((image.astype(np.int64) @ weights + 16384) >> 15).astype(np.uint8)
