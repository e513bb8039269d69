"""Heat maps: raw values, signs apart, one scale for what is compared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.images.colors import measure_luminance
from seewhy.images.heatmaps import MISSING, HeatScale, color_heat, find_scale, lay_heat

IMAGE = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
SIGNED, ONE_SIDED = HeatScale(-2.0, 2.0), HeatScale(0.0, 2.0)
heats = arrays.arrays(np.float64, (3, 4), elements=st.floats(-5, 5, allow_subnormal=False))


def lightness(values: np.ndarray, scale: HeatScale) -> np.ndarray:
    return np.array(
        [measure_luminance(tuple(color)) for color in color_heat(values, scale).tolist()]
    )


@given(heats)
def test_a_scale_holds_every_value_and_keeps_zero_in_its_place(heat: np.ndarray) -> None:
    scale = find_scale(heat)
    assert scale.low <= heat.min()
    assert heat.max() <= scale.high
    assert scale.is_signed == bool((heat < 0).any())
    assert scale.place(np.zeros(1))[0] == (0.5 if scale.is_signed else 0.0)


def test_one_scale_for_two_maps_gives_equal_values_equal_colors() -> None:
    weak, strong = np.full((2, 2), 0.1), np.full((2, 2), 1.0)
    scale = find_scale([weak, strong])
    assert scale == HeatScale(0.0, 1.0)
    assert (color_heat(weak, scale) != color_heat(strong, scale)).any()
    # alone, each would look as strong as it can be: what min-max scaling does to noise
    np.testing.assert_array_equal(
        color_heat(weak, find_scale(weak)), color_heat(strong, find_scale(strong))
    )


def test_nothing_is_white_and_both_signs_grow_darker_away_from_it() -> None:
    values = np.linspace(0, 2, 21)
    assert lightness(np.zeros(1), SIGNED)[0] > 0.9
    for sign in (1, -1):
        assert (np.diff(lightness(sign * values, SIGNED)) < 0).all()
    red, blue = color_heat(np.array([2.0, -2.0]), SIGNED).astype(int)
    assert red[0] > red[2]
    assert blue[2] > blue[0]


def test_without_signs_more_is_lighter_also_for_the_color_blind() -> None:
    assert (np.diff(lightness(np.linspace(0, 2, 41), ONE_SIDED)) > 0).all()


def test_what_is_not_a_number_is_gray_and_what_is_beyond_the_scale_at_its_end() -> None:
    found = color_heat(np.array([np.nan, 99.0, np.inf, 2.0]), ONE_SIDED)
    assert tuple(found[0]) == MISSING
    assert (found[1:3] == found[3]).all()


@given(heats)
def test_a_map_on_a_picture_has_its_colors_where_it_is_strongest(heat: np.ndarray) -> None:
    scale = find_scale(heat)
    found = lay_heat(IMAGE, heat.repeat(8, 0).repeat(8, 1), scale=scale, opacity=1.0)
    peak = np.unravel_index(np.abs(heat).argmax(), heat.shape)
    if np.abs(heat[peak]) == scale.high:
        place = (slice(peak[0] * 8, peak[0] * 8 + 8), slice(peak[1] * 8, peak[1] * 8 + 8))
        assert (found[place] == color_heat(heat, scale)[peak]).all()


def test_without_opacity_the_picture_is_left_in_gray() -> None:
    found = lay_heat(IMAGE, np.ones((2, 2)), opacity=0.0)
    np.testing.assert_array_equal(found, np.rint(IMAGE.mean(2))[..., None].repeat(3, 2))


@pytest.mark.parametrize("heat", [np.zeros((3, 3)), np.full((3, 3), np.nan), np.full((3, 3), -1.0)])
def test_plain_maps_are_drawn_without_a_warning(heat: np.ndarray) -> None:
    assert lay_heat(IMAGE, heat).shape == IMAGE.shape


def test_maps_of_any_grid_cover_the_picture_and_leave_it_unchanged() -> None:
    before = IMAGE.copy()
    for shape in ((1, 1), (7, 7), (40, 3)):
        assert lay_heat(IMAGE, np.random.default_rng(0).normal(size=shape)).shape == (24, 32, 3)
    np.testing.assert_array_equal(IMAGE, before)


def test_impossible_scales_maps_and_opacities_are_told() -> None:
    with pytest.raises(InvalidArgumentError, match="goes up, got 1 to 1"):
        HeatScale(1.0, 1.0)
    with pytest.raises(InvalidArgumentError, match="symmetric"):
        HeatScale(-1.0, 3.0)
    with pytest.raises(ShapeError, match=r"\(2, 2, 2\)"):
        lay_heat(IMAGE, np.zeros((2, 2, 2)))
    with pytest.raises(InvalidArgumentError, match=r"opacity is from 0 to 1, got 1\.5"):
        lay_heat(IMAGE, np.zeros((2, 2)), opacity=1.5)
