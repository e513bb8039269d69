"""Ellipses against OpenCV, which is a test's oracle only."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.images.contours import find_contours
from seewhy.images.ellipses import Ellipse, draw_ellipse, ellipse_mask, fit_ellipse

BATCHES = 10


def fit_with_opencv(points: np.ndarray) -> Ellipse:
    center, axes, angle = cv2.fitEllipse(points)
    return Ellipse((center[0], center[1]), (axes[0], axes[1]), angle)


def distance(one: Ellipse, other: Ellipse) -> float:
    """Largest difference, relative to the size; of angles only where the axes differ."""
    size = max(1.0, *other.axes)
    lengths = np.abs(np.subtract([*one.center, *one.axes], [*other.center, *other.axes])).max()
    turn = abs(one.angle - other.angle) % 180
    is_round = abs(other.axes[1] - other.axes[0]) < 1e-3 * other.axes[1]
    return max(lengths / size, 0.0 if is_round else min(turn, 180 - turn) / 180)


def is_well_conditioned(points: np.ndarray) -> bool:
    """Whether OpenCV itself gives the same ellipse for points moved by a millionth."""
    shift = np.random.default_rng(0).normal(0, 1e-4, points.shape)
    moved = (points + shift).astype(np.float32)
    ellipse = fit_with_opencv(points.astype(np.float32))
    return distance(fit_with_opencv(moved), ellipse) < 1e-3


def around_an_ellipse(generator: np.random.Generator) -> np.ndarray:
    t = generator.uniform(0, 2 * np.pi, generator.integers(5, 80))
    turn, (a, b) = generator.uniform(0, np.pi), generator.uniform(2, 100, 2)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    points = np.stack([a * np.cos(t), b * np.sin(t)], 1) @ rotation
    noise = generator.choice([0.0, 0.5]) * generator.normal(size=points.shape)
    return (points + noise + generator.uniform(0, 300, 2)).astype(np.float32)


def anywhere(generator: np.random.Generator) -> np.ndarray:
    points = generator.normal(size=(generator.integers(5, 12), 2))
    return (points * generator.uniform(1, 100) + generator.uniform(0, 500)).astype(np.float32)


def on_a_grid(generator: np.random.Generator) -> np.ndarray:
    return generator.integers(0, 64, (generator.integers(5, 60), 2)).astype(np.int32)


def around_patches(generator: np.random.Generator) -> np.ndarray:
    """The largest contour of enlarged patches, as visual prompts have it: often symmetric."""
    patches = np.zeros((1, 1), int)
    while not patches.any():
        patches = (generator.random(generator.integers(2, 7, 2)) < 0.6).astype(int)
    mask = np.asarray(ndimage.zoom(patches, 8, order=0)).astype(bool)
    return max(find_contours(mask), key=len).astype(np.int32)


@pytest.mark.parametrize("draw", [around_an_ellipse, anywhere, on_a_grid, around_patches])
@pytest.mark.parametrize("batch", range(BATCHES))
def test_ellipses_are_opencvs(draw: object, batch: int) -> None:
    generator = np.random.default_rng(batch)
    sets = [draw(generator) for _ in range(60)]  # type: ignore[operator]
    sets = [points for points in sets if is_well_conditioned(points)]
    assert len(sets) > 20
    assert max(distance(fit_ellipse(p), fit_with_opencv(p)) for p in sets) < 2e-5


@pytest.mark.parametrize("angle", [0, 30, 90, 135, 179])
def test_an_ellipse_is_found_from_its_own_outline(angle: float) -> None:
    ellipse = Ellipse((30.0, 20.0), (10.0, 26.0), angle)
    for step in (1, 144):  # 720 points, and five
        found = fit_ellipse(np.array(ellipse.outline()[::step]))
        assert distance(found, ellipse) < 1e-5


@pytest.mark.parametrize(("width", "height"), [(8, 20), (20, 8)])
def test_the_ellipse_of_an_upright_box_lies_along_it(width: int, height: int) -> None:
    mask = np.zeros((40, 40), bool)
    mask[5 : 5 + height, 5 : 5 + width] = True
    inside = ellipse_mask(fit_ellipse(find_contours(mask)[0]), (40, 40))
    rows, columns = np.ptp(np.nonzero(inside), axis=1)
    assert (rows > columns) == (height > width)


@pytest.mark.parametrize(
    "points",
    [
        [(0, i) for i in range(6)],
        [(0, i) for i in range(5)],
        [(3, 3)] * 6,
        [(3, 3)] * 5,
        [(i, i) for i in range(7)],
        [(0, 0), (1, 0), (2, 1), (2, 0), (1, 0)],
        [(1, 1), (0, 2), (1, 3), (0, 4), (1, 3), (0, 2)],
    ],
)
def test_points_that_fit_many_conics_give_a_finite_ellipse(points: list[tuple[int, int]]) -> None:
    found = fit_ellipse(np.array(points))
    assert np.isfinite([*found.center, *found.axes, found.angle]).all()
    assert found.axes[0] <= found.axes[1]


def test_what_no_ellipse_fits_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="at least 5"):
        fit_ellipse(np.zeros((4, 2)))
    with pytest.raises(ShapeError, match=r"\(points, 2\), got \(6, 1, 2\)"):
        fit_ellipse(np.zeros((6, 1, 2)))
    with pytest.raises(InvalidArgumentError, match="finite"):
        fit_ellipse(np.full((6, 2), np.nan))


@pytest.mark.parametrize("angle", [0.0, 33.0, 90.0, 150.0])
def test_the_mask_of_an_ellipse_is_opencvs_but_for_its_rim(angle: float) -> None:
    ellipse = Ellipse((40.0, 30.0), (20.0, 50.0), angle)
    mask = ellipse_mask(ellipse, (60, 80))
    theirs = np.zeros((60, 80), np.uint8)
    box = (ellipse.center, ellipse.axes, ellipse.angle)
    cv2.ellipse(theirs, box, 1, thickness=-1)
    rim = np.zeros((60, 80), np.uint8)
    cv2.ellipse(rim, box, 1, thickness=3)
    assert np.array_equal(mask[rim == 0], theirs[rim == 0].astype(bool))


def test_the_mask_of_an_ellipse_has_its_area_and_place() -> None:
    mask = ellipse_mask(Ellipse((40.0, 30.0), (20.0, 50.0), 0.0), (60, 80))
    assert mask.sum() == pytest.approx(np.pi * 10.5 * 25.5, rel=0.02)  # its border is part of it
    assert mask[30, 40]
    assert not mask[30, 52]
    assert mask[52, 40]


def test_a_flat_ellipse_still_has_a_mask() -> None:
    mask = ellipse_mask(Ellipse((4.0, 4.0), (0.0, 6.0), 0.0), (9, 9))
    assert mask[1:8, 4].all()
    assert not mask[:, 3].any()


@pytest.mark.parametrize("thickness", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("angle", [0.0, 33.0])
def test_an_outline_is_where_opencv_draws_it(thickness: int, angle: float) -> None:
    ellipse = Ellipse((40.0, 30.0), (20.0, 50.0), angle)
    image = Image.new("RGB", (80, 60))
    drawn = np.asarray(draw_ellipse(image, ellipse, (255, 0, 0), thickness=thickness))
    box = (ellipse.center, ellipse.axes, ellipse.angle)
    near, theirs = np.zeros((2, 60, 80), np.uint8)
    cv2.ellipse(near, box, 1, thickness=thickness + 3)
    cv2.ellipse(theirs, box, 1, thickness=thickness)
    ours = drawn[..., 0] == 255
    assert not ours[near == 0].any()
    assert ours.sum() == pytest.approx(int(theirs.sum()), rel=0.1)
    assert not drawn[..., 1:].any()
    assert not np.asarray(image).any()  # drawn on a copy


def test_an_ellipse_partly_outside_the_picture_is_drawn_as_far_as_it_lies_in() -> None:
    drawn = draw_ellipse(
        Image.new("RGB", (20, 20)), Ellipse((0.0, 10.0), (10.0, 10.0), 0), (9, 0, 0)
    )
    assert np.asarray(drawn)[10, 5, 0] == 9


def test_an_outline_has_a_thickness() -> None:
    with pytest.raises(InvalidArgumentError, match="thickness"):
        draw_ellipse(Image.new("RGB", (4, 4)), Ellipse((1, 1), (2, 2), 0), (1, 1, 1), thickness=0)
