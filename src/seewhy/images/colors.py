"""Colors: those of published figures, and a palette that color-blind people can tell apart."""

from __future__ import annotations

from seewhy.errors import InvalidArgumentError

Color = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

PUBLISHED_PART_COLORS: tuple[Color, ...] = (
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (255, 255, 0),
    (255, 165, 0),
)
"""Red, green, blue, yellow, orange: the parts 0 to 4 in the published figures."""

PART_COLORS: tuple[Color, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (204, 121, 167),
    (213, 94, 0),
    (0, 114, 178),
    (80, 80, 80),
)
"""Okabe and Ito's seven colors and a dark gray, which stay apart in all common kinds of color
blindness. (A middle gray would not: without green cones it looks like the pink.)"""

BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)


def pick_colors(count: int) -> list[Color]:
    """Different colors for ``count`` things.

    The palette first; then the same darker, then lighter. Past eight, words should stand beside
    the colors.

    Raises:
        InvalidArgumentError: if ``count`` is negative or above 24.
    """
    dark = [_blend(color, BLACK) for color in PART_COLORS]
    light = [_blend(color, WHITE) for color in PART_COLORS]
    available = [*PART_COLORS, *dark, *light]
    if not 0 <= count <= len(available):
        raise InvalidArgumentError(
            f"There are {len(available)} colors that can be told apart, asked for {count}. "
            "Show fewer things in one picture."
        )
    return available[:count]


def contrast_with(color: Color) -> Color:
    """Black or white, whichever reads better on a color.

    Source: contrast ratio of WCAG 2.2.

    Example:
        >>> contrast_with((240, 228, 66)), contrast_with((0, 114, 178))
        ((0, 0, 0), (255, 255, 255))
    """
    luminance = measure_luminance(color)
    return BLACK if (luminance + 0.05) ** 2 > 1.05 * 0.05 else WHITE


def measure_luminance(color: Color) -> float:
    """Relative luminance of an sRGB color, from 0 (black) to 1 (white), as in WCAG 2.2."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def to_hex(color: Color) -> str:
    """A color as web pages write it.

    Example:
        >>> to_hex((230, 159, 0))
        '#e69f00'
    """
    return f"#{color[0]:02x}{color[1]:02x}{color[2]:02x}"


def _blend(color: Color, other: Color) -> Color:
    red, green, blue = (round(0.55 * a + 0.45 * b) for a, b in zip(color, other, strict=True))
    return red, green, blue
