"""Gaussian filtering in a space of position and color, on a permutohedral lattice.

Points are written in the plane orthogonal to (1, ..., 1) in one dimension more, where a lattice
of simplices makes every point a mean of a few corners. A filter then is: spread values to corners,
blur along each axis of the lattice, collect them again.

Source: Adams, Baek and Davis, Fast high-dimensional filtering using the permutohedral lattice
(Computer Graphics Forum 2010).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]


class PermutohedralLattice:
    """A lattice around points, built once and filtered with many times."""

    def __init__(self, points: NDArray[np.floating[Any]]) -> None:
        """Build the lattice.

        Args:
            points: (points, dimensions), divided by the standard deviation of each dimension.
        """
        count, dims = points.shape
        corners, weights = _enclose(_elevate(points))
        packed, step = _pack(corners)
        vertices, corner = np.unique(packed, return_inverse=True)
        self.size, self.dims = len(vertices), dims
        rows = np.arange(0, count * (dims + 1) + 1, dims + 1)
        shape = (count, self.size)
        self._collect = csr_array((weights.ravel(), corner.ravel(), rows), shape=shape)
        self._spread = self._collect.T.tocsr()
        self._neighbors = [
            (_find(vertices, vertices + shift), _find(vertices, vertices - shift))
            for shift in _axis_shifts(step, dims)
        ]

    def filter(self, values: Floats) -> Floats:
        """Each point's mean of values, weighted by a Gaussian of distance, up to a factor.

        Args:
            values: (points,).

        Returns:
            (points,).
        """
        at_corners = np.append(self._spread @ values, np.float32(0))  # the last is "no neighbor"
        for after, before in self._neighbors:
            blurred = at_corners[:-1] + np.float32(0.5) * (at_corners[after] + at_corners[before])
            at_corners[:-1] = blurred
        return self._collect @ at_corners[:-1]


def _elevate(points: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Points in the plane of the lattice, (points, dimensions + 1)."""
    count, dims = points.shape
    axis = np.arange(dims)
    scale = np.sqrt(2 / 3) * (dims + 1) / np.sqrt((axis + 1) * (axis + 2))
    scaled = points.astype(np.float64) * scale
    behind = np.cumsum(scaled[:, ::-1], 1)[:, ::-1]  # sums from each dimension on
    elevated = np.empty((count, dims + 1))
    elevated[:, 0] = behind[:, 0]
    elevated[:, 1:-1] = behind[:, 1:] - axis[1:] * scaled[:, :-1]
    elevated[:, -1] = -dims * scaled[:, -1]
    return elevated


def _enclose(elevated: NDArray[np.float64]) -> tuple[Integers, Floats]:
    """Corners of the simplex around each point, and the point's weights in them.

    Returns:
        (points, corners, dimensions + 1) and (points, corners).
    """
    sides = elevated.shape[1]
    rounded = np.round(elevated / sides).astype(np.int64) * sides
    excess = rounded.sum(1) // sides
    residue = elevated - rounded
    order = np.argsort(-residue, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(sides), order.shape), axis=1)
    rank += excess[:, None]  # bring the nearest corner back into the plane
    low, high = rank < 0, rank >= sides
    rounded += sides * (low.astype(np.int64) - high)
    rank += sides * (low.astype(np.int64) - high)
    residue = (elevated - rounded) / sides
    sorted_residue = np.empty_like(residue)
    np.put_along_axis(sorted_residue, rank, residue, axis=1)  # largest first
    weights = np.empty_like(residue)
    weights[:, 0] = 1 + sorted_residue[:, -1] - sorted_residue[:, 0]
    weights[:, 1:] = (sorted_residue[:, :-1] - sorted_residue[:, 1:])[:, ::-1]
    corner = np.arange(sides)
    shift = np.where(
        rank[:, None, :] < sides - corner[:, None], corner[:, None], corner[:, None] - sides
    )
    return rounded[:, None, :] + shift, weights.astype(np.float32)


def _pack(corners: Integers) -> tuple[Integers, Integers]:
    """One number for each corner, and the number of a step along each dimension."""
    keys = corners[..., :-1]  # the last follows from the others, since they sum to a constant
    dims = keys.shape[-1]
    low = keys.min((0, 1)) - dims - 1
    span = keys.max((0, 1)) + dims + 2 - low
    step = np.append(np.cumprod(span[::-1])[::-1][1:], 1)
    return ((keys - low) * step).sum(-1), step


def _axis_shifts(step: Integers, dims: int) -> list[int]:
    """What is added to a packed corner to reach its neighbor along each axis of the lattice."""
    together = int(step.sum())
    along = [together - (dims + 1) * int(step[axis]) for axis in range(dims)]
    return [*along, together]


def _find(vertices: Integers, wanted: Integers) -> Integers:
    """Index of each wanted vertex, or the number of vertices where there is none."""
    position = np.searchsorted(vertices, wanted)
    position[position == len(vertices)] = 0
    return np.where(vertices[position] == wanted, position, len(vertices))
