"""Max sensitivity: how much a map changes when the pictures change by next to nothing.

    r_k = max over draws of ||E_k(x) - E_k(x + δ)|| / ||E_k(x)||,   δ ~ U(-radius, radius)

The same δ is added to both pictures; the mean of r_1 and r_2 is reported, lower is better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.pair import Pair

Floats = NDArray[np.floating[Any]]
Explain = Callable[[Tensor], tuple[Floats, Floats]]
"""Pictures (pictures, 3, height, width), the pair being the first and the last, to two maps."""

NUM_DRAWS, RADIUS = 10, 0.2


def draw_disturbances(
    shape: tuple[int, ...], *, draws: int = NUM_DRAWS, radius: float = RADIUS, seed: int = 0
) -> Tensor:
    """Noise to add to pictures, (draws, 1, *shape), each value from -radius to radius."""
    if draws < 1 or radius <= 0:
        raise InvalidArgumentError(
            f"draws must be at least 1 and radius above 0, got {draws} and {radius}."
        )
    numbers = torch.Generator().manual_seed(seed)
    return (2 * torch.rand(draws, 1, *shape, generator=numbers) - 1) * radius


def measure_sensitivity(
    explain: Explain, pictures: Tensor, disturbances: Iterable[Tensor]
) -> float:
    """Max sensitivity of a way to explain pairs; NaN if a map is zero everywhere.

    Args:
        explain: what makes the maps.
        pictures: (pictures, 3, height, width), normalized; the first and the last are the pair.
        disturbances: noise (1, 3, height, width) of each draw, added to all pictures.

    Source: Yeh et al., On the (In)fidelity and Sensitivity of Explanations, arXiv:1901.09392;
        for pairs arXiv:2206.09753.
    """
    clean = explain(pictures)
    largest = np.zeros(2)
    for noise in disturbances:
        disturbed = explain(pictures + noise.to(pictures))
        changes = [_change(a, b) for a, b in zip(clean, disturbed, strict=True)]
        largest = np.maximum(largest, changes)  # NaN stays NaN
    return float(largest.mean())


def explain_pairs(pair: Pair, explain: Callable[[Pair], tuple[Floats, Floats]]) -> Explain:
    """A way to explain pairs as ``measure_sensitivity`` calls it, for the encoder of ``pair``."""

    def explain_pictures(pictures: Tensor) -> tuple[Floats, Floats]:
        return explain(Pair(pair.model, pictures[:1], pictures[-1:], effort=pair.effort))

    return explain_pictures


def _change(clean: Floats, disturbed: Floats) -> float:
    size = float(np.linalg.norm(clean))
    return float(np.linalg.norm(clean - disturbed)) / size if size > 0 else float("nan")
