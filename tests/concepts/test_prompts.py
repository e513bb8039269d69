"""Regions of parts and the pictures that point them out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from seewhy.concepts.prompts import RED, find_regions, make_visual_prompts
from seewhy.errors import InvalidArgumentError
from seewhy.images.filters import gaussian_blur, to_gray


def make_image(size: int = 48) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 200, (size, size, 3), dtype=np.uint8)


def make_disk(x: float, y: float, a: float, b: float, size: int = 48) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:size, :size]
    return ((columns - x) / a) ** 2 + ((rows - y) / b) ** 2 <= 1


LABELS = np.array([[0, 0, -1], [2, 0, -1], [2, 2, 3]])


def test_a_region_is_where_a_part_and_the_refined_foreground_agree() -> None:
    refined = np.ones((6, 6), bool)
    refined[:, 3] = False
    regions = find_regions(LABELS, refined)
    assert list(regions) == [0, 2, 3]
    large = np.kron(LABELS, np.ones((2, 2), int))
    for part, region in regions.items():
        np.testing.assert_array_equal(region, (large == part) & refined)


def test_background_within_the_refined_foreground_is_no_part() -> None:
    assert not find_regions(np.full((2, 2), -1), np.ones((4, 4), bool))


def test_parts_that_refinement_has_taken_away_are_left_out() -> None:
    refined = np.zeros((6, 6), bool)
    refined[:2, :2] = True
    assert list(find_regions(LABELS, refined)) == [0]


def test_a_picture_without_foreground_has_no_prompts() -> None:
    regions = find_regions(np.full((3, 3), -1), np.zeros((48, 48), bool))
    assert make_visual_prompts(make_image(), regions) == []


@pytest.mark.parametrize(("a", "b", "angle"), [(15, 8, 90), (8, 15, 0)])
def test_an_ellipse_shaped_region_gets_that_ellipse(a: float, b: float, angle: float) -> None:
    (prompt,) = make_visual_prompts(make_image(), {4: make_disk(22, 25, a, b)})
    assert prompt.part == 4
    np.testing.assert_allclose(prompt.ellipse.center, (22, 25), atol=0.3)
    np.testing.assert_allclose(prompt.ellipse.axes, (16, 30), atol=1.5)
    assert abs((prompt.ellipse.angle - angle + 90) % 180 - 90) < 3


def test_inside_stays_and_outside_is_left_grayed_or_blurred() -> None:
    image = make_image()
    (prompt,) = make_visual_prompts(image, {0: make_disk(24, 24, 12, 9)})
    inside, outside = make_disk(24, 24, 10, 7), ~make_disk(24, 24, 14, 11)
    for drawn in prompt.images:
        np.testing.assert_array_equal(drawn[inside], image[inside])
    np.testing.assert_array_equal(prompt.outlined[outside], image[outside])
    gray = np.repeat(to_gray(image)[..., None], 3, axis=2)
    np.testing.assert_array_equal(prompt.grayed[outside], gray[outside])
    np.testing.assert_array_equal(prompt.blurred[outside], gaussian_blur(image, 11)[outside])


def test_the_outline_is_red_in_all_three_and_as_thick_as_asked() -> None:
    region = make_disk(24, 24, 12, 9)
    (thin,) = make_visual_prompts(make_image(), {0: region})
    (thick,) = make_visual_prompts(make_image(), {0: region}, thickness=3)
    red = [(drawn == RED).all(2) for drawn in thin.images]
    assert 40 < red[0].sum() < 80
    np.testing.assert_array_equal(red[0], red[1])
    np.testing.assert_array_equal(red[0], red[2])
    assert (thick.outlined == RED).all(2).sum() > 2 * red[0].sum()


def test_of_two_pieces_the_larger_is_pointed_out() -> None:
    region = make_disk(12, 12, 5, 5) | make_disk(34, 34, 9, 9)
    (prompt,) = make_visual_prompts(make_image(), {0: region})
    np.testing.assert_allclose(prompt.ellipse.center, (34, 34), atol=0.3)


def test_the_picture_given_is_not_drawn_on() -> None:
    image = make_image()
    before = image.copy()
    make_visual_prompts(image, {0: make_disk(24, 24, 9, 9)})
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("place", [(0, 0), (0, 47), (47, 0), (47, 47), (20, 30)])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (2, 2), (1, 9), (9, 1), (3, 2)])
def test_tiny_regions_get_an_ellipse_around_them(
    place: tuple[int, int], shape: tuple[int, int]
) -> None:
    region = np.zeros((48, 48), bool)
    top, left = min(place[0], 48 - shape[0]), min(place[1], 48 - shape[1])
    region[top : top + shape[0], left : left + shape[1]] = True
    (prompt,) = make_visual_prompts(make_image(), {0: region})
    middle = (left + (shape[1] - 1) / 2, top + (shape[0] - 1) / 2)
    np.testing.assert_allclose(prompt.ellipse.center, middle, atol=0.6)
    assert 1 <= prompt.ellipse.axes[0] <= prompt.ellipse.axes[1] <= 15
    assert all((drawn == RED).all(2).any() for drawn in prompt.images)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.02, 0.9))
def test_any_region_is_pointed_out_the_same_way_twice(seed: int, share: float) -> None:
    region = np.random.default_rng(seed).random((16, 16)) < share
    if not region.any():
        return
    image = make_image(16)
    (first,), (second,) = (make_visual_prompts(image, {1: region}) for _ in range(2))
    assert first.ellipse == second.ellipse
    assert np.isfinite([*first.ellipse.center, *first.ellipse.axes, first.ellipse.angle]).all()
    for a, b in zip(first.images, second.images, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_region_without_a_pixel_and_of_another_size_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="part 3 has no pixel"):
        make_visual_prompts(make_image(), {3: np.zeros((48, 48), bool)})
    with pytest.raises(InvalidArgumentError, match=r"part 0 .* \(8, 8\).* \(48, 48\)"):
        make_visual_prompts(make_image(), {0: np.ones((8, 8), bool)})
