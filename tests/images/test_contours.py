"""Borders of regions against OpenCV, which is a test's oracle only."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from seewhy.errors import ShapeError
from seewhy.images.contours import contour_area, find_contours, largest_contour

masks = arrays.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def find_with_opencv(mask: np.ndarray) -> list[np.ndarray]:
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [contour[:, 0] for contour in found]


@given(masks)
def test_contours_are_opencvs_point_for_point_and_in_its_order(mask: np.ndarray) -> None:
    theirs = [contour.tolist() for contour in find_with_opencv(mask)]
    assert [contour.tolist() for contour in find_contours(mask)] == theirs


@pytest.mark.parametrize("seed", range(30))
def test_contours_of_large_masks_are_opencvs(seed: int) -> None:
    generator = np.random.default_rng(seed)
    shape = generator.integers(20, 60, 2)
    mask = generator.random(shape) < generator.choice([0.2, 0.5, 0.7, 0.9])
    theirs = [contour.tolist() for contour in find_with_opencv(mask)]
    assert [contour.tolist() for contour in find_contours(mask)] == theirs


@given(masks)
def test_the_largest_contour_has_opencvs_area(mask: np.ndarray) -> None:
    theirs, found = find_with_opencv(mask), largest_contour(mask)
    if found is None:
        assert not mask.any()
        return
    assert contour_area(found) == max(cv2.contourArea(contour) for contour in theirs)


def test_a_region_in_the_hole_of_another_has_no_contour() -> None:
    ring = np.ones((7, 7), bool)
    ring[1:6, 1:6] = False
    ring[3, 3] = True
    assert len(find_contours(ring)) == 1
    ring[0, 3] = False  # a gap lets the outside in
    assert sorted(map(len, find_contours(ring)))[0] == 1


def test_a_line_of_pixels_is_passed_there_and_back() -> None:
    line = np.zeros((3, 5), bool)
    line[1, 1:4] = True
    assert find_contours(line)[0].tolist() == [[1, 1], [2, 1], [3, 1], [2, 1]]


def test_an_empty_mask_has_no_contour() -> None:
    assert find_contours(np.zeros((4, 4), bool)) == []
    assert largest_contour(np.zeros((4, 4), bool)) is None


def test_of_contours_that_tie_the_lowest_is_the_largest_as_in_opencv() -> None:
    mask = np.zeros((9, 4), bool)
    mask[1:3, 1:3] = mask[5:7, 1:3] = True
    found = largest_contour(mask)
    assert found is not None
    assert found.tolist() == max(find_with_opencv(mask), key=cv2.contourArea).tolist()
    assert found[0].tolist() == [1, 5]


def test_a_mask_with_channels_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(4, 4, 3\)"):
        find_contours(np.zeros((4, 4, 3), bool))
