"""The colors of maps: zero is white, one scale for both pictures."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.similarity.map_scale import find_map_scale

WHITE_ENOUGH = 240


def test_signs_are_told_apart_and_zero_is_white() -> None:
    scale = find_map_scale([np.array([[-1.0, 0.5]]), np.array([[2.0, 0.1]])])
    red, blue, none = scale.color(np.array([2.0, -2.0, 0.0]))
    assert red[0] > red[2] + 60
    assert blue[2] > blue[0] + 60
    assert none.min() > WHITE_ENOUGH
    assert not scale.is_one_sided
    assert scale.ends[0] == -scale.ends[1]


def test_equal_values_of_both_pictures_have_one_color() -> None:
    weak, strong = np.linspace(0, 0.1, 50), np.linspace(0, 1.0, 50)
    scale = find_map_scale([weak, strong])
    assert scale.is_one_sided
    assert scale.ends == pytest.approx((0, 1), abs=0.03)
    assert scale.color(weak[-1:])[0].min() > 200  # weak stays pale: noise must not look confident


def test_values_far_from_zero_are_shown_by_their_differences() -> None:
    scale = find_map_scale([np.linspace(0.30, 0.36, 101)])
    assert scale.middle == pytest.approx(0.33, abs=1e-3)
    assert scale.color(np.array([0.33]))[0].min() > WHITE_ENOUGH
    below = find_map_scale([np.linspace(-0.36, -0.30, 101)])
    assert below.middle == pytest.approx(-0.33, abs=1e-3)


def test_a_single_peak_does_not_take_all_color() -> None:
    values = np.full(10_000, 0.1)
    values[0] = 50
    values[1:4000] = 0.2
    assert find_map_scale([values]).ends[1] < 1


@pytest.mark.parametrize(
    "values", [np.zeros((3, 3)), np.full((2, 2), np.nan), np.full((2, 2), 0.7)]
)
def test_flat_maps_and_missing_values_have_a_scale(values: np.ndarray) -> None:
    scale = find_map_scale([values])
    assert scale.ends[0] < scale.ends[1]
    assert scale.bar(5).shape == (1, 5, 3)


def test_where_there_is_no_value_the_picture_stays_as_it_is() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    pixels = np.ones((4, 6))
    pixels[:, 3:] = np.nan
    laid = find_map_scale([pixels]).lay(picture, pixels)
    np.testing.assert_array_equal(laid[:, 3:], picture[:, 3:])
    assert (laid[:, :3] != picture[:, :3]).any()
