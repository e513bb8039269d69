"""The pixels of ellipses, to the pixel as OpenCV 5 draws them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from seewhy.images.ellipse_pixels import fill_outline, trace_outline
from seewhy.images.ellipses import Ellipse

SIZE = (100, 110)
five = pytest.mark.skipif(
    int(cv2.__version__.split(".")[0]) < 5, reason="OpenCV draws outlines anew since 5.0"
)


def draw_with_opencv(ellipse: Ellipse, thickness: int) -> np.ndarray:
    canvas = np.zeros(SIZE, np.uint8)
    cv2.ellipse(canvas, (ellipse.center, ellipse.axes, ellipse.angle), 1, thickness)
    return canvas == 1


def sample_ellipses(longest: float, *, number: int = 60) -> list[Ellipse]:
    rng = np.random.default_rng(int(longest))
    found = []
    for _ in range(number):
        drawn = rng.uniform((38, 38, 0.5, 0.5, 0), (62, 62, longest, longest, 180))
        x, y, *axes, angle = drawn.astype(np.float32).tolist()  # as OpenCV keeps them
        found.append(Ellipse((x, y), (min(axes), max(axes)), angle))
    return found


@five
@pytest.mark.parametrize("longest", [4, 15, 28, 75])
def test_an_outline_is_opencvs(longest: float) -> None:
    for ellipse in sample_ellipses(longest):
        np.testing.assert_array_equal(trace_outline(ellipse, SIZE), draw_with_opencv(ellipse, 1))


@pytest.mark.parametrize("longest", [4, 15, 28, 75])
def test_what_is_inside_is_opencvs(longest: float) -> None:
    for ellipse in sample_ellipses(longest):
        np.testing.assert_array_equal(fill_outline(ellipse, SIZE), draw_with_opencv(ellipse, -1))


@five
def test_an_ellipse_that_leaves_the_picture_is_cut_off_as_opencv_does() -> None:
    for inside in sample_ellipses(90):
        x, y = inside.center
        ellipse = Ellipse((x * 6 - 250, y * 5 - 200), inside.axes, inside.angle)
        np.testing.assert_array_equal(trace_outline(ellipse, SIZE), draw_with_opencv(ellipse, 1))
        np.testing.assert_array_equal(fill_outline(ellipse, SIZE), draw_with_opencv(ellipse, -1))


def test_an_ellipse_outside_the_picture_is_left_out() -> None:
    for draw in (trace_outline, fill_outline):
        assert not draw(Ellipse((-500.0, 900.0), (40.0, 70.0), 20.0), SIZE).any()


def test_an_ellipse_without_extent_is_a_pixel() -> None:
    dot = Ellipse((30.2, 41.6), (0.0, 0.0), 0.0)
    for draw in (trace_outline, fill_outline):
        assert np.argwhere(draw(dot, SIZE)).tolist() == [[42, 30]]
