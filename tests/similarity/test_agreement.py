"""Maps of two views drawn on the picture they came from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from seewhy.errors import ShapeError
from seewhy.images.views import View, make_views
from seewhy.similarity.agreement import find_agreement, place_on_picture

SIZE = (40, 60)


def make_hill(size: tuple[int, int] = SIZE) -> np.ndarray:
    y, x = np.indices(size)
    return np.exp(-((y - 22) ** 2 + (x - 31) ** 2) / 150)


def cut_view(crop: tuple[float, float, float, float], flipped: bool, size: int = 48) -> View:
    return View(Image.new("RGB", (size, size)), crop, flipped)


def see(heat: np.ndarray, view: View) -> np.ndarray:
    """The part of a picture's map that a view shows, by the view's own geometry."""
    rows, columns = view.size
    y, x = np.indices((rows, columns))
    places = view.locate(np.stack([x.reshape(-1), y.reshape(-1)], 1))
    near = np.rint(places).astype(int)
    clipped = near[:, 1].clip(0, SIZE[0] - 1), near[:, 0].clip(0, SIZE[1] - 1)
    return heat[clipped].reshape(rows, columns)


@pytest.mark.parametrize("flipped", [False, True])
def test_a_map_lands_where_its_view_was_cut_out(flipped: bool) -> None:
    hill, view = make_hill(), cut_view((8.0, 12.0, 30.0, 36.0), flipped)
    placed = place_on_picture(see(hill, view), view, SIZE)
    inside = np.zeros(SIZE, bool)
    inside[8:38, 12:48] = True
    np.testing.assert_array_equal(np.isfinite(placed), inside)
    np.testing.assert_allclose(placed[inside], hill[inside], atol=0.06)


def test_views_of_one_map_agree_and_of_another_do_not() -> None:
    views = (cut_view((2, 4, 34, 40), False), cut_view((6, 14, 30, 44), True))
    hill = make_hill()
    seen = see(hill, views[0]), see(hill, views[1])
    found = find_agreement(seen, views, SIZE)
    assert found.correlation > 0.98
    assert find_agreement((seen[0], -seen[1]), views, SIZE).correlation < -0.98
    assert 0.5 < found.overlap < 1


def test_views_without_anything_in_common_say_nothing() -> None:
    views = (cut_view((0, 0, 20, 20), False), cut_view((20, 30, 20, 30), False))
    found = find_agreement((np.ones((48, 48)),) * 2, views, SIZE)
    assert math.isnan(found.correlation)
    assert found.overlap == 0


def test_a_flat_map_says_nothing() -> None:
    view = cut_view((0, 0, 40, 60), False)
    assert math.isnan(find_agreement((np.ones((48, 48)),) * 2, (view, view), SIZE).correlation)


def test_the_published_views_know_where_they_came_from() -> None:
    picture = Image.fromarray((make_hill() * 255).astype(np.uint8)).convert("RGB")
    views = make_views(picture, "simclr", generator=3)
    first, second = views[0], views[1]
    found = find_agreement(
        (see(make_hill(), first), see(make_hill(), second)), (first, second), SIZE
    )
    assert math.isnan(found.correlation) or found.correlation > 0.9


def test_a_map_of_another_size_is_refused() -> None:
    with pytest.raises(ShapeError, match="they must be alike"):
        place_on_picture(np.ones((3, 3)), cut_view((0, 0, 9, 9), False), SIZE)
