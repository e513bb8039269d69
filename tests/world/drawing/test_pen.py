import math

import numpy as np
import pytest

from seewhy.world.drawing.patterns import make_pattern
from seewhy.world.drawing.pen import Canvas, Pen, shade, smooth

RED = (200, 30, 20)
WINDING = [(-0.3, -0.2), (0.1, -0.4), (0.35, 0.0), (0.05, 0.3)]


def make_pen(canvas: Canvas, **changed: object) -> Pen:
    settings: dict = {
        "center": (0.5, 0.5),
        "scale": 0.8,
        "flip": False,
        "angle": 0.0,
        "labels": {"": 1, "part": 2},
        "outline": None,
    }
    return Pen(canvas, **{**settings, **changed})


def pixels_of(canvas: Canvas, label: int) -> np.ndarray:
    return canvas.finish_labels() == label


def test_an_ellipse_covers_its_area_and_is_labelled() -> None:
    canvas = Canvas(200, masks=True)
    make_pen(canvas).ellipse("part", (0.0, 0.0), (0.3, 0.2), RED)
    expected = math.pi * 0.3 * 0.2 * (0.8 * 200) ** 2
    assert pixels_of(canvas, 2).sum() == pytest.approx(expected, rel=0.02)
    assert tuple(canvas.finish()[100, 100]) == RED


def test_a_polygon_covers_its_area_also_turned_and_flipped() -> None:
    corners = [(-0.3, -0.2), (0.3, -0.2), (0.1, 0.35)]
    for flip, angle in ((False, 0.0), (True, 0.5), (False, -1.2)):
        canvas = Canvas(200, masks=True)
        make_pen(canvas, flip=flip, angle=angle).polygon("part", corners, RED)
        expected = 0.5 * 0.6 * 0.55 * (0.8 * 200) ** 2
        assert pixels_of(canvas, 2).sum() == pytest.approx(expected, rel=0.03)


def test_flipping_mirrors_the_thing() -> None:
    masks = []
    for flip in (False, True):
        canvas = Canvas(101, masks=True)
        make_pen(canvas, flip=flip).polygon("part", [(0.0, -0.2), (0.4, 0.0), (0.1, 0.3)], RED)
        masks.append(pixels_of(canvas, 2))
    overlap = (masks[0] & masks[1][:, ::-1]).sum() / (masks[0] | masks[1][:, ::-1]).sum()
    assert overlap > 0.95
    assert not np.array_equal(*masks)


def test_a_moved_pen_draws_the_same_elsewhere() -> None:
    canvas, moved = Canvas(100, masks=True), Canvas(100, masks=True)
    make_pen(canvas).ellipse("part", (0.25, 0.125), (0.1, 0.1), RED)
    make_pen(moved).moved(0.25, 0.125).ellipse("part", (0.0, 0.0), (0.1, 0.1), RED)
    assert np.array_equal(canvas.finish(), moved.finish())


def test_a_line_is_as_long_and_wide_as_asked() -> None:
    canvas = Canvas(200, masks=True)
    make_pen(canvas).line("part", [(-0.4, 0.0), (0.4, 0.0)], 0.1, RED)
    unit = 0.8 * 200
    expected = 0.8 * 0.1 * unit**2 + math.pi * (0.05 * unit) ** 2  # with its round ends
    assert pixels_of(canvas, 2).sum() == pytest.approx(expected, rel=0.05)


def test_what_is_drawn_later_hides_what_was_there() -> None:
    canvas = Canvas(100, masks=True)
    pen = make_pen(canvas)
    pen.ellipse("", (0.0, 0.0), (0.3, 0.3), RED)
    before = pixels_of(canvas, 1).sum()
    pen.ellipse("part", (0.0, 0.0), (0.1, 0.1), (0, 0, 250))
    assert pixels_of(canvas, 1).sum() + pixels_of(canvas, 2).sum() == before


def test_a_smooth_curve_runs_through_its_points() -> None:
    for closed in (True, False):
        curve = np.array(smooth(WINDING, closed=closed))
        for point in WINDING:
            assert np.abs(curve - point).sum(1).min() < 1e-9


@pytest.mark.parametrize("pattern", ["striped", "spotted", "checkered"])
def test_a_pattern_stays_within_the_shape(pattern: str) -> None:
    images = []
    for patterned in (False, True):
        canvas = Canvas(120, masks=True)
        pen = make_pen(canvas)
        pen.fill_pattern = make_pattern(
            pattern,
            (0, 0, 255),
            canvas.side,
            unit=pen.unit,
            box=(0, 0, canvas.side, canvas.side),
            generator=np.random.default_rng(0),
        )
        pen.blob("part", WINDING, RED, patterned=patterned)
        images.append(canvas.finish())
        mask = pixels_of(canvas, 2)
    changed = (images[0] != images[1]).any(-1)
    assert 0.15 < changed[mask].mean() < 0.85
    padded = np.pad(mask, 1)  # and a pixel around it, where edges are smoothed
    near = np.any([np.roll(padded, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)], 0)
    assert not (changed & ~near[1:-1, 1:-1]).any()


def test_shades_end_in_white_and_black() -> None:
    assert shade(RED, 1.0) == (255, 255, 255)
    assert shade(RED, -1.0) == (0, 0, 0)
    assert shade((100, 50, 0), -0.5) == (50, 25, 0)
    assert shade((155, 255, 55), 0.5) == (205, 255, 155)


def test_a_canvas_without_masks_has_no_labels() -> None:
    with pytest.raises(ValueError, match="without masks"):
        Canvas(32, masks=False).finish_labels()
