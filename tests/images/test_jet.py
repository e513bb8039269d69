"""The published overlay against OpenCV, and its faults, which are kept."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from seewhy.errors import ShapeError
from seewhy.images.jet import color_with_jet, lay_jet, to_bytes_cut_off

IMAGE = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)


def lay_with_opencv(image: np.ndarray, heat: np.ndarray, weight: float) -> np.ndarray:
    scaled = cv2.resize(heat / heat.max(), image.shape[1::-1])
    levels = (scaled * 255).astype(np.int32).astype(np.uint8)
    colors = cv2.applyColorMap(levels, cv2.COLORMAP_JET)[..., ::-1]
    return cv2.addWeighted(colors, 0.5, image, weight, 0)


def test_the_color_map_is_opencvs() -> None:
    levels = np.arange(256, dtype=np.uint8)
    theirs = cv2.applyColorMap(levels[:, None], cv2.COLORMAP_JET)[:, 0, ::-1]
    np.testing.assert_array_equal(color_with_jet(levels), theirs)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("weight", [0.5, 0.7])
@pytest.mark.parametrize("low", [0.0, -0.5])
def test_overlays_are_opencvs_also_where_negative_values_wrap_around(
    seed: int, weight: float, low: float
) -> None:
    generator = np.random.default_rng(seed)
    heat = generator.uniform(low, 1, (generator.integers(2, 30),) * 2).astype(np.float32)
    ours, theirs = lay_jet(IMAGE, heat, image_weight=weight), lay_with_opencv(IMAGE, heat, weight)
    assert (ours != theirs).any(2).mean() < 1e-3


def test_a_map_of_zeros_is_shown_as_nothing_but_dark_blue() -> None:
    found = lay_jet(np.zeros((4, 4, 3), np.uint8), np.zeros((2, 2)))
    assert (found == [0, 0, 64]).all()


def test_bytes_are_cut_off_and_not_rounded() -> None:
    assert to_bytes_cut_off(np.array([-1, 0, 0.9999, 1, 2])).tolist() == [0, 0, 254, 255, 255]


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(96, 96\) and \(2, 2\)"):
        lay_jet(IMAGE[..., 0], np.zeros((2, 2)))
