"""Colors: those of published figures, and a palette that color-blind people can tell apart."""

from __future__ import annotations

Color = tuple[int, int, int]

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
    (150, 150, 150),
)
"""Okabe and Ito's palette, which stays apart in all common kinds of color blindness."""


def to_hex(color: Color) -> str:
    """A color as web pages write it.

    Example:
        >>> to_hex((230, 159, 0))
        '#e69f00'
    """
    return f"#{color[0]:02x}{color[1]:02x}{color[2]:02x}"
