"""Words beside and on pictures: all there, all inside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from seewhy.errors import InvalidArgumentError
from seewhy.images.colors import PART_COLORS
from seewhy.images.fonts import load_font, wrap_text
from seewhy.images.heatmaps import HeatScale, color_heat
from seewhy.images.labels import draw_label
from seewhy.images.legends import draw_legend, draw_scale

LONG = "long dark beams carrying a heavy roof of many glazed tiles"
words = st.text(st.characters(codec="ascii", categories=["L"]), max_size=30)


@settings(deadline=None)
@given(st.lists(words, max_size=12), st.integers(40, 300))
def test_wrapped_lines_fit_and_lose_no_letter(given_words: list[str], width: int) -> None:
    text = " ".join(given_words)
    lines = wrap_text(text, width, 14)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert lines
    assert all(load_font(14).getlength(line) <= width for line in lines)


def test_lines_break_between_words_where_they_can() -> None:
    assert wrap_text("a b", 1000, 14) == ["a b"]
    lines = wrap_text(LONG, 150, 14)
    assert " ".join(lines) == LONG
    assert len(lines) > 2


def test_no_width_is_too_small_for_one_letter_a_line() -> None:
    assert wrap_text("roof", 1, 14) == ["r", "o", "o", "f"]


def test_a_legend_shows_each_color_in_order_and_grows_with_its_texts() -> None:
    strip = draw_legend([(color, "part") for color in PART_COLORS], width=200)
    column = np.asarray(strip)[:, 14].tolist()
    shown = [tuple(pixel) for pixel in column if tuple(pixel) in PART_COLORS]
    assert list(dict.fromkeys(shown)) == list(PART_COLORS)
    short, long = (draw_legend([(PART_COLORS[0], text)], width=200) for text in ("roof", LONG))
    assert (strip.width, short.width, long.width) == (200, 200, 200)
    assert long.height > 2 * short.height


def test_the_words_of_a_legend_stay_inside_it() -> None:
    pixels = np.asarray(
        draw_legend([(PART_COLORS[0], LONG), (PART_COLORS[1], "x" * 60)], width=160)
    )
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 255).all()
    assert (pixels[:, 40:] < 128).any()


@pytest.mark.parametrize("scale", [HeatScale(0.0, 3.0), HeatScale(-0.25, 0.25)])
def test_a_scale_runs_through_its_colors_from_low_to_high(scale: HeatScale) -> None:
    pixels = np.asarray(draw_scale(scale, width=214))
    bar = pixels[15, 7:207]  # between the margins
    expected = color_heat(np.linspace(scale.low, scale.high, 200), scale)
    np.testing.assert_array_equal(bar[1:-1], expected[1:-1])  # without the frame
    assert (pixels[-21:-1] < 128).any()  # numbers below


def test_impossible_legends_are_told() -> None:
    with pytest.raises(InvalidArgumentError, match="at least one entry"):
        draw_legend([])
    with pytest.raises(InvalidArgumentError, match="at least 49 wide, got 30"):
        draw_legend([(PART_COLORS[0], "roof")], width=30)
    with pytest.raises(InvalidArgumentError, match="does not fit 40 pixels"):
        draw_scale(HeatScale(0.0, 1.0), width=40)
    with pytest.raises(InvalidArgumentError, match="at least 1 pixel high, got 0"):
        load_font(0)


@pytest.mark.parametrize("at", [(100, 60), (0, 0), (200, 120), (-50, 300)])
@pytest.mark.parametrize("text", ["roof", LONG])
def test_a_label_lies_whole_inside_the_picture(at: tuple[int, int], text: str) -> None:
    image = Image.new("RGB", (200, 120), (10, 10, 10))
    reference = np.asarray(draw_label(image, text, (100, 60), PART_COLORS[0]))
    found = np.asarray(draw_label(image, text, at, PART_COLORS[0]))
    background = (found == 10).all(2)
    # no part of the tag is lost at an edge, wherever it was put
    assert (~background).sum() == (reference != 10).any(2).sum()
    rows, columns = np.nonzero(~background)
    center = ((columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2)
    if at == (100, 60):
        assert center == pytest.approx(at, abs=1.5)
    assert not (np.asarray(image) != 10).any()  # drawn on a copy


def test_a_label_in_a_tiny_picture_is_cut_off_and_not_an_error() -> None:
    assert draw_label(Image.new("RGB", (6, 4)), LONG, (3, 2), PART_COLORS[0]).size == (6, 4)
