"""Transforms and overlays against the published pictures, over every ``*_transforms`` golden."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seewhy.images import transforms
from seewhy.images.jet import color_with_jet, lay_jet, scale_as_published, to_bytes_cut_off
from seewhy.images.resizing import upscale_bilinear
from seewhy.images.views import center_view

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDENS = Path(os.environ.get("SEEWHY_GOLDENS", REPOSITORY.parent / "shared" / "goldens"))
FILES = sorted((GOLDENS / "ssl").glob("*_transforms*.npz"))
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
CORNER = (slice(16, 112), slice(40, 168))  # of 224 x 224, the part that is stored
THIRD = (slice(None, None, 3), slice(None, None, 3))

ADJUSTMENTS: dict[str, Callable[[Image.Image, float], Image.Image]] = {
    "brightness": transforms.adjust_brightness,
    "contrast": transforms.adjust_contrast,
    "saturation": transforms.adjust_saturation,
    "hue": transforms.adjust_hue,
}


@pytest.fixture(
    scope="module",
    params=FILES
    or [pytest.param(None, marks=pytest.mark.skip(reason=f"no goldens at {GOLDENS}/ssl"))],
    ids=lambda path: path.stem if path else "no-transforms",
)
def golden(request: pytest.FixtureRequest) -> dict[str, np.ndarray]:
    with np.load(request.param) as file:
        return dict(file)


def assert_same(found: Any, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(np.asarray(found), expected)


def assert_almost_same(found: Any, expected: np.ndarray) -> None:
    """To one level in one value of a thousand: sums in float32 round a few midpoints apart."""
    difference = np.abs(np.asarray(found).astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


def assert_same_overlay(found: np.ndarray, expected: np.ndarray) -> None:
    """In all but one pixel of a thousand: one on the border of two levels may be colored apart."""
    assert found.shape == expected.shape
    assert (found != expected).any(2).mean() < 1e-3


def plain_view(golden: dict[str, np.ndarray]) -> Image.Image:
    view = center_view(golden["image"]).image
    assert isinstance(view, Image.Image)
    return view


def test_the_plain_view_is_the_published_one(golden: dict[str, np.ndarray]) -> None:
    view = plain_view(golden)
    for name in ("pure", "ig_pure"):
        assert_same(np.asarray(view)[CORNER], golden[name])
    normalized = (np.asarray(view) / 255 - MEAN) / STD
    found = normalized.transpose(2, 0, 1)[:, :8, :8]
    np.testing.assert_allclose(found, golden["norm_pure_corner"], atol=1e-6)


def test_the_distorted_view_is_the_published_one(golden: dict[str, np.ndarray]) -> None:
    squeezed = Image.fromarray(golden["image"]).resize((224, 224), transforms.BILINEAR)
    assert_same(np.asarray(squeezed)[CORNER], golden["no_shift_pure"])


def test_the_averaged_transforms_are_the_published_ones(golden: dict[str, np.ndarray]) -> None:
    view = plain_view(golden)
    assert_same(np.asarray(transforms.solarize(view))[CORNER], golden["ig_solarize"])
    assert_same(np.asarray(transforms.remove_color(view))[CORNER], golden["ig_grayscale"])
    blurred = transforms.blur_with_taps(view, 11, 5.0)
    assert_almost_same(np.asarray(blurred)[CORNER], golden["ig_blur"])


def test_light_and_color_are_torchvisions(golden: dict[str, np.ndarray]) -> None:
    small = Image.fromarray(golden["small"])
    assert_same(transforms.remove_color(small), golden["gray3"])
    cases = [name for name in golden if name.rpartition("_")[0] in ADJUSTMENTS]
    assert {name.rpartition("_")[0] for name in cases} == set(ADJUSTMENTS)
    for name in cases:
        kind, _, strength = name.rpartition("_")
        assert_same(ADJUSTMENTS[kind](small, float(strength)), golden[name])


def test_blurs_crops_and_mirrors_are_torchvisions(golden: dict[str, np.ndarray]) -> None:
    small = Image.fromarray(golden["small"])
    assert_same(transforms.mirror(small), golden["hflip"])
    blurs = [name for name in golden if name.startswith("blur_k")]
    crops = [name for name in golden if name.startswith("resized_crop_")]
    assert blurs
    assert crops
    for name in blurs:
        taps, sigma = name.removeprefix("blur_k").split("_s")
        blurred = transforms.blur_with_taps(small, int(taps), float(sigma))
        assert_almost_same(blurred, golden[name])
    for name in crops:
        *box, _, size = name.removeprefix("resized_crop_").split("_")
        top, left, height, width = map(int, box)
        found = transforms.crop_and_resize(small, (top, left, height, width), int(size))
        assert_same(found, golden[name])


def test_jet_is_the_published_table(golden: dict[str, np.ndarray]) -> None:
    assert_same(color_with_jet(np.arange(256, dtype=np.uint8)), golden["jet_lut_rgb"])


def test_the_overlay_is_the_published_one(golden: dict[str, np.ndarray]) -> None:
    pixels = golden["overlay_input_14"].transpose(1, 2, 0)
    factor = 224 // len(pixels)
    pixels = pixels.repeat(factor, 0).repeat(factor, 1)
    heat = upscale_bilinear(scale_as_published(golden["heatmap"]), (224, 224))
    np.testing.assert_allclose(heat[THIRD], golden["heatmap_224"], atol=1e-6)
    found = lay_jet(to_bytes_cut_off(pixels), golden["heatmap"])
    assert_same_overlay(found[THIRD], golden["overlay"])
    shown = (pixels - 0.45) / 0.225 * STD + MEAN  # normalized by one, brought back by another
    found = lay_jet(to_bytes_cut_off(shown), golden["heatmap"])
    assert_same_overlay(found[THIRD], golden["overlay_denorm"])


def test_the_pixel_invariance_overlay_is_the_published_one(golden: dict[str, np.ndarray]) -> None:
    base = np.asarray(Image.fromarray(golden["image"]).resize((224, 224), transforms.BICUBIC))
    assert_same(base[THIRD], golden["viz_base"])
    found = lay_jet(base, golden["heatmap"], image_weight=0.7)
    assert_same_overlay(found[THIRD], golden["viz_map"])
