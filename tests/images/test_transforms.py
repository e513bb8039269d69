"""Building blocks of views against their definitions."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from seewhy.errors import InvalidArgumentError
from seewhy.images import transforms

pictures = arrays.arrays(np.uint8, st.tuples(st.integers(2, 9), st.integers(2, 9), st.just(3)))
factors = st.floats(0, 3)


def gray_of(pixels: np.ndarray) -> np.ndarray:
    return np.floor(pixels @ np.array([19595, 38470, 7471]) / 65536 + 0.5)


@given(pictures, factors)
def test_light_contrast_and_saturation_blend_with_black_gray_and_the_gray_picture(
    pixels: np.ndarray, factor: float
) -> None:
    image, gray = Image.fromarray(pixels), gray_of(pixels)
    others = {
        transforms.adjust_brightness: np.zeros_like(pixels, float),
        transforms.adjust_contrast: np.full(pixels.shape, np.floor(gray.mean() + 0.5)),
        transforms.adjust_saturation: np.repeat(gray[..., None], 3, 2),
    }
    for adjust, other in others.items():
        expected = (other + factor * (pixels - other)).clip(0, 255)
        # Pillow cuts fractions off
        assert np.abs(np.asarray(adjust(image, factor)) - np.floor(expected)).max() <= 1


@given(pictures)
def test_factor_one_and_no_turn_change_nothing_but_the_rounding_of_hues(pixels: np.ndarray) -> None:
    image = Image.fromarray(pixels)
    for adjust in (
        transforms.adjust_brightness,
        transforms.adjust_contrast,
        transforms.adjust_saturation,
    ):
        np.testing.assert_array_equal(np.asarray(adjust(image, 1.0)), pixels)
    turned = transforms.adjust_hue(image, 0.0)
    through = image.convert("HSV").convert("RGB")
    np.testing.assert_array_equal(np.asarray(turned), np.asarray(through))


@pytest.mark.parametrize("turn", [-0.5, -0.25, 1 / 3, 0.5])
def test_hues_turn_on_their_circle(turn: float) -> None:
    image = Image.new("RGB", (1, 1), (200, 40, 40))
    found = np.array(transforms.adjust_hue(image, turn).getpixel((0, 0))) / 255
    hue, saturation, value = colorsys.rgb_to_hsv(200 / 255, 40 / 255, 40 / 255)
    expected = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)
    np.testing.assert_allclose(found, expected, atol=0.03)


@given(pictures)
def test_solarizing_inverts_what_is_bright(pixels: np.ndarray) -> None:
    expected = np.where(pixels < 128, pixels, 255 - pixels)
    found = np.asarray(transforms.solarize(Image.fromarray(pixels)))
    np.testing.assert_array_equal(found, expected)


def test_a_crop_is_cut_before_it_is_resized() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[2:4, 3:5] = 255
    found = transforms.crop_and_resize(Image.fromarray(pixels), (2, 3, 2, 2), 6)
    assert (np.asarray(found) == 255).all()  # nothing of what lies outside shines in


@pytest.mark.parametrize(("size", "expected"), [((300, 232), (331, 256)), ((10, 10), (256, 256))])
def test_the_shorter_side_is_brought_to_size(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert transforms.resize_shorter(Image.new("RGB", size), 256).size == expected


@pytest.mark.parametrize("factor", [-0.1, float("nan")])
def test_a_factor_below_zero_is_refused(factor: float) -> None:
    with pytest.raises(InvalidArgumentError, match="factor"):
        transforms.adjust_contrast(Image.new("RGB", (2, 2)), factor)


def test_more_than_half_a_turn_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match=r"turn must be from -0\.5 to 0\.5, got 0\.6"):
        transforms.adjust_hue(Image.new("RGB", (2, 2)), 0.6)
