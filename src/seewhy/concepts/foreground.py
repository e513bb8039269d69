"""Foreground: the patches the encoder attends to, found from its features alone.

    svd    X̂ = rows of X at unit length = U S Vᵀ;   component 1 (the second) of U
    pca    principal components of X;               component 0

A component's sign is chosen so that its positive side is the minority of patches; with as many on
both sides, the loading of largest size is positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.concepts.components import keep_large_components
from seewhy.concepts.spectra import MomentSums
from seewhy.errors import InvalidArgumentError, ShapeError

ForegroundMethod = Literal["svd", "pca"]
Threshold = Literal["negative", "minmax"]
NUM_COMPONENTS = 3
MINMAX_CUT = 0.4
_COMPONENT = {"svd": 1, "pca": 0}


@dataclass(frozen=True)
class ForegroundModel:
    """What decides foreground, fitted on one set of pictures and applicable to others."""

    method: ForegroundMethod
    threshold: Threshold
    mean: Tensor
    """Subtracted from a row, (channels,); zeros for svd."""
    axes: Tensor
    """What a row is multiplied with, (channels, components); signs included."""
    low: Tensor
    """Least value of each component over the fitted rows, (components,)."""
    high: Tensor
    """Largest value, (components,)."""

    @property
    def component(self) -> int:
        """Index of the component that tells foreground."""
        return _COMPONENT[self.method]

    def project(self, rows: Tensor) -> Tensor:
        """Components of feature rows, (rows, components); from 0 to 1 for ``minmax``."""
        values = rows.detach().to(self.axes)
        if self.method == "svd":
            values = torch.nn.functional.normalize(values, dim=1)
        values = (values - self.mean) @ self.axes
        if self.threshold == "minmax":
            span = (self.high - self.low).clamp(min=1e-12)
            values = ((values - self.low) / span).clamp(0, 1)
        return values

    def find(self, rows: Tensor, grid: tuple[int, int]) -> NDArray[np.bool_]:
        """Foreground of pictures, cleaned of scattered patches.

        Args:
            rows: features of whole pictures, one after another, (pictures * patches, channels).
            grid: rows and columns of patches in a picture.

        Returns:
            (pictures, rows, columns); all ``False`` for a picture without foreground.

        Raises:
            ShapeError: if the rows are not those of whole pictures.
        """
        if rows.shape[0] % (grid[0] * grid[1]):
            raise ShapeError(
                f"{rows.shape[0]} feature rows are not whole pictures of {grid[0]} x {grid[1]}."
            )
        cut = MINMAX_CUT if self.threshold == "minmax" else 0.0
        values = self.project(rows)[:, self.component]
        # what is below the cut becomes 0, and what is not 0 is foreground
        masks = ((values >= cut) & (values != 0)).numpy().reshape(-1, *grid)
        return np.stack([keep_large_components(mask) for mask in masks])


class ForegroundFitter:
    """Fits a ``ForegroundModel`` in two passes over feature rows, holding none of them.

    First ``add`` every batch, then ``add_signs`` every batch again (the sign of a component is a
    matter of all its values), then ``finish``.
    """

    def __init__(
        self,
        channels: int,
        *,
        method: ForegroundMethod = "svd",
        threshold: Threshold = "negative",
        num_components: int = NUM_COMPONENTS,
    ) -> None:
        if method not in _COMPONENT:
            raise InvalidArgumentError(f"method must be 'svd' or 'pca', got {method!r}.")
        if threshold not in ("negative", "minmax"):
            raise InvalidArgumentError(
                f"threshold must be 'negative' or 'minmax', got {threshold!r}."
            )
        if num_components <= _COMPONENT[method]:
            raise InvalidArgumentError(
                f"{method} takes component {_COMPONENT[method]}, so num_components must be larger; "
                f"got {num_components}."
            )
        self.method: ForegroundMethod = method
        self.threshold: Threshold = threshold
        self.num_components = num_components
        self.sums = MomentSums(channels, normalize=method == "svd")
        self._unsigned: ForegroundModel | None = None
        self._positive = torch.zeros(num_components, dtype=torch.float64)
        self._seen = 0

    def add(self, rows: Tensor) -> None:
        """First pass: count in feature rows, (rows, channels)."""
        self.sums.add(rows)

    def add_signs(self, rows: Tensor) -> None:
        """Second pass: see to which side the same rows fall."""
        if self._unsigned is None:
            self._unsigned = self._solve()
        values = self._unsigned.project(rows)
        self._positive += (values > 0).sum(0)
        self._seen += len(values)
        low, high = self._unsigned.low, self._unsigned.high
        torch.minimum(low, values.amin(0), out=low)
        torch.maximum(high, values.amax(0), out=high)

    def finish(self) -> ForegroundModel:
        """The fitted model.

        Raises:
            InvalidArgumentError: if the second pass has not seen the rows of the first.
        """
        if self._unsigned is None or self._seen != self.sums.count:
            raise InvalidArgumentError(
                f"The second pass saw {self._seen} rows, the first {self.sums.count}; "
                "both must see the same rows."
            )
        unsigned, share = self._unsigned, self._positive / self._seen
        flip = share > 0.5
        sign = torch.where(flip, -1.0, 1.0)
        return ForegroundModel(
            method=self.method,
            threshold=self.threshold,
            mean=unsigned.mean,
            axes=unsigned.axes * sign,
            low=torch.where(flip, -unsigned.high, unsigned.low),
            high=torch.where(flip, -unsigned.low, unsigned.high),
        )

    def _solve(self) -> ForegroundModel:
        if self.method == "pca":
            mean, axes = self.sums.principal_axes(self.num_components)
        else:
            vectors, values = self.sums.singular_vectors(self.num_components)
            mean = torch.zeros(len(vectors), dtype=torch.float64)
            axes = vectors / values.clamp(min=1e-12)  # U = X̂ V / S
        infinite = torch.full((self.num_components,), torch.inf, dtype=torch.float64)
        return ForegroundModel(self.method, "negative", mean, axes, infinite, -infinite)


def fit_foreground(
    rows: Tensor,
    *,
    method: ForegroundMethod = "svd",
    threshold: Threshold = "negative",
    num_components: int = NUM_COMPONENTS,
) -> ForegroundModel:
    """Fit foreground on feature rows held in memory.

    Args:
        rows: features of all patches of all pictures, (rows, channels).
        method: ``svd`` or ``pca``.
        threshold: ``negative`` cuts at 0; ``minmax`` scales each component to [0, 1] and cuts
            at 0.4.
        num_components: components to compute.

    Raises:
        InvalidArgumentError: if there are too few rows or channels.

    Source: CLIP mutual knowledge (NeurIPS 2024), arXiv:2410.13016, and its released code.
    """
    fitter = ForegroundFitter(
        rows.shape[1], method=method, threshold=threshold, num_components=num_components
    )
    fitter.add(rows)
    fitter.add_signs(rows)
    return fitter.finish()
