"""How an encoder wants its pictures: resize, crop, scale, normalize."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """From a PIL picture to the numbers an encoder was trained on.

    Resizes, crops the center where ``resize`` is ``"shortest"``, divides by 255, subtracts
    ``mean`` and divides by ``std``.
    """

    size: tuple[int, int]
    """Height and width that come out."""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize: Literal["shortest", "exact", "longest"] = "shortest"
    """``shortest``: the shorter side to ``resize_to``, then a center crop; ``exact``: both
    sides, aspect not kept; ``longest``: the longer side, then padded."""
    resize_to: int | None = None
    """Length of the shorter side before the crop; ``None``: the smaller of ``size``."""
    interpolation: Literal["bilinear", "bicubic", "lanczos", "nearest"] = "bicubic"
