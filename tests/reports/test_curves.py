"""Curves as SVG: points where the values put them, texts as texts."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from seewhy.reports.curves import HEIGHT, WIDTH, draw_curves


def points_of(svg: str) -> list[list[tuple[float, float]]]:
    lines = ElementTree.fromstring(svg).iter("polyline")
    found = []
    for line in lines:
        pairs = (pair.split(",") for pair in (line.get("points") or "").split())
        found.append([(float(x), float(y)) for x, y in pairs])
    return found


def test_points_lie_where_their_values_put_them() -> None:
    svg = draw_curves({"a": (4.0, 2.0, 1.0, 0.0)}, {"a": "#123456"}, label="score")
    (points,) = points_of(svg)
    xs, ys = zip(*points, strict=True)
    steps = [b - a for a, b in pairwise(xs)]
    assert steps == pytest.approx([steps[0]] * 3, abs=0.11)  # written with one decimal
    assert xs == tuple(sorted(xs))
    bottom, top = ys[3], ys[0]
    assert top < bottom, "y is down"
    assert (bottom - ys[1]) / (bottom - top) == pytest.approx(0.5, abs=0.01)
    assert (bottom - ys[2]) / (bottom - top) == pytest.approx(0.25, abs=0.01)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)


def test_curves_share_their_axes() -> None:
    svg = draw_curves({"a": (4.0, 0.0), "b": (2.0, 1.0, 0.0)}, {"a": "red", "b": "blue"}, label="")
    long, short = sorted(points_of(svg), key=len, reverse=True)
    assert long[0][0] == short[0][0]
    assert long[1][0] == short[1][0] + (long[2][0] - long[0][0]) / 2 - (short[1][0] - long[0][0])
    assert long[2][1] == short[1][1]
    assert 'stroke="red"' in svg
    assert 'stroke="blue"' in svg
    texts = [text.text for text in ElementTree.fromstring(svg).iter("text")]
    assert "4.0" in texts
    assert "2" in texts


@pytest.mark.parametrize("curves", [{}, {"a": ()}, {"a": (0.0,)}, {"a": (0.0, 0.0)}])
def test_what_has_no_height_can_be_drawn(curves: dict[str, tuple[float, ...]]) -> None:
    svg = draw_curves(curves, {"a": "red"}, label="score")
    numbers = [float(n) for n in re.findall(r'(?:cx|cy)="(-?[\d.]+)"', svg)]
    assert all(0 <= number <= WIDTH for number in numbers)
    assert len(numbers) == 2 * sum(map(len, curves.values()))


def test_texts_are_escaped() -> None:
    svg = draw_curves({"a": (1.0, 0.0)}, {"a": '"/><script/>'}, label="<script/>")
    assert ElementTree.fromstring(svg).find("script") is None
    assert "<script" not in svg
