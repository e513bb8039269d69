"""Blurring and graying against OpenCV, which is a test's oracle only."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.images.filters import gaussian_blur, gaussian_kernel, to_gray

pictures = arrays.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3)))
sizes = st.sampled_from([1, 3, 5, 7, 9, 11, 13, 21, 31])
sigmas = st.sampled_from([None, 0.3, 1.0, 5.0])


@given(pictures, sizes, sigmas)
def test_blurring_bytes_is_opencvs_to_the_last_bit(
    picture: np.ndarray, size: int, sigma: float | None
) -> None:
    theirs = cv2.GaussianBlur(picture, (size, size), sigma or 0)
    ours = gaussian_blur(picture, size, sigma)
    assert ours.dtype == np.uint8
    np.testing.assert_array_equal(ours, theirs)


@given(pictures, sizes, sigmas)
def test_blurring_floats_is_opencvs(picture: np.ndarray, size: int, sigma: float | None) -> None:
    values = picture.astype(np.float32) / 255
    theirs = cv2.GaussianBlur(values, (size, size), sigma or 0)
    ours = gaussian_blur(values, size, sigma)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("size", [1, 3, 5, 7, 9, 11, 15, 31])
def test_kernels_are_opencvs(size: int) -> None:
    theirs = cv2.getGaussianKernel(size, 0)[:, 0]
    np.testing.assert_allclose(gaussian_kernel(size), theirs, atol=1e-12)


def test_a_plain_picture_stays_as_it_is_up_to_its_edges() -> None:
    assert (gaussian_blur(np.full((5, 7), 93, np.uint8)) == 93).all()


@given(pictures)
def test_gray_is_opencvs(picture: np.ndarray) -> None:
    np.testing.assert_array_equal(to_gray(picture), cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


def test_what_cannot_be_blurred_is_told() -> None:
    with pytest.raises(InvalidArgumentError, match="odd number of taps, got 4"):
        gaussian_blur(np.zeros((4, 4)), 4)
    with pytest.raises(InvalidArgumentError, match="sigma must be above 0"):
        gaussian_blur(np.zeros((4, 4)), 5, 0.0)
    with pytest.raises(ShapeError, match=r"\(4,\)"):
        gaussian_blur(np.zeros(4))
