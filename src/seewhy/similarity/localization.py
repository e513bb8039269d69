"""Does a map lie on what two pictures are known to share?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import InvalidArgumentError, ShapeError

Floats = NDArray[np.floating[Any]]


def point(heat: Floats, mask: NDArray[np.bool_]) -> float:
    """Pointing game: share of the hottest pixels that lie on the mask.

    That is 0 or 1, but for maps with several pixels of the same highest heat.

    Args:
        heat: (height, width).
        mask: the truth, of the same shape, at least one pixel.

    Raises:
        ShapeError: if the shapes differ.
        InvalidArgumentError: if the mask is empty, or no heat is a number.

    Source: Zhang et al., Top-down Neural Attention by Excitation Backprop, arXiv:1608.00507.
    """
    _check(heat, mask)
    hottest = heat == np.nanmax(heat)
    return float(mask[hottest].mean())


def weigh(heat: Floats, mask: NDArray[np.bool_]) -> float:
    """Mass: share of all positive heat that lies on the mask; NaN if there is none.

    Args:
        heat: (height, width).
        mask: the truth, of the same shape, at least one pixel.

    Raises:
        ShapeError: if the shapes differ.
        InvalidArgumentError: if the mask is empty, or no heat is a number.
    """
    _check(heat, mask)
    positive = np.clip(np.nan_to_num(heat, nan=0.0), 0, None).astype(np.float64)
    total = positive.sum()
    return float(positive[mask].sum() / total) if total > 0 else float("nan")


def _check(heat: Floats, mask: NDArray[np.bool_]) -> None:
    if heat.shape != mask.shape:
        raise ShapeError(f"The map is {heat.shape} and the mask {mask.shape}; they must be alike.")
    if not mask.any():
        raise InvalidArgumentError("The mask is empty, so there is nothing to point at.")
    if not np.isfinite(heat).any():
        raise InvalidArgumentError("No value of the map is a finite number.")
