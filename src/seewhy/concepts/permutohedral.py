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

from seewhy.errors import InvalidArgumentError, ShapeError

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]
_MOST_SIMPLICES = 2**62  # numbered in 64 bits


class PermutohedralLattice:
    """A lattice around points, built once and filtered with many times."""

    def __init__(self, points: Floats) -> None:
        """Build the lattice.

        Args:
            points: (points, dimensions), divided by the standard deviation of each dimension.

        Raises:
            ShapeError: if there is no point or no dimension.
            InvalidArgumentError: if the points lie too far apart to number the corners between.
        """
        if points.ndim != 2 or not points.size:
            raise ShapeError(f"Points must be (points, dimensions), got {points.shape}.")
        count, self.dims = points.shape
        sides = self.dims + 1
        nearest, rank, weights = _enclose(_elevate(points.T))
        step, first = _number(nearest)
        vertices, corner = _find_corners(first, rank, step)
        self.size = len(vertices)
        ends = np.arange(0, count * sides + 1, sides)
        shape = (count, self.size)
        collect = csr_array((weights.T.ravel(), corner.T.ravel(), ends), shape=shape)
        self._collect, self._spread = collect, collect.T.tocsr()
        self._neighbors = [_find_neighbors(vertices, by) for by in _axis_shifts(step, sides)]

    def filter(self, values: Floats) -> Floats:
        """Each point's mean of values, weighted by a Gaussian of distance, up to a factor.

        Args:
            values: (points,).

        Returns:
            (points,).
        """
        at_corners = np.append(self._spread @ values, np.float32(0))  # the last is "no neighbor"
        for after, before in self._neighbors:
            beside = at_corners[after]
            beside += at_corners[before]
            beside *= np.float32(0.5)
            at_corners[:-1] += beside
        return self._collect @ at_corners[:-1]


def _elevate(points: Floats) -> Floats:
    """Points, (dimensions, points), in the plane of the lattice, (dimensions + 1, points)."""
    dims, count = points.shape
    axis = np.arange(dims)
    # blurring with 1/2, 1, 1/2 along each axis makes a Gaussian of this width
    scale = np.sqrt(2 / 3) * (dims + 1) / np.sqrt((axis + 1) * (axis + 2))
    scaled = points.astype(np.float64) * scale[:, None]
    elevated = np.empty((dims + 1, count))
    behind = np.zeros(count)  # sum over the dimensions after this one
    for row in range(dims, 0, -1):
        elevated[row] = behind - row * scaled[row - 1]
        behind = behind + scaled[row - 1]
    elevated[0] = behind
    return elevated


def _enclose(elevated: Floats) -> tuple[Integers, Integers, Floats]:
    """The simplex around each point.

    Returns:
        Its first corner and the rank of each coordinate's distance from it, the farthest being 0,
        both (sides, points); and the point's weight in each corner, (sides, points).
    """
    sides, count = elevated.shape
    nearest = np.rint(elevated / sides)
    excess = nearest.sum(0).astype(np.int64)  # steps out of the plane
    residue = elevated - nearest * sides
    rank = np.broadcast_to(excess, elevated.shape).copy()
    for a in range(sides):
        for b in range(a + 1, sides):  # of equals, the first counts as farther
            is_less = residue[a] < residue[b]
            rank[a] += is_less
            rank[b] += ~is_less
    back = (rank < 0).astype(np.int64) - (rank >= sides)  # into the plane again
    rank += sides * back
    corner = nearest.astype(np.int64) + back
    residue = elevated / sides - corner
    weights = np.empty((sides, count), np.float32)
    ordered = np.empty_like(residue)
    np.put_along_axis(ordered, rank, residue, axis=0)  # farthest first
    weights[0] = 1 + ordered[-1] - ordered[0]
    weights[1:] = (ordered[:-1] - ordered[1:])[::-1]
    return corner, rank, weights


def _number(corner: Integers) -> tuple[Integers, Integers]:
    """Number corners, given in multiples of ``sides``.

    Returns:
        What the number grows by for each coordinate, (sides,), and the first corner's number,
        (points,). The last coordinate follows from the others, so that it counts for nothing.
    """
    sides = len(corner)
    used = corner[:-1]
    low = used.min(1) * sides - 2 * sides  # room for corners around and neighbors beyond
    span = used.max(1) * sides + 2 * sides + 1 - low
    if float(np.prod(span.astype(np.float64))) * float(sides) ** sides > _MOST_SIMPLICES:
        raise InvalidArgumentError(
            f"The points lie too far apart: {span.tolist()} steps along the lattice. Divide them "
            "by larger standard deviations."
        )
    step = np.append(np.cumprod(span[::-1])[::-1][1:], [1, 0]).astype(np.int64)
    return step, (step[:-1] @ (used * sides - low[:, None])).astype(np.int64)


def _find_corners(first: Integers, rank: Integers, step: Integers) -> tuple[Integers, Integers]:
    """The distinct corners of all simplices, and those of each point.

    Returns:
        Their numbers, ascending, and the index of each point's corners, (sides, points).
    """
    sides = len(rank)
    simplex = first.copy()
    for row in rank:
        simplex = simplex * sides + row
    # neighbors in a picture share simplices, so that few corners are left to be told apart
    _, one, of_point = np.unique(simplex, return_index=True, return_inverse=True)
    keys = _corner_keys(first[one], rank[:, one], step)
    vertices = np.unique(keys)
    return vertices, np.searchsorted(vertices, keys)[:, of_point]


def _corner_keys(first: Integers, rank: Integers, step: Integers) -> Integers:
    """Numbers of the corners of simplices, (sides, simplices).

    From corner k - 1 to corner k every coordinate grows by one, but the one of rank sides - k
    falls by sides - 1.
    """
    sides = len(rank)
    by_rank = np.empty_like(rank)
    np.put_along_axis(by_rank, rank, np.broadcast_to(step[:, None], rank.shape), axis=0)
    grown = step.sum() - sides * by_rank[:0:-1]
    return np.cumsum(np.concatenate([first[None], grown]), axis=0)


def _axis_shifts(step: Integers, sides: int) -> list[int]:
    """What is added to a corner's number to reach its neighbor along each axis of the lattice."""
    together = int(step.sum())
    return [together - sides * int(along) for along in step]


def _find_neighbors(vertices: Integers, shift: int) -> tuple[Integers, Integers]:
    """Index of the vertex after and before each along one axis; their number for none."""
    count = len(vertices)
    place = np.searchsorted(vertices, vertices + shift).clip(max=count - 1)
    is_there = vertices[place] == vertices + shift
    after = np.where(is_there, place, count)
    before = np.full(count, count)
    before[place[is_there]] = np.flatnonzero(is_there)
    return after, before
