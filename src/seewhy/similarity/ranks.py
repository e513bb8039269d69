"""Do two maps put places in the same order?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
_FLAT = 1e-9
"""Range, as a share of the largest size, below which a map has no order."""


def correlate_ranks(first: Floats, second: Floats) -> float:
    """Spearman's rank correlation of two maps of one shape, -1 to 1; NaN if one is flat."""
    from scipy.stats import rankdata  # here: it takes seconds to import

    a, b = np.asarray(first, np.float64).reshape(-1), np.asarray(second, np.float64).reshape(-1)
    if any(np.ptp(values) <= _FLAT * np.abs(values).max() for values in (a, b)):
        return float("nan")
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
