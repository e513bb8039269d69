"""Views: the published parameters, the same from the same seed, and where they come from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.images import transforms
from seewhy.images.views import (
    VIEW_RECIPES,
    View,
    ViewRecipe,
    center_view,
    draw_box,
    jitter_colors,
    make_views,
)

PLAIN = ViewRecipe(size=16, mirror_chance=0.0, jitter_chance=0.0, gray_chance=0.0, blur_chance=0.0)
NOISE = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)


def picture_of_places(width: int, height: int) -> Image.Image:
    """Red tells the column, green the row."""
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([x, y, 0 * x], 2).astype(np.uint8))


@pytest.mark.parametrize("name", VIEW_RECIPES)
def test_every_recipe_gives_its_views_and_the_same_from_the_same_seed(name: str) -> None:
    first, again = (make_views(Image.fromarray(NOISE), name, generator=3) for _ in range(2))
    other = make_views(Image.fromarray(NOISE), name, generator=4)
    assert [view.size for view in first] == [(r.size, r.size) for r in VIEW_RECIPES[name]]
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(np.asarray(one.image), np.asarray(same.image))
        assert (one.crop, one.flipped) == (same.crop, same.flipped)
    assert [view.crop for view in first] != [view.crop for view in other]
    assert len({view.crop for view in first}) == len(first)


def test_the_published_parameters_are_those_of_the_papers() -> None:
    simclr, barlow, simsiam, dino = (
        VIEW_RECIPES[name] for name in ("simclr", "barlow-twins", "simsiam", "dino")
    )
    assert [r.area for r in (*simclr, *barlow)] == [(0.08, 1.0)] * 4
    assert [r.area for r in simsiam] == [(0.2, 1.0)] * 2
    assert [r.area for r in dino] == [(0.4, 1.0)] * 2 + [(0.05, 0.4)] * 8
    assert [r.size for r in dino] == [224] * 2 + [96] * 8
    assert simclr[0].jitter == (0.8, 0.8, 0.8, 0.2)
    assert simsiam[0].jitter == (0.4, 0.4, 0.4, 0.1)
    assert {r.jitter for r in (*barlow, *dino)} == {(0.4, 0.4, 0.2, 0.1)}
    assert [r.blur_chance for r in (*simclr, *simsiam)] == [0.5] * 4
    assert [r.blur_chance for r in barlow] == [1.0, 0.1]
    assert [r.blur_chance for r in dino] == [1.0, 0.1] + [0.5] * 8
    assert [r.solarize_chance for r in (*barlow, *dino)] == [0.0, 0.2, 0.0, 0.2] + [0.0] * 8
    every = [recipe for recipes in VIEW_RECIPES.values() for recipe in recipes]
    assert {(r.mirror_chance, r.jitter_chance, r.gray_chance) for r in every} == {(0.5, 0.8, 0.2)}
    assert {r.blur_sigma for r in every} == {(0.1, 2.0)}


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 10**6))
def test_boxes_lie_in_the_picture_and_have_the_area_and_aspect_asked_for(
    width: int, height: int, seed: int
) -> None:
    recipe = replace(PLAIN, area=(0.2, 0.5))
    top, left, down, across = draw_box((width, height), recipe, np.random.default_rng(seed))
    assert 0 <= top <= top + down <= height
    assert 0 <= left <= left + across <= width
    assert down >= 1
    assert across >= 1
    if min(width, height) >= 40:  # where rounding is small
        assert 0.2 * 0.9 <= down * across / (width * height) <= 0.5 * 1.1
        assert 3 / 4 * 0.9 <= across / down <= 4 / 3 * 1.1


@pytest.mark.parametrize(
    ("size", "box"), [((100, 10), (0, 43, 10, 13)), ((10, 100), (43, 0, 13, 10))]
)
def test_where_no_box_fits_it_is_the_center_of_a_narrow_picture(
    size: tuple[int, int], box: tuple[int, ...]
) -> None:
    assert draw_box(size, replace(PLAIN, area=(1.0, 1.0)), np.random.default_rng(0)) == box


def test_areas_and_aspects_are_spread_as_published() -> None:
    numbers = np.random.default_rng(0)
    # up to three quarters of the area every aspect fits, so that none is drawn again
    recipe = replace(PLAIN, area=(0.08, 0.74))
    boxes = np.array([draw_box((1000, 1000), recipe, numbers) for _ in range(4000)], float)
    area = boxes[:, 2] * boxes[:, 3] / 1e6
    aspect = np.log(boxes[:, 3] / boxes[:, 2])
    for values, low, high in (
        (area, 0.08, 0.74),
        (aspect, np.log(3 / 4), np.log(4 / 3)),
    ):
        quarters = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
        np.testing.assert_allclose(quarters, np.linspace(low, high, 5), atol=0.02)


@pytest.mark.parametrize("seed", range(8))
def test_a_view_tells_where_each_of_its_pixels_comes_from(seed: int) -> None:
    picture = picture_of_places(200, 180)
    recipe = replace(PLAIN, size=32, mirror_chance=0.5)
    (view,) = make_views(picture, (recipe,), generator=seed)
    rows, columns = np.mgrid[4:28, 4:28]
    points = np.stack([columns.ravel(), rows.ravel()], 1)
    found = np.asarray(view.image)[rows.ravel(), columns.ravel()].astype(float)
    # red and green of the view are the place in the picture, to rounding
    np.testing.assert_allclose(found[:, :2], view.locate(points), atol=0.75)


def test_about_half_of_the_views_are_mirrored() -> None:
    views = make_views(Image.fromarray(NOISE), (replace(PLAIN, mirror_chance=0.5),) * 200)
    assert 70 < sum(view.flipped for view in views) < 130


@pytest.mark.parametrize("size", [(300, 200), (200, 301), (97, 96)])
def test_the_plain_view_is_the_center_and_tells_so(size: tuple[int, int]) -> None:
    view = center_view(picture_of_places(*size), size=64, resize_to=96)
    rows, columns = np.mgrid[4:60, 4:60]
    points = np.stack([columns.ravel(), rows.ravel()], 1)
    found = np.asarray(view.image)[rows.ravel(), columns.ravel()].astype(float)
    expected = view.locate(points)
    inside = (expected < 250).all(1)  # bytes end there
    np.testing.assert_allclose(found[inside, :2], expected[inside], atol=1.5)
    assert not view.flipped


def test_views_of_tensors_are_tensors_with_the_same_content() -> None:
    tensor = torch.from_numpy(NOISE).permute(2, 0, 1)
    for given_tensor, scale in ((tensor, 1), (tensor.double() / 255, 255)):
        views = make_views(given_tensor, "simsiam", generator=1)
        expected = make_views(NOISE, "simsiam", generator=1)
        for one, other in zip(views, expected, strict=True):
            assert isinstance(one.image, torch.Tensor)
            assert one.image.dtype == given_tensor.dtype
            assert one.size == (224, 224)
            assert (one.crop, one.flipped) == (other.crop, other.flipped)
            pixels = (one.image * scale).round().permute(1, 2, 0).numpy()
            np.testing.assert_array_equal(pixels.astype(np.uint8), np.asarray(other.image))


def test_a_generator_goes_on_where_a_seed_begins_anew() -> None:
    numbers = np.random.default_rng(7)
    first, second = (make_views(NOISE, (PLAIN,), generator=numbers)[0].crop for _ in range(2))
    assert first == make_views(NOISE, (PLAIN,), generator=7)[0].crop
    assert first != second


def test_jitter_draws_its_factors_from_the_published_ranges() -> None:
    gray = Image.new("RGB", (2, 2), (100, 100, 100))
    numbers = np.random.default_rng(0)
    found = [jitter_colors(gray, (0.4, 0, 0, 0), numbers).getpixel((0, 0)) for _ in range(300)]
    levels = np.array(found)[:, 0]
    assert 60 <= levels.min() < 64
    assert 136 < levels.max() <= 140
    assert jitter_colors(gray, (0, 0, 0, 0), numbers).getpixel((0, 0)) == (100, 100, 100)


def test_jitter_takes_its_steps_in_the_order_drawn() -> None:
    image, strengths = Image.fromarray(NOISE), (0.8, 0.8, 0.8, 0.2)
    steps = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)
    is_reordered = []
    for seed in range(12):
        numbers = np.random.default_rng(seed)
        factors = [numbers.uniform(1 - s, 1 + s) for s in strengths[:3]]
        turn = numbers.uniform(-0.2, 0.2)
        expected = {}
        for name, order in (("drawn", numbers.permutation(4)), ("fixed", range(4))):
            changed = image
            for step in order:
                changed = (
                    transforms.adjust_hue(changed, turn)
                    if step == 3
                    else steps[step](changed).enhance(factors[step])
                )
            expected[name] = np.asarray(changed)
        found = np.asarray(jitter_colors(image, strengths, np.random.default_rng(seed)))
        np.testing.assert_array_equal(found, expected["drawn"])
        is_reordered.append((found != expected["fixed"]).any())
    assert sum(is_reordered) > 6


def test_unknown_recipes_and_impossible_ones_are_told() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'simclr'"):
        make_views(NOISE, "simclrr")
    with pytest.raises(InvalidArgumentError, match="Chances"):
        ViewRecipe(gray_chance=1.2)
    with pytest.raises(InvalidArgumentError, match="low to high"):
        ViewRecipe(area=(0.5, 0.1))
    with pytest.raises(InvalidArgumentError, match="hue at most"):
        ViewRecipe(jitter=(0.1, 0.1, 0.1, 0.6))
    with pytest.raises(InvalidArgumentError, match="size must be at least 1"):
        ViewRecipe(size=0)
    with pytest.raises(InvalidArgumentError, match="resize_to 256, got 300"):
        center_view(NOISE, size=300)


def test_a_mirrored_view_is_located_from_the_right() -> None:
    view = View(Image.new("RGB", (4, 2)), (0.0, 0.0, 2.0, 4.0), True)
    found = view.locate(np.array([[0.0, 0.0], [3.0, 1.0]]))
    assert found.tolist() == [[3.0, 0.0], [0.0, 1.0]]
