"""The lattice against a slow twin of it, and against the Gaussian it stands for."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.concepts.permutohedral import PermutohedralLattice
from seewhy.errors import InvalidArgumentError, ShapeError


def find_simplex(point: np.ndarray) -> dict[tuple[int, ...], float]:
    """Corners of the simplex around one point and its weights in them, as the paper says."""
    dims = len(point)
    sides = dims + 1
    scaled = [point[i] * np.sqrt(2 / 3) * sides / np.sqrt((i + 1) * (i + 2)) for i in range(dims)]
    elevated = [sum(scaled[i:]) - (i * scaled[i - 1] if i else 0.0) for i in range(sides)]
    nearest = [sides * int(np.rint(value / sides)) for value in elevated]
    rank = [
        sum(
            (elevated[j] - nearest[j], -j) > (elevated[i] - nearest[i], -i)
            for j in range(sides)
            if j != i
        )
        + sum(nearest) // sides
        for i in range(sides)
    ]
    for i in range(sides):
        if rank[i] < 0:
            rank[i], nearest[i] = rank[i] + sides, nearest[i] + sides
        elif rank[i] >= sides:
            rank[i], nearest[i] = rank[i] - sides, nearest[i] - sides
    weights = [0.0] * (sides + 1)
    for i in range(sides):
        residue = (elevated[i] - nearest[i]) / sides
        weights[sides - 1 - rank[i]] += residue
        weights[sides - rank[i]] -= residue
    weights[0] += 1 + weights[sides]
    corners = {}
    for k in range(sides):
        shift = [k if rank[i] < sides - k else k - sides for i in range(sides)]
        corners[tuple(n + s for n, s in zip(nearest, shift, strict=True))] = weights[k]
    return corners


def filter_by_definition(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    simplices = [find_simplex(point) for point in points]
    held: dict[tuple[int, ...], float] = defaultdict(float)
    for corners, value in zip(simplices, values, strict=True):
        for corner, weight in corners.items():
            held[corner] += weight * value
    vertices, sides = list(held), points.shape[1] + 1
    for axis in range(sides):
        step = [1 - sides * (i == axis) for i in range(sides)]
        held = {
            v: held[v]
            + 0.5
            * sum(
                held.get(tuple(c + sign * s for c, s in zip(v, step, strict=True)), 0.0)
                for sign in (1, -1)
            )
            for v in vertices
        }
    return np.array([sum(w * held[c] for c, w in corners.items()) for corners in simplices])


@pytest.mark.parametrize("dims", [1, 2, 3, 5])
@pytest.mark.parametrize("spread", [0.5, 3.0])
def test_filtering_matches_the_definition(dims: int, spread: float) -> None:
    rng = np.random.default_rng(dims)
    points, values = rng.normal(0, spread, (60, dims)), rng.normal(size=60)
    expected = filter_by_definition(points, values)
    found = PermutohedralLattice(points).filter(values)
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)


def test_points_on_the_lattice_and_repeated_ones_are_filtered_by_definition() -> None:
    points = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [-1.0, 1.0], [0.0, 1.0]])
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    found = PermutohedralLattice(points).filter(values)
    np.testing.assert_allclose(found, filter_by_definition(points, values), atol=1e-5)
    assert found[0] == found[1]


@pytest.mark.parametrize(("dims", "error"), [(2, 0.05), (5, 0.1)])
def test_a_filtered_picture_is_near_the_gaussian_mean(dims: int, error: float) -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 3, (1500, dims))
    values = np.sin(points[:, 0] * 2) + points[:, 1]
    distance = ((points[:, None] - points[None]) ** 2).sum(2)
    kernel = np.exp(-distance / 2)
    expected = kernel @ values / kernel.sum(1)
    lattice = PermutohedralLattice(points)
    found = lattice.filter(values) / lattice.filter(np.ones(len(points)))
    assert np.abs(found - expected).mean() < error * np.ptp(expected)


@given(st.integers(0, 10_000), st.floats(-5, 5))
def test_filtering_is_linear_and_keeps_its_place(seed: int, shift: float) -> None:
    rng = np.random.default_rng(seed)
    points, (first, second) = rng.normal(0, 2, (20, 3)), rng.normal(size=(2, 20))
    lattice = PermutohedralLattice(points)
    together = lattice.filter(first + shift * second)
    apart = lattice.filter(first) + shift * lattice.filter(second)
    np.testing.assert_allclose(together, apart, atol=1e-4)
    order = rng.permutation(20)
    shuffled = PermutohedralLattice(points[order]).filter(first[order])
    np.testing.assert_allclose(shuffled, lattice.filter(first)[order], atol=1e-4)


def test_a_single_point_gets_its_own_value_back_up_to_a_factor() -> None:
    lattice = PermutohedralLattice(np.array([[0.3, -0.2]]))
    assert lattice.filter(np.array([2.0]))[0] == pytest.approx(2 * lattice.filter(np.ones(1))[0])


def test_points_that_are_none_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(0, 2\)"):
        PermutohedralLattice(np.zeros((0, 2)))


def test_points_too_far_apart_are_refused() -> None:
    points = np.array([[0.0] * 5, [1e9] * 5])
    with pytest.raises(InvalidArgumentError, match="too far apart"):
        PermutohedralLattice(points)
