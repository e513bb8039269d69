"""Stripes, spots and checks, to be laid over a thing's body."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from seewhy.world.drawing.pen import Color, Pattern

Box = tuple[float, float, float, float]


def make_pattern(
    pattern: str,
    color: Color,
    side: int,
    *,
    unit: float,
    box: Box,
    generator: np.random.Generator,
) -> Pattern | None:
    """A pattern over the part of a canvas where a thing is; ``None`` for ``plain``.

    Args:
        pattern: of ``catalogue.PATTERNS``.
        color: of the stripes, spots or checks.
        side: height and width of the canvas, in pixels.
        unit: height of the thing, in pixels.
        box: left, top, right and bottom of what needs a pattern, in pixels.
        generator: decides slant and place.
    """
    if pattern == "plain":
        return None
    mask = Image.new("L", (side, side))
    shift = generator.uniform(0, 1, 2)
    draw = ImageDraw.Draw(mask)
    {"striped": _stripe, "spotted": _spot, "checkered": _check}[pattern](draw, unit, box, shift)
    return Pattern(mask, color)


def _stripe(draw: ImageDraw.ImageDraw, unit: float, box: Box, shift: np.ndarray) -> None:
    step = unit * 0.15
    left, top, right, bottom = box
    slant = (float(shift[0]) - 0.5) * 0.7  # across for each step down
    lean = abs(slant) * (bottom - top)
    for number in range(math.floor((left - lean) / step), math.ceil((right + lean) / step) + 1):
        x = (number + float(shift[1])) * step
        ends = [(x + slant * (y - unit / 2), y) for y in (top, bottom)]
        draw.line(ends, fill=255, width=max(round(step * 0.42), 1))


def _spot(draw: ImageDraw.ImageDraw, unit: float, box: Box, shift: np.ndarray) -> None:
    step, low = unit * 0.17, unit * 0.17 * 0.9
    radius = step * 0.27
    for row in _range(box[1], box[3], low):
        for column in _range(box[0], box[2], step):
            x = (column + 0.5 * (row % 2) + shift[0]) * step
            y = (row + shift[1]) * low
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _check(draw: ImageDraw.ImageDraw, unit: float, box: Box, shift: np.ndarray) -> None:
    step = unit * 0.11
    for row in _range(box[1], box[3], step):
        for column in _range(box[0], box[2], step):
            if (row + column) % 2:
                x, y = (column + shift[0]) * step, (row + shift[1]) * step
                draw.rectangle((x, y, x + step, y + step), fill=255)


def _range(start: float, end: float, step: float) -> range:
    """Numbers of the rows or columns that reach into a stretch of the canvas."""
    return range(math.floor(start / step) - 1, math.ceil(end / step) + 1)
