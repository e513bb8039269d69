"""Colors can be told apart, also by those who see fewer of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from seewhy.errors import InvalidArgumentError
from seewhy.images.colors import (
    PART_COLORS,
    PUBLISHED_PART_COLORS,
    contrast_with,
    measure_luminance,
    pick_colors,
    to_hex,
)

# What is left of linear RGB without one kind of cone: Machado et al. (TVCG 2009), severity 1.
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def see(color: tuple[int, int, int], kind: str) -> np.ndarray:
    """A color in CIE Lab, as someone with that blindness sees it."""
    srgb = np.array(color) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    linear = (np.array(BLINDNESS[kind]) @ linear).clip(0, 1)
    x, y, z = TO_XYZ @ linear / (TO_XYZ @ np.ones(3))
    fx, fy, fz = (c ** (1 / 3) if c > 0.008856 else 7.787 * c + 16 / 116 for c in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def closest(colors: tuple[tuple[int, int, int], ...], kind: str) -> float:
    seen = [see(color, kind) for color in colors]
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))


@pytest.mark.parametrize("kind", BLINDNESS)
def test_parts_are_told_apart_with_every_kind_of_color_blindness(kind: str) -> None:
    assert closest(PART_COLORS, kind) > 15  # 2.3 is a just noticeable difference


def test_the_published_colors_are_not_which_is_why_ours_are_others() -> None:
    assert closest(PUBLISHED_PART_COLORS, "deuteranopia") < 10


def test_the_published_colors_are_red_green_blue_yellow_orange() -> None:
    assert list(map(to_hex, PUBLISHED_PART_COLORS)) == [
        "#ff0000",
        "#00ff00",
        "#0000ff",
        "#ffff00",
        "#ffa500",
    ]


def test_colors_for_many_things_begin_with_the_palette_and_differ() -> None:
    assert pick_colors(3) == list(PART_COLORS[:3])
    assert pick_colors(0) == []
    assert len(set(pick_colors(24))) == 24
    assert closest(tuple(pick_colors(24)), "none") > 5


@pytest.mark.parametrize("count", [-1, 25])
def test_more_colors_than_there_are_is_told(count: int) -> None:
    with pytest.raises(InvalidArgumentError, match=f"asked for {count}"):
        pick_colors(count)


@pytest.mark.parametrize("color", [*pick_colors(24), *PUBLISHED_PART_COLORS])
def test_words_on_any_color_can_be_read(color: tuple[int, int, int]) -> None:
    light, dark = sorted((measure_luminance(color), measure_luminance(contrast_with(color))))[::-1]
    assert (light + 0.05) / (dark + 0.05) >= 4.5  # what WCAG asks of text
