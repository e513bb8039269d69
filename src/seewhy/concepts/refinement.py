"""Refinement: a coarse foreground drawn to the edges of the picture by a dense CRF."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seewhy.concepts.permutohedral import PermutohedralLattice
from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.images.resizing import upscale_nearest

Floats = NDArray[np.floating[Any]]
Refinement = Literal["crf", "none"]
_CERTAIN = 0.99


@dataclass(frozen=True, kw_only=True)
class RefinementSettings:
    """Of the conditional random field; defaults as published."""

    color_weight: float = 10.0
    color_reach: float = 40.0
    """Standard deviation in pixels of the kernel that also looks at color."""
    color_tolerance: float = 13.0
    """Standard deviation in color, of 255."""
    smooth_weight: float = 3.0
    smooth_reach: float = 3.0
    """Standard deviation in pixels of the kernel that looks at place only."""
    iterations: int = 5

    def __post_init__(self) -> None:
        widths = (self.color_reach, self.color_tolerance, self.smooth_reach)
        if min(widths) <= 0 or self.iterations < 1:
            raise InvalidArgumentError(
                f"Reaches and tolerance must be positive and iterations at least 1, got {widths} "
                f"and {self.iterations}."
            )


def refine_mask(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    settings: RefinementSettings | None = None,
) -> NDArray[np.bool_]:
    """Refine a coarse mask along the edges of its picture.

    Mean field of a fully connected field with Potts energy:

        u = -ln clip(p, 0.01, 0.99);   Q ← softmax(-u + Σ_k w_k K_k Q)

    where K_1 is a Gaussian of place and color, K_2 of place, both normalized on both sides.

    Args:
        image: (height, width, 3).
        mask: (rows, columns); enlarged to the picture without interpolation.
        settings: ``None`` for the published ones.

    Returns:
        (height, width). A mask that is empty or full is returned as it is.

    Raises:
        ShapeError: if the shapes are not as above.

    Source: Krähenbühl and Koltun (NeurIPS 2011); settings of arXiv:2410.13016.
    """
    if image.ndim != 3 or image.shape[2] != 3 or mask.ndim != 2:
        raise ShapeError(
            f"A picture (height, width, 3) and a mask (rows, columns) are needed, got "
            f"{image.shape} and {mask.shape}."
        )
    settings = settings or RefinementSettings()
    coarse = upscale_nearest(mask.astype(bool), (image.shape[0], image.shape[1]))
    if coarse.all() or not coarse.any():
        return coarse
    kernels = [
        (settings.color_weight, _color_kernel(image, settings)),
        (settings.smooth_weight, _smooth_kernel(coarse.shape, settings.smooth_reach)),
    ]
    evidence = np.log(_CERTAIN / (1 - _CERTAIN))
    unary = np.where(coarse.ravel(), evidence, -evidence).astype(np.float32)
    inside = _sigmoid(unary)
    for _ in range(settings.iterations):
        logit = unary.copy()
        for weight, kernel in kernels:  # message of "inside" less that of "outside" = 1 - inside
            logit += np.float32(weight) * (2 * kernel.apply(inside) - kernel.of_ones)
        inside = _sigmoid(logit)
    return (inside > 0.5).reshape(coarse.shape)


def refine_masks(
    images: Sequence[NDArray[np.uint8]],
    masks: Sequence[NDArray[np.bool_]],
    settings: RefinementSettings | None = None,
    *,
    method: Refinement = "crf",
    threads: int = 1,
) -> list[NDArray[np.bool_]]:
    """Refine the masks of several pictures, each as ``refine_mask`` does.

    Args:
        images: (height, width, 3) each.
        masks: (rows, columns) each, one for a picture.
        settings: ``None`` for the published ones.
        method: ``crf``, or ``none`` to enlarge the masks only.
        threads: pictures refined at the same time.

    Returns:
        (height, width) each.

    Raises:
        InvalidArgumentError: if ``method`` is neither, ``threads`` is not positive, or there are
            not as many masks as pictures.
    """
    if method not in ("crf", "none"):
        raise InvalidArgumentError(f"method must be 'crf' or 'none', got {method!r}.")
    if threads < 1 or len(images) != len(masks):
        raise InvalidArgumentError(
            f"There must be a mask for each picture and at least one thread, got {len(images)} "
            f"pictures, {len(masks)} masks and {threads} threads."
        )
    pairs = list(zip(images, masks, strict=True))
    if method == "none":
        return [upscale_nearest(mask.astype(bool), image.shape[:2]) for image, mask in pairs]
    with ThreadPoolExecutor(threads) as pool:  # NumPy computes outside the interpreter's lock
        return list(pool.map(lambda pair: refine_mask(pair[0], pair[1], settings), pairs))


class _Kernel:
    """A Gaussian kernel matrix with rows and columns scaled to sum to about 1."""

    def __init__(self, points: Floats) -> None:
        self.lattice = PermutohedralLattice(points)
        ones = np.ones(len(points), np.float32)
        self.scale: Floats = 1 / np.sqrt(self.lattice.filter(ones) + np.float32(1e-20))
        self.of_ones = self.apply(ones)

    def apply(self, values: Floats) -> Floats:
        return self.scale * self.lattice.filter(self.scale * values)


def _sigmoid(logit: Floats) -> Floats:
    return (1 / (1 + np.exp(-logit.clip(-60, 60)))).astype(np.float32)


def _places(size: tuple[int, ...], reach: float) -> Floats:
    rows, columns = np.mgrid[: size[0], : size[1]]
    return np.stack([columns.ravel(), rows.ravel()], 1).astype(np.float32) / np.float32(reach)


def _color_kernel(image: NDArray[np.uint8], settings: RefinementSettings) -> _Kernel:
    colors = image.reshape(-1, 3).astype(np.float32) / np.float32(settings.color_tolerance)
    return _Kernel(np.concatenate([_places(image.shape, settings.color_reach), colors], 1))


@lru_cache(maxsize=4)  # the same for all pictures of one size
def _smooth_kernel(size: tuple[int, ...], reach: float) -> _Kernel:
    return _Kernel(_places(size, reach))
