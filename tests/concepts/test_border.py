"""Foreground by the border against its definition, and where the thing is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from seewhy.concepts.border import NEIGHBORS, BorderFitter, BorderForeground, measure_distances
from seewhy.errors import InvalidArgumentError, ShapeError

GRID = (6, 8)


def make_rows(seed: int = 0, *, pictures: int = 3, with_thing: bool = True) -> Tensor:
    """Pictures on grounds of their own, with a thing of 3 x 3 patches off the edges."""
    generator = torch.Generator().manual_seed(seed)
    grounds = torch.randn(pictures, 1, 1, 16, generator=generator)
    rows = 2 * grounds + 0.2 * torch.randn(pictures, *GRID, 16, generator=generator)
    if with_thing:
        rows[:, 2:5, 3:6] = torch.randn(16, generator=generator)
    return rows.reshape(-1, 16)


def distances_by_definition(rows: Tensor) -> np.ndarray:
    values = rows.double().numpy().reshape(-1, *GRID, rows.shape[1])
    found = np.zeros(values.shape[:3])
    for picture, patches in enumerate(values):
        border = [
            patches[i, j]
            for i in range(GRID[0])
            for j in range(GRID[1])
            if i in (0, GRID[0] - 1) or j in (0, GRID[1] - 1)
        ]
        for i in range(GRID[0]):
            for j in range(GRID[1]):
                patch = patches[i, j]
                cosines = sorted(
                    float(patch @ b / np.linalg.norm(patch) / np.linalg.norm(b)) for b in border
                )
                found[picture, i, j] = 1 - np.mean(cosines[-NEIGHBORS:])
    return found


def fit(rows: Tensor) -> BorderForeground:
    fitter = BorderFitter()
    fitter.add(rows, GRID)
    return fitter.finish()


@pytest.mark.parametrize("seed", range(3))
def test_distances_are_those_of_the_definition(seed: int) -> None:
    rows = make_rows(seed)
    found = measure_distances(rows, GRID)
    np.testing.assert_allclose(found, distances_by_definition(rows), atol=1e-5)


def test_the_level_divides_with_the_largest_difference_of_means() -> None:
    rows = make_rows()
    distances = distances_by_definition(rows).reshape(-1)
    levels = np.linspace(0.001, 1.999, 500)

    def difference(level: float) -> float:
        low, high = distances[distances <= level], distances[distances > level]
        if not len(low) or not len(high):
            return 0.0
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2

    best = max(difference(level) for level in levels)
    assert difference(fit(rows).level) == pytest.approx(best, rel=1e-3)


def test_foreground_is_the_thing_on_whatever_ground() -> None:
    rows = make_rows()
    masks = fit(rows).find(rows, GRID)
    expected = np.zeros(GRID, bool)
    expected[2:5, 3:6] = True
    for mask in masks:
        np.testing.assert_array_equal(mask, expected)


def test_a_picture_of_ground_alone_has_none() -> None:
    fitted = fit(make_rows())
    assert not fitted.find(make_rows(7, with_thing=False), GRID).any()


def test_batches_add_up() -> None:
    rows = make_rows(pictures=4)
    fitter = BorderFitter()
    half = len(rows) // 2
    fitter.add(rows[:half], GRID)
    fitter.add(rows[half:], GRID)
    assert fitter.finish() == fit(rows)


def test_lengths_of_features_do_not_matter() -> None:
    rows = make_rows()
    scaled = rows * torch.linspace(0.1, 9, len(rows))[:, None]
    np.testing.assert_array_equal(fit(rows).find(rows, GRID), fit(scaled).find(scaled, GRID))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ShapeError, match="not whole pictures of 6 x 8"):
        measure_distances(make_rows()[:-1], GRID)
    with pytest.raises(ShapeError, match="every patch lies on the border"):
        measure_distances(torch.randn(8, 3), (2, 4))
    with pytest.raises(InvalidArgumentError, match="no picture"):
        BorderFitter().finish()
