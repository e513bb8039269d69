"""Tinted regions and their outlines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.images.outlines import draw_outline, find_outline
from seewhy.images.overlays import tint_regions

RED, BLUE = (255, 0, 0), (0, 0, 255)
IMAGE = np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)
masks = arrays.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def find_outline_by_definition(mask: np.ndarray, width: int) -> np.ndarray:
    found = np.zeros_like(mask)
    for y, x in np.argwhere(mask):
        for row in range(y - width, y + width + 1):
            for column in range(x - width, x + width + 1):
                inside = 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]
                if abs(row - y) + abs(column - x) <= width and not (inside and mask[row, column]):
                    found[y, x] = True
    return found


@given(masks, st.integers(1, 3))
def test_an_outline_is_what_lies_near_the_outside(mask: np.ndarray, width: int) -> None:
    found = find_outline(mask, width=width)
    np.testing.assert_array_equal(found, find_outline_by_definition(mask, width))


def test_an_outline_is_closed_at_the_border_of_the_picture() -> None:
    found = find_outline(np.ones((5, 5), bool), width=1)
    assert found.sum() == 16
    assert not found[1:4, 1:4].any()


def test_outlines_are_drawn_on_a_copy_and_only_there() -> None:
    mask = np.zeros((20, 24), bool)
    mask[5:15, 6:18] = True
    drawn, rim = draw_outline(IMAGE, mask, RED), find_outline(mask)
    assert (drawn[rim] == RED).all()
    np.testing.assert_array_equal(drawn[~rim], IMAGE[~rim])
    assert not (IMAGE[rim] == RED).all()


def test_regions_take_their_colors_and_the_rest_keeps_its_light() -> None:
    labels = np.full((20, 24), -1)
    labels[:8], labels[12:] = 0, 1
    found = tint_regions(IMAGE, labels, {0: RED, 1: BLUE}, opacity=1.0)
    assert (found[:8] == RED).all()
    assert (found[12:] == BLUE).all()
    rest = slice(8, 12)
    np.testing.assert_allclose(found[rest].mean(2), IMAGE[rest].mean(2), atol=1)


def test_a_tint_is_a_blend_inside_and_the_color_itself_on_the_outline() -> None:
    labels = np.zeros((20, 24), int)
    found = tint_regions(IMAGE, labels, {0: RED}, opacity=0.25, outline=2)
    rim = find_outline(labels == 0)
    assert (found[rim] == RED).all()
    expected = 0.75 * IMAGE + 0.25 * np.array(RED)
    np.testing.assert_allclose(found[~rim], expected[~rim], atol=1)
    plain = tint_regions(IMAGE, labels, {0: RED}, opacity=0.25, outline=0)
    np.testing.assert_allclose(plain, expected, atol=1)


def test_a_label_without_a_color_is_background() -> None:
    labels = np.zeros((20, 24), int)
    background = tint_regions(IMAGE, labels, {})
    np.testing.assert_array_equal(tint_regions(IMAGE, labels, {7: RED}), background)


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(ShapeError, match=r"\(20, 24\) high and wide, labels \(3, 3\)"):
        tint_regions(IMAGE, np.zeros((3, 3), int), {0: RED})
    with pytest.raises(InvalidArgumentError, match="opacity"):
        tint_regions(IMAGE, np.zeros((20, 24), int), {0: RED}, opacity=-0.1)
    with pytest.raises(ShapeError, match=r"mask \(3, 3\)"):
        draw_outline(IMAGE, np.zeros((3, 3), bool), RED)
    with pytest.raises(InvalidArgumentError, match="width"):
        find_outline(np.zeros((3, 3), bool), width=0)
    with pytest.raises(ShapeError, match=r"\(3,\)"):
        find_outline(np.zeros(3, bool))
