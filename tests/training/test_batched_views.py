from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from seewhy.images import transforms
from seewhy.images.views import VIEW_RECIPES, ViewRecipe
from seewhy.training.batched_views import (
    draw_views,
    fit_recipes,
    make_blurs,
    make_resizing,
    turn_hues,
)

PLAIN = ViewRecipe(
    size=16, area=(1.0, 1.0), aspect=(1.0, 1.0), mirror_chance=0, jitter_chance=0, gray_chance=0,
    blur_chance=0,
)  # fmt: skip


@pytest.fixture
def pixels():
    """Smooth pictures of 16 pixels, none of whose values is near 0 or 1."""
    coarse = torch.rand(6, 3, 4, 4, generator=torch.Generator().manual_seed(0)) * 0.4 + 0.3
    return torch.nn.functional.interpolate(coarse, (16, 16), mode="bilinear")


def draw(pixels, seed=0, **changes):
    return draw_views(pixels, replace(PLAIN, **changes), np.random.default_rng(seed))


def test_a_view_that_changes_nothing_is_the_picture(pixels):
    torch.testing.assert_close(draw(pixels), pixels)


@pytest.mark.parametrize("is_cubic", [True, False])
@pytest.mark.parametrize(("start", "length", "after"), [(3, 9, 16), (0, 24, 10), (5, 19, 7)])
def test_pieces_are_resized_as_pillow_does(is_cubic, start, length, after):
    row = np.random.default_rng(0).uniform(50, 200, 24).astype(np.float32)
    matrix = make_resizing(np.array([start]), np.array([length]), 24, after, is_cubic=is_cubic)[0]
    piece = Image.fromarray(row[None, start : start + length])
    resample = transforms.BICUBIC if is_cubic else transforms.BILINEAR
    expected = np.asarray(piece.resize((after, 1), resample))[0]
    np.testing.assert_allclose((matrix @ torch.from_numpy(row)).numpy(), expected, rtol=1e-4)
    assert matrix.sum(dim=1).numpy() == pytest.approx(1.0, rel=1e-5)


def test_a_mirrored_view_is_the_picture_from_right_to_left(pixels):
    torch.testing.assert_close(draw(pixels, mirror_chance=1.0), pixels.flip(3))


def test_gray_views_are_the_weighted_mean_of_the_channels(pixels):
    views = draw(pixels, gray_chance=1.0)
    gray = 0.299 * pixels[:, 0] + 0.587 * pixels[:, 1] + 0.114 * pixels[:, 2]
    for channel in range(3):
        torch.testing.assert_close(views[:, channel], gray)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_light_contrast_and_saturation_are_pillows(pixels, place):
    """A jitter of one kind, against Pillow with the factor that it must have drawn."""
    strengths = [0.0, 0.0, 0.0, 0.0]
    strengths[place] = 0.3
    views = draw(pixels, jitter=tuple(strengths), jitter_chance=1.0)
    numbers = np.random.default_rng(0)
    for _ in range(len(pixels)):  # what boxes, mirrors and blurs draw first
        transforms_of_box(numbers)
    numbers.random(len(pixels)), numbers.uniform(0.1, 2.0, len(pixels)), numbers.random(len(pixels))
    drawn = [numbers.uniform(1 - s, 1 + s, len(pixels)) for s in strengths[:3]][place]
    change = (
        transforms.adjust_brightness, transforms.adjust_contrast, transforms.adjust_saturation
    )[place]  # fmt: skip
    for picture, view, factor in zip(pixels, views, drawn, strict=True):
        image = Image.fromarray((picture.permute(1, 2, 0) * 255).round().byte().numpy())
        expected = np.asarray(change(image, factor)) / 255
        np.testing.assert_allclose(view.permute(1, 2, 0).numpy(), expected, atol=0.012)


def transforms_of_box(numbers):
    """The numbers that a box of the whole picture draws."""
    numbers.uniform(1.0, 1.0), numbers.uniform(0.0, 0.0)
    numbers.integers(0, 1), numbers.integers(0, 1)


def test_hues_turn_about_gray_and_come_back():
    turns = torch.tensor([0.0, 1 / 3, 0.5])
    matrices = turn_hues(turns)
    torch.testing.assert_close(matrices[0], torch.eye(3), atol=1e-5, rtol=0)
    gray = torch.full((3,), 0.4)
    torch.testing.assert_close(matrices @ gray, gray.expand(3, 3), atol=1e-5, rtol=0)
    thrice = matrices[1] @ matrices[1] @ matrices[1]
    torch.testing.assert_close(thrice, torch.eye(3), atol=1e-4, rtol=0)
    weights = torch.tensor([0.299, 0.587, 0.114])  # how bright a color is does not change
    torch.testing.assert_close(weights @ matrices[2], weights, atol=1e-5, rtol=0)


def test_blurs_are_gaussian():
    blurs = make_blurs(np.array([0.0, 1.5]), 33)
    torch.testing.assert_close(blurs[0], torch.eye(33))
    far = np.arange(33) - 16
    expected = np.exp(-(far**2) / (2 * 1.5**2))
    np.testing.assert_allclose(blurs[1][16].numpy(), expected / expected.sum(), rtol=1e-5)


def test_solarized_views_invert_what_is_bright(pixels):
    views = draw(pixels, solarize_chance=1.0)
    expected = torch.where(pixels >= 128 / 255, 1 - pixels, pixels)
    torch.testing.assert_close(views, expected)


def test_views_are_near_those_of_bytes(pixels):
    """Blur against Pillow's own, which imitates a Gaussian."""
    sigma = 1.0
    views = draw(pixels, blur_chance=1.0, blur_sigma=(sigma, sigma))
    for picture, view in zip(pixels, views, strict=True):
        image = Image.fromarray((picture.permute(1, 2, 0) * 255).round().byte().numpy())
        expected = np.asarray(image.filter(ImageFilter.GaussianBlur(sigma))) / 255
        inner = slice(4, 12)  # Pillow repeats the border, we leave out what is outside
        difference = view.permute(1, 2, 0).numpy()[inner, inner] - expected[inner, inner]
        assert np.abs(difference).max() < 0.02


@pytest.mark.parametrize("name", ["simclr", "simclr-small", "barlow-twins", "simsiam"])
def test_every_objective_has_two_published_views_of_any_size(name, pixels):
    published = VIEW_RECIPES[name]
    for recipe, original in zip(fit_recipes(name, 12), published, strict=True):
        same = replace(recipe, size=original.size, blur_sigma=original.blur_sigma)
        assert same == original
        assert recipe.blur_sigma[1] == pytest.approx(2.0 * 12 / 224)
        views = draw_views(pixels, recipe, np.random.default_rng(1))
        assert views.shape == (6, 3, 12, 12)
        assert 0 <= views.min() <= views.max() <= 1
        assert torch.equal(views, draw_views(pixels, recipe, np.random.default_rng(1)))
        assert not torch.equal(views, draw_views(pixels, recipe, np.random.default_rng(2)))


def test_crops_show_parts_of_the_picture(pixels):
    ramp = torch.linspace(0.2, 0.8, 16).expand(1, 3, 16, 16)
    views = draw(ramp.repeat(40, 1, 1, 1), area=(0.1, 0.3))
    span = views.amax(dim=(1, 2, 3)) - views.amin(dim=(1, 2, 3))
    assert span.max() < 0.6 * 0.85  # never the whole width
    assert views.amin() < 0.25
    assert views.amax() > 0.75  # but, over many views, everything
