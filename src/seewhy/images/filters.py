"""Blurring and graying pictures, with OpenCV's arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from seewhy.errors import InvalidArgumentError, ShapeError

Array = NDArray[Any]

# Below 11 taps OpenCV takes these, not the Gaussian, where no sigma is given.
_SMALL_KERNELS = {
    1: (1,),
    3: (64, 128, 64),
    5: (16, 64, 96, 64, 16),
    7: (8, 28, 56, 72, 56, 28, 8),
    9: (4, 13, 30, 51, 60, 51, 30, 13, 4),
}


def gaussian_kernel(size: int, sigma: float | None = None) -> NDArray[np.float64]:
    """Weights of a Gaussian that sum to 1, (size,).

    Args:
        size: number of taps, odd.
        sigma: standard deviation in pixels; ``None`` for 0.3 ((size - 1) / 2 - 1) + 0.8, and up
            to 9 taps for OpenCV's rounded weights.

    Raises:
        InvalidArgumentError: if ``size`` is even or below 1, or ``sigma`` is not above 0.
    """
    if size < 1 or size % 2 == 0:
        raise InvalidArgumentError(f"size must be an odd number of taps, got {size}.")
    if sigma is None and size in _SMALL_KERNELS:
        weights = np.array(_SMALL_KERNELS[size], np.float64)
        return weights / weights.sum()
    sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8 if sigma is None else sigma
    if not sigma > 0:
        raise InvalidArgumentError(f"sigma must be above 0, got {sigma}; None suits the size.")
    taps = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
    return taps / taps.sum()


def gaussian_blur(image: Array, size: int = 11, sigma: float | None = None) -> Array:
    """Blur rows and columns with a Gaussian; edges are mirrored without repeating the edge.

    Args:
        image: (height, width) or (height, width, channels); bytes come out as bytes, rounded.
        size: number of taps, odd.
        sigma: standard deviation in pixels; ``None`` for what suits ``size``.

    Raises:
        ShapeError: if ``image`` has another number of dimensions.
        InvalidArgumentError: if ``size`` is even or below 1, or ``sigma`` is not above 0.

    Source: OpenCV's ``GaussianBlur``; bytes agree to the last bit.
    """
    if image.ndim not in (2, 3):
        raise ShapeError(f"image must be (height, width[, channels]), got {image.shape}.")
    kernel = gaussian_kernel(size, sigma)
    is_bytes = image.dtype == np.uint8
    weights: Array = _round_weights(kernel) if is_bytes else kernel
    values: Array = image.astype(weights.dtype)
    for axis in (0, 1):
        values = correlate1d(values, weights, axis=axis, mode="mirror")
    return ((values + 2**15) >> 16).astype(np.uint8) if is_bytes else values.astype(image.dtype)


def _round_weights(kernel: NDArray[np.float64]) -> NDArray[np.int64]:
    """A kernel in 256ths that sum to 256, as OpenCV blurs bytes with.

    From the end to the middle, what rounding takes from one tap is given to the next.
    """
    half, left = len(kernel) // 2, 0.0
    rounded = np.zeros(len(kernel), np.int64)
    for tap in range(half):
        wanted = kernel[tap] * 256 + left
        rounded[tap] = rounded[-1 - tap] = np.rint(wanted)
        left = wanted - rounded[tap]
    rounded[half] = 256 - rounded.sum()
    return rounded


def to_gray(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luminance of an RGB picture, (height, width): 0.299 R + 0.587 G + 0.114 B, rounded.

    Args:
        image: (height, width, 3).

    Source: OpenCV's ``cvtColor``, to the last bit.
    """
    weights = np.array([9798, 19235, 3735])  # of 32,768, as OpenCV has them
    return ((image.astype(np.int64) @ weights + 16384) >> 15).astype(np.uint8)
