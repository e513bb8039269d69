"""Two systems on questions about pictures, compared with pictures drawn anew, not questions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.scores.comparison import Difference, compare_systems

Floats = NDArray[np.float64]


def compare_by_picture(
    first: NDArray[np.bool_] | Floats, second: NDArray[np.bool_] | Floats, pictures: Sequence[str]
) -> Difference:
    """Shares of right answers, of (questions,) each."""
    _, owners = np.unique(pictures, return_inverse=True)
    counts = np.bincount(owners).astype(np.float64)
    one, other = (
        np.stack([np.bincount(owners, right).astype(np.float64), counts], 1)
        for right in (first, second)
    )
    return compare_systems("accuracy", one, other, corpus=lambda sums, _: sums[:, 0] / sums[:, 1])


def tell_points(found: Difference) -> str:
    """A difference in points, with its interval."""
    low, high = (100 * end for end in found.interval)
    return (
        f"{100 * found.difference:+.1f} points ({low:+.1f} to {high:+.1f}, p = {found.p_value:.4f})"
    )


def keep_json(found: Any, path: Path | None) -> None:
    """Write a result where that is asked for."""
    if path is not None:
        path.write_text(json.dumps(asdict(found), indent=2), encoding="utf-8")
