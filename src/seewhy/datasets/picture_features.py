"""Features of one picture as they are read, kept and attended to: rows of vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import ShapeError


@dataclass(frozen=True, eq=False)
class PictureFeatures:
    """Vectors of one picture: a grid of patches, or regions with their boxes."""

    picture: str
    """Its id or file name, as the captions name it."""
    values: NDArray[np.float32]
    """(boxes, width); rows of a grid in the order of reading."""
    grid: tuple[int, int] | None = None
    """Rows and columns, where the vectors lie on a grid."""
    boxes: NDArray[np.float32] | None = None
    """Left, top, right and bottom of each region as fractions of the picture, (boxes, 4)."""

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or not len(self.values):
            raise ShapeError(
                f"Features of {self.picture} must be (boxes, width) with at least one box, got "
                f"{self.values.shape}."
            )
        if self.grid is not None and self.grid[0] * self.grid[1] != len(self.values):
            raise ShapeError(
                f"Features of {self.picture} are {len(self.values)} vectors, which is no grid of "
                f"{self.grid[0]} x {self.grid[1]}."
            )
        if self.boxes is not None and self.boxes.shape != (len(self.values), 4):
            raise ShapeError(
                f"Boxes of {self.picture} must be ({len(self.values)}, 4) as its features are, "
                f"got {self.boxes.shape}."
            )


def grid_boxes(grid: tuple[int, int]) -> NDArray[np.float32]:
    """The boxes of a grid's cells, (rows * columns, 4), as fractions of the picture."""
    rows, columns = grid
    top, left = np.divmod(np.arange(rows * columns), columns)
    corners = (left / columns, top / rows, (left + 1) / columns, (top + 1) / rows)
    return np.stack(corners, axis=1).astype(np.float32)
