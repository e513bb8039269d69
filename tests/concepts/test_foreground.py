"""Foreground against NumPy's singular values and scikit-learn's PCA, and where it is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from seewhy.concepts.foreground import ForegroundFitter, ForegroundModel, fit_foreground
from seewhy.errors import InvalidArgumentError, ShapeError

GRID = (6, 7)
METHODS = ["svd", "pca"]
CUTS = ["negative", "minmax"]


def make_rows(seed: int = 0, *, pictures: int = 4, channels: int = 12) -> Tensor:
    """Pictures with an object of 3 x 3 patches that looks in another direction."""
    generator = torch.Generator().manual_seed(seed)
    common, thing = torch.randn(2, channels, generator=generator)
    rows = common * 2 + 0.3 * torch.randn(pictures, *GRID, channels, generator=generator)
    rows[:, 1:4, 2:5] += 3 * thing
    return rows.reshape(-1, channels)


def components_by_definition(rows: Tensor, method: str, number: int = 3) -> np.ndarray:
    values = rows.double().numpy()
    if method == "svd":
        values = values / np.linalg.norm(values, axis=1, keepdims=True)
        found = np.linalg.svd(values, full_matrices=False)[0][:, :number]
    else:
        found = PCA(number, svd_solver="full").fit_transform(values)
    positive = (found > 0).mean(0)
    return np.where(positive > 0.5, -found, found)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("method", METHODS)
def test_components_are_those_of_the_definition(method: Any, seed: int) -> None:
    rows = make_rows(seed)
    found = fit_foreground(rows, method=method).project(rows)
    np.testing.assert_allclose(found, components_by_definition(rows, method), atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_scaled_components_run_from_zero_to_one(method: Any) -> None:
    rows = make_rows()
    raw = components_by_definition(rows, method)
    expected = (raw - raw.min(0)) / (raw.max(0) - raw.min(0))
    found = fit_foreground(rows, method=method, threshold="minmax").project(rows)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("method", METHODS)
def test_foreground_is_the_object(method: Any, cut: Any) -> None:
    rows = make_rows()
    masks = fit_foreground(rows, method=method, threshold=cut).find(rows, GRID)
    expected = np.zeros((4, *GRID), bool)
    expected[:, 1:4, 2:5] = True
    np.testing.assert_array_equal(masks, expected)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("method", METHODS)
def test_fitting_from_a_stream_is_exact(method: Any, cut: Any) -> None:
    rows = make_rows()
    whole = fit_foreground(rows, method=method, threshold=cut)
    fitter = ForegroundFitter(rows.shape[1], method=method, threshold=cut)
    for batch in rows.split(29):
        fitter.add(batch)
    for batch in rows.split(50):
        fitter.add_signs(batch)
    streamed = fitter.finish()
    assert streamed.method == method
    torch.testing.assert_close(streamed.project(rows), whole.project(rows), atol=1e-9, rtol=0)


@pytest.mark.parametrize("method", METHODS)
def test_the_positive_side_is_the_minority_whatever_side_most_patches_lie_on(method: Any) -> None:
    rows = make_rows()
    for sign in (1.0, -1.0):
        model = fit_foreground(sign * rows, method=method)
        assert (model.project(sign * rows)[:, model.component] > 0).double().mean() < 0.5


def test_scaling_uses_the_range_that_the_sign_was_turned_to() -> None:
    rows = make_rows(3)
    for sign in (1.0, -1.0):
        values = fit_foreground(sign * rows, method="pca", threshold="minmax").project(sign * rows)
        np.testing.assert_allclose(values.amin(0), 0, atol=1e-12)
        np.testing.assert_allclose(values.amax(0), 1, atol=1e-12)


def test_a_fitted_model_finds_the_object_in_other_pictures() -> None:
    rows = make_rows(pictures=5)
    model = fit_foreground(rows[: 4 * 42], threshold="minmax")
    (mask,) = model.find(rows[4 * 42 :], GRID)
    assert mask[1:4, 2:5].all()
    assert mask.sum() == 9
    beyond = model.project(100 * rows.flip(0))
    assert 0 <= beyond.min() <= beyond.max() <= 1


def test_one_picture_alone_can_be_fitted() -> None:
    rows = make_rows(pictures=1)
    assert fit_foreground(rows).find(rows, GRID).sum() == 9


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("method", METHODS)
def test_patches_that_are_all_alike_have_no_foreground(method: Any, cut: Any) -> None:
    rows = torch.randn(12, generator=torch.Generator().manual_seed(0)).repeat(42, 1)
    masks = fit_foreground(rows, method=method, threshold=cut).find(rows, GRID)
    assert masks.shape == (1, *GRID)
    assert not masks.any()


def test_a_picture_without_foreground_leaves_the_others_as_they_are() -> None:
    rows = make_rows().reshape(4, 42, 12)
    generator = torch.Generator().manual_seed(9)
    rows[2] = rows[0, :6].repeat(7, 1) + 0.01 * torch.randn(42, 12, generator=generator)
    masks = fit_foreground(rows.reshape(-1, 12)).find(rows.reshape(-1, 12), GRID)
    assert not masks[2].any()
    for mask in masks[[0, 1, 3]]:
        assert mask[1:4, 2:5].all()
        assert mask.sum() <= 11


def test_patches_exactly_at_zero_are_background() -> None:
    model = ForegroundModel(
        "pca", "negative", torch.zeros(1), torch.ones(1, 1), torch.zeros(1), torch.ones(1)
    )
    rows = torch.tensor([[0.0], [0.5], [-0.5], [0.0]])
    assert model.find(rows.double(), (1, 4)).tolist() == [[[False, True, False, False]]]


@pytest.mark.parametrize(("value", "is_found"), [(0.39, False), (0.4, True), (0.41, True)])
def test_scaled_patches_are_cut_at_four_tenths(value: float, is_found: bool) -> None:
    model = ForegroundModel(
        "pca", "minmax", torch.zeros(1), torch.ones(1, 1), torch.zeros(1), torch.ones(1)
    )
    rows = torch.tensor([[value]], dtype=torch.float64)
    assert bool(model.find(rows, (1, 1)).all()) == is_found


def test_rows_of_half_a_picture_are_refused() -> None:
    rows = make_rows()
    with pytest.raises(ShapeError, match="167 feature rows are not whole pictures of 6 x 7"):
        fit_foreground(rows).find(rows[1:], GRID)


def test_rows_of_another_width_are_refused() -> None:
    fitter = ForegroundFitter(12)
    with pytest.raises(ShapeError, match=r"\(rows, 12\), got \(5, 9\)"):
        fitter.add(torch.zeros(5, 9))


def test_infinite_features_are_named() -> None:
    rows = make_rows()
    rows[3, 4] = float("nan")
    with pytest.raises(InvalidArgumentError, match="1 of 168 feature rows"):
        fit_foreground(rows)


def test_a_second_pass_over_other_rows_is_refused() -> None:
    rows, fitter = make_rows(), ForegroundFitter(12)
    fitter.add(rows)
    with pytest.raises(InvalidArgumentError, match="saw 0 rows, the first 168"):
        fitter.finish()
    fitter.add_signs(rows[:100])
    with pytest.raises(InvalidArgumentError, match="saw 100 rows, the first 168"):
        fitter.finish()


def test_too_few_rows_or_components_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="2 rows of 12 channels"):
        fit_foreground(make_rows()[:2])
    with pytest.raises(InvalidArgumentError, match="svd takes component 1"):
        fit_foreground(make_rows(), num_components=1)
    with pytest.raises(InvalidArgumentError, match="'fiedler'"):
        fit_foreground(make_rows(), method="fiedler")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="'zero'"):
        fit_foreground(make_rows(), threshold="zero")  # type: ignore[arg-type]
