"""Average drop and increase: is what a map keeps of the pictures enough for the similarity?

    b = cos(f(x1), f(x2)),   s = cos(f(m1 * x1), f(m2 * x2)),   m = map from 0 to 1
    drop = max(0, b - s) / b,   increase = 1 if s > b

Conditional: only one picture is masked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.similarity.model import cosine
from seewhy.similarity.pair import Pair

Floats = NDArray[np.floating[Any]]
Compat = Literal["default", "published"]


@dataclass(frozen=True)
class Drop:
    """What masking does to a similarity."""

    drop: float
    """Share of the similarity that is lost, from 0; NaN where there is none to lose."""
    increases: bool
    """Whether the similarity grew."""


@dataclass(frozen=True)
class PairDrops:
    """Both pictures masked, or one of them."""

    simultaneous: Drop
    first: Drop
    """Picture 1 masked, picture 2 as it is."""
    second: Drop
    """Picture 2 masked, picture 1 as it is."""


@torch.no_grad()
def measure_drops(
    pair: Pair, maps: tuple[Floats, Floats], *, compat: Compat = "default"
) -> PairDrops:
    """Keep of each picture what its map finds important, and compare again.

    Args:
        pair: the pictures.
        maps: heat at the size of each picture, (height, width).
        compat: ``published`` divides by the similarity even where it is not positive, and lets
            a flat map become NaN.

    Source: arXiv:2206.09753, Section 4; Grad-CAM++, arXiv:1710.11063.
    Differs: a pair that is not alike (cosine not above 0) has no drop, instead of one of the
        wrong sign; a flat map keeps nothing. See docs/decisions/similarity-measures.md.
    """
    masked = [
        pair.model.embed(view * scale_heat(heat, compat=compat).to(view)).float()
        for view, heat in zip(pair.views, maps, strict=True)
    ]
    clean1, clean2 = pair.embeddings
    compared = ((masked[0], masked[1]), (masked[0], clean2), (clean1, masked[1]))
    scores = [float(cosine(a, b)) for a, b in compared]
    return PairDrops(*(find_drop(pair.score, score, compat=compat) for score in scores))


def find_drop(before: float, after: float, *, compat: Compat = "default") -> Drop:
    """The drop from one similarity to another."""
    increases = after > before
    if before <= 0 and compat == "default":
        return Drop(math.nan, increases)
    if before == 0:
        return Drop(math.nan, increases)
    return Drop(max(0.0, before - after) / before, increases)


def scale_heat(heat: Floats, *, compat: Compat = "default") -> Tensor:
    """A map from 0 (lowest) to 1 (highest), (height, width).

    A flat map is 0 everywhere, and so are places without a number; as published NaN.
    """
    values = torch.from_numpy(np.asarray(heat, np.float32))
    if compat == "published":
        return (values - values.min()) / (values.max() - values.min())
    kept = values[values.isfinite()]
    if not len(kept) or kept.max() == kept.min():
        return torch.zeros_like(values)
    return ((values - kept.min()) / (kept.max() - kept.min())).nan_to_num(0)
