"""Directions from sums, against solvers that hold all rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from seewhy.concepts.spectra import MomentSums
from seewhy.errors import InvalidArgumentError


def make_rows(seed: int = 0, rows: int = 40, channels: int = 8) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, channels, generator=generator) * torch.arange(1, channels + 1) + 1


def gather(rows: torch.Tensor, *, normalize: bool = False, batch: int = 7) -> MomentSums:
    sums = MomentSums(rows.shape[1], normalize=normalize)
    for part in rows.split(batch):
        sums.add(part)
    return sums


@given(st.integers(0, 1000), st.integers(1, 40))
def test_axes_and_their_signs_are_those_of_scikit_learn(seed: int, batch: int) -> None:
    rows = make_rows(seed)
    expected = PCA(5, svd_solver="full").fit(rows.double().numpy())
    mean, axes = gather(rows, batch=batch).principal_axes(5)
    np.testing.assert_allclose(mean, expected.mean_, atol=1e-12)
    np.testing.assert_allclose(axes.T, expected.components_, atol=1e-7)


def test_vectors_and_values_are_those_of_a_singular_value_decomposition() -> None:
    rows = make_rows()
    units = (rows / rows.norm(dim=1, keepdim=True)).double().numpy()
    _, expected, vectors = np.linalg.svd(units, full_matrices=False)
    found, values = gather(rows, normalize=True).singular_vectors(3)
    np.testing.assert_allclose(values, expected[:3], atol=1e-6)
    np.testing.assert_allclose(np.abs(found.numpy().T @ vectors[:3].T), np.eye(3), atol=1e-5)
    assert (found.gather(0, found.abs().argmax(0, keepdim=True)) > 0).all()


def test_directions_the_rows_do_not_vary_in_are_zero() -> None:
    rows = make_rows()
    rows[:, 2:] = 5.0
    _, axes = gather(rows).principal_axes(4)
    np.testing.assert_allclose(axes.norm(dim=0), [1, 1, 0, 0], atol=1e-9)
    _, values = gather(rows[:, :2].repeat(1, 2)).singular_vectors(4)
    assert (values[2:] == 0).all()


def test_a_large_mean_does_not_hide_small_variation() -> None:
    rows = make_rows().double() * 1e-3 + 100
    expected = PCA(3, svd_solver="full").fit(rows.numpy())
    _, axes = gather(rows).principal_axes(3)
    np.testing.assert_allclose(axes.T, expected.components_, atol=1e-3)


def test_more_directions_than_rows_or_channels_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="9 directions"):
        gather(make_rows()).principal_axes(9)
    with pytest.raises(InvalidArgumentError, match="there are 2 rows"):
        gather(make_rows()[:2]).singular_vectors(3)
