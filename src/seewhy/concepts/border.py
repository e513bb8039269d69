"""Foreground by the border: patches unlike those along the edge of their own picture.

What stands along the edges is mostly surroundings. A patch's distance to them is

    d = 1 - mean of its 5 largest cosines with border patches,

and foreground is where d exceeds the level that best divides the distances of all pictures in two.
Unlike the published ways it asks nothing of the directions in which features vary most: an encoder
that varies most with the kind of background is served as well. A thing cut off by the edge all
around is lost (docs/decisions/border-foreground.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from seewhy.concepts.components import keep_large_components
from seewhy.errors import InvalidArgumentError, ShapeError

NEIGHBORS = 5
"""Border patches a patch is compared with."""
_BINS, _LARGEST = 2000, 2.0


@dataclass(frozen=True)
class BorderForeground:
    """What decides foreground, fitted on one set of pictures and applicable to others."""

    level: float
    """Distance above which a patch is foreground, from 0 to 2."""
    method: Literal["border"] = "border"

    def find(self, rows: Tensor, grid: tuple[int, int]) -> NDArray[np.bool_]:
        """Foreground of pictures, cleaned of scattered patches.

        Args:
            rows: features of whole pictures, one after another, (pictures * patches, channels).
            grid: rows and columns of patches in a picture, at least 3 x 3.

        Returns:
            (pictures, rows, columns); all ``False`` for a picture without foreground.

        Raises:
            ShapeError: if the rows are not those of whole pictures, or the grid is all border.
        """
        masks = (measure_distances(rows, grid) > self.level).numpy()
        return np.stack([keep_large_components(mask) for mask in masks])


class BorderFitter:
    """Fits a ``BorderForeground`` in one pass over pictures, keeping only counts."""

    def __init__(self) -> None:
        self._counts = torch.zeros(_BINS, dtype=torch.float64)

    def add(self, rows: Tensor, grid: tuple[int, int]) -> None:
        """Count in the features of whole pictures, as ``BorderForeground.find`` takes them."""
        distances = measure_distances(rows, grid)
        self._counts += distances.float().histc(_BINS, 0, _LARGEST).double()

    def finish(self) -> BorderForeground:
        """The fitted foreground.

        Raises:
            InvalidArgumentError: if no picture was added.
        """
        if not self._counts.sum():
            raise InvalidArgumentError("There is no picture to tell foreground from: add some.")
        return BorderForeground(_divide(self._counts))


def measure_distances(rows: Tensor, grid: tuple[int, int]) -> Tensor:
    """How unlike the border of its picture each patch is, (pictures, rows, columns), 0 to 2.

    Raises:
        ShapeError: if the rows are not those of whole pictures, or the grid is all border.
    """
    patches = grid[0] * grid[1]
    if len(rows) % patches:
        raise ShapeError(
            f"{len(rows)} feature rows are not whole pictures of {grid[0]} x {grid[1]}."
        )
    if min(grid) < 3:
        raise ShapeError(
            f"In a grid of {grid[0]} x {grid[1]} every patch lies on the border. Use the "
            "foreground svd or pca, or a layer with a finer grid."
        )
    inside = torch.zeros(grid, dtype=torch.bool)
    inside[1:-1, 1:-1] = True
    units = normalize(rows.detach().float(), dim=1).reshape(-1, patches, rows.shape[1])
    likeness = units @ units[:, ~inside.reshape(-1)].mT
    nearest = likeness.topk(min(NEIGHBORS, likeness.shape[-1]), dim=-1).values
    return (1 - nearest.mean(-1)).clamp(0, _LARGEST).reshape(-1, *grid)


def _divide(counts: Tensor) -> float:
    """The level between two groups whose means differ most for their sizes.

    Source: N. Otsu, A Threshold Selection Method from Gray-Level Histograms, 1979, Eq. 18.
    """
    centers = (torch.arange(_BINS, dtype=torch.float64) + 0.5) * (_LARGEST / _BINS)
    share = counts / counts.sum()
    below, moment = share.cumsum(0), (share * centers).cumsum(0)
    between = (moment[-1] * below - moment) ** 2 / (below * (1 - below)).clamp(min=1e-12)
    best = between >= between.max() * (1 - 1e-9)  # a gap between the groups: its middle
    return float(centers[best].mean()) + _LARGEST / _BINS / 2
