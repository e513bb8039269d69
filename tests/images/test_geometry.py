"""Contours, ellipses, blurring and resizing against OpenCV, which is a test's oracle only."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from seewhy.errors import InvalidArgumentError
from seewhy.images.contours import contour_area, find_contours, largest_contour
from seewhy.images.ellipses import Ellipse, draw_ellipse, ellipse_mask, fit_ellipse
from seewhy.images.filters import gaussian_blur, to_gray
from seewhy.images.resizing import upscale_bilinear, upscale_nearest

masks = arrays.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))
pictures = arrays.arrays(np.uint8, st.tuples(st.integers(6, 20), st.integers(6, 20), st.just(3)))


@given(masks)
def test_contours_are_opencvs(mask: np.ndarray) -> None:
    theirs, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outer = sorted(sorted(map(tuple, c[:, 0].tolist())) for c in theirs)
    ours = sorted(sorted(map(tuple, c.tolist())) for c in find_contours(mask))
    # OpenCV leaves out regions inside the hole of another; each of ours that it has is the same
    assert all(contour in ours for contour in outer)


@given(masks)
def test_the_largest_contour_has_opencvs_area(mask: np.ndarray) -> None:
    theirs, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = largest_contour(mask)
    if found is None:
        assert not mask.any()
        return
    assert contour_area(found) == max(cv2.contourArea(c) for c in theirs)


@pytest.mark.parametrize("seed", range(40))
def test_ellipses_are_opencvs(seed: int) -> None:
    generator = np.random.default_rng(seed)
    t = generator.uniform(0, 2 * np.pi, generator.integers(12, 80))
    circle = np.stack(
        [generator.uniform(8, 40) * np.cos(t), generator.uniform(5, 30) * np.sin(t)], 1
    )
    turn = generator.uniform(0, np.pi)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    points = np.round(circle @ rotation + 50 + generator.normal(0, 0.7, circle.shape)).astype(
        np.int32
    )
    center, axes, angle = cv2.fitEllipse(points)
    found = fit_ellipse(points)
    np.testing.assert_allclose([*found.center, *found.axes], [*center, *axes], rtol=1e-4)
    difference = abs(found.angle - angle) % 180
    assert min(difference, 180 - difference) < 0.02 or axes[1] - axes[0] < 0.01 * axes[1]


def test_an_ellipse_needs_five_points() -> None:
    with pytest.raises(InvalidArgumentError, match="at least 5"):
        fit_ellipse(np.zeros((4, 2)))


@pytest.mark.parametrize(
    "points", [[(0, i) for i in range(6)], [(3, 3)] * 6, [(i, i) for i in range(7)]]
)
def test_points_on_a_line_give_a_finite_ellipse(points: list[tuple[int, int]]) -> None:
    found = fit_ellipse(np.array(points))
    assert np.isfinite([*found.center, *found.axes, found.angle]).all()


def test_the_mask_of_an_ellipse_has_its_area_and_place() -> None:
    mask = ellipse_mask(Ellipse((40.0, 30.0), (20.0, 50.0), 0.0), (60, 80))
    assert mask.sum() == pytest.approx(np.pi * 10 * 25, rel=0.02)
    assert mask[30, 40]
    assert not mask[30, 52]
    assert mask[52, 40]


def test_an_outline_is_drawn_on_a_copy() -> None:
    image = Image.new("RGB", (80, 60))
    drawn = np.asarray(draw_ellipse(image, Ellipse((40.0, 30.0), (20.0, 50.0), 0.0), (255, 0, 0)))
    assert drawn[30, 30].tolist() == [255, 0, 0]
    assert drawn[5, 40].tolist() == [255, 0, 0]
    assert not np.asarray(image).any()


@given(pictures)
def test_blurring_bytes_is_opencvs_to_one_level(picture: np.ndarray) -> None:
    theirs = cv2.GaussianBlur(picture, (11, 11), 0)
    assert np.abs(gaussian_blur(picture, 11).astype(int) - theirs.astype(int)).max() <= 1


# up to nine taps OpenCV has a table of its own
@given(pictures, st.sampled_from([11, 13]), st.sampled_from([None, 1.0, 5.0]))
def test_blurring_floats_is_opencvs(picture: np.ndarray, size: int, sigma: float | None) -> None:
    values = picture.astype(np.float64)
    theirs = cv2.GaussianBlur(values, (size, size), sigma or 0)
    np.testing.assert_allclose(gaussian_blur(values, size, sigma), theirs, atol=1e-5)


@given(pictures)
def test_gray_is_opencvs(picture: np.ndarray) -> None:
    np.testing.assert_array_equal(to_gray(picture), cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


@given(arrays.arrays(np.float64, (4, 6), elements=st.floats(-1, 1)))
def test_bilinear_enlarging_is_opencvs(values: np.ndarray) -> None:
    theirs = cv2.resize(values, (30, 17), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(upscale_bilinear(values, (17, 30)), theirs, atol=1e-6)


def test_nearest_enlarging_repeats_cells() -> None:
    cells = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(upscale_nearest(cells, (4, 6)), cells.repeat(2, 0).repeat(2, 1))
