"""The foreground cleaned of what is scattered about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from seewhy.errors import ShapeError

MIN_SECOND = 5
_EIGHT = np.ones((3, 3), dtype=bool)


def keep_large_components(
    mask: NDArray[np.bool_], *, min_second: int = MIN_SECOND
) -> NDArray[np.bool_]:
    """Keep the largest 8-connected component, and the second largest if it is large enough.

    Of components of one size, the first in scan order counts as larger.

    Args:
        mask: one picture's foreground, (rows, columns).
        min_second: patches the second component needs to be kept.

    Returns:
        (rows, columns); all ``False`` where nothing was set.

    Raises:
        ShapeError: if ``mask`` is not that of one picture.

    Source: CLIP mutual knowledge (NeurIPS 2024), arXiv:2410.13016, released code.
    """
    if mask.ndim != 2:
        raise ShapeError(f"mask must be (rows, columns), got {mask.shape}.")
    labels = np.zeros(mask.shape, dtype=np.int32)
    count = ndimage.label(mask, structure=_EIGHT, output=labels)
    if not count:
        return np.zeros_like(mask, dtype=bool)
    sizes = np.bincount(labels.ravel())[1:]
    order = np.argsort(-sizes, kind="stable")  # stable: scan order decides between equals
    kept = labels == order[0] + 1
    if len(order) > 1 and sizes[order[1]] >= min_second:
        kept |= labels == order[1] + 1
    return kept
