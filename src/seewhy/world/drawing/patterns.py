"""Stripes, spots and checks, to be laid over a thing's body."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from seewhy.world.drawing.pen import Color


def make_pattern(
    pattern: str, color: Color, side: int, unit: float, generator: np.random.Generator
) -> Image.Image | None:
    """A transparent picture with the pattern all over; ``None`` for ``plain``.

    Args:
        pattern: of ``catalogue.PATTERNS``.
        color: of the stripes, spots or checks.
        side: height and width, in pixels.
        unit: height of the thing, in pixels.
        generator: decides slant and place.
    """
    if pattern == "plain":
        return None
    image = Image.new("RGBA", (side, side), (*color, 0))
    draw = ImageDraw.Draw(image)
    {"striped": _stripe, "spotted": _spot, "checkered": _check}[pattern](
        draw, (*color, 255), side, unit, generator
    )
    return image


Ink = tuple[int, int, int, int]


def _stripe(
    draw: ImageDraw.ImageDraw, ink: Ink, side: int, unit: float, generator: np.random.Generator
) -> None:
    step = unit * 0.15
    slant = float(generator.uniform(-0.35, 0.35)) * side
    x = float(generator.uniform(0, step)) - side
    while x < 2 * side:
        draw.line([(x, 0), (x + slant, side)], fill=ink, width=max(round(step * 0.42), 1))
        x += step


def _spot(
    draw: ImageDraw.ImageDraw, ink: Ink, side: int, unit: float, generator: np.random.Generator
) -> None:
    step = unit * 0.17
    shift = generator.uniform(0, step, 2)
    for row in range(math.ceil(side / step) + 2):
        for column in range(math.ceil(side / step) + 2):
            x = (column + 0.5 * (row % 2) - 1) * step + shift[0]
            y = (row - 1) * step * 0.9 + shift[1]
            r = step * 0.27
            draw.ellipse((x - r, y - r, x + r, y + r), fill=ink)


def _check(
    draw: ImageDraw.ImageDraw, ink: Ink, side: int, unit: float, generator: np.random.Generator
) -> None:
    step = unit * 0.11
    shift = generator.uniform(0, step, 2)
    for row in range(math.ceil(side / step) + 2):
        for column in range(row % 2, math.ceil(side / step) + 2, 2):
            x, y = (column - 1) * step + shift[0], (row - 1) * step + shift[1]
            draw.rectangle((x, y, x + step, y + step), fill=ink)
