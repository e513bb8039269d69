"""Legends: what the colors of a picture stand for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from seewhy.errors import InvalidArgumentError
from seewhy.images.colors import BLACK, WHITE, Color
from seewhy.images.fonts import load_font, wrap_text
from seewhy.images.heatmaps import HeatScale, color_heat


def draw_legend(
    entries: Sequence[tuple[Color, str]], *, width: int = 320, text_size: int = 14
) -> Image.Image:
    """A strip of colored squares with a text beside each; long texts take several lines.

    Args:
        entries: color and text, from top to bottom.
        width: of the strip in pixels; its height follows.
        text_size: height of the letters in pixels.

    Raises:
        InvalidArgumentError: if there is no entry, or no room for a letter beside a square.
    """
    gap = text_size // 2
    left = 2 * gap + text_size
    room = width - left - gap
    if not entries:
        raise InvalidArgumentError("A legend needs at least one entry, got none.")
    if room < text_size:
        raise InvalidArgumentError(
            f"A legend with letters of {text_size} pixels must be at least "
            f"{left + gap + text_size} wide, got {width}."
        )
    texts = [wrap_text(text, room, text_size) for _, text in entries]
    line = round(1.35 * text_size)
    height = gap + sum(len(lines) * line + gap for lines in texts)
    strip = Image.new("RGB", (width, height), WHITE)
    draw, y = ImageDraw.Draw(strip), gap
    for (color, _), lines in zip(entries, texts, strict=True):
        square = (gap, y + 1, gap + text_size, y + 1 + text_size)
        draw.rectangle(square, fill=color, outline=BLACK)
        for number, words in enumerate(lines):
            place = (left, y + number * line + text_size / 2)
            draw.text(place, words, fill=BLACK, font=load_font(text_size), anchor="lm")
        y += len(lines) * line + gap
    return strip


def draw_scale(scale: HeatScale, *, width: int = 320, text_size: int = 14) -> Image.Image:
    """A bar with the colors of a scale, and the values of its ends and its middle.

    Args:
        scale: of a heat map.
        width: of the strip in pixels; its height follows.
        text_size: height of the letters in pixels.

    Raises:
        InvalidArgumentError: if the strip is too narrow for its numbers.
    """
    gap, bar = text_size // 2, round(1.2 * text_size)
    values = [scale.low, (scale.low + scale.high) / 2, scale.high]
    words = [format(value, ".3g") for value in values]
    inner, font = width - 2 * gap, load_font(text_size)
    if inner < sum(font.getlength(word) for word in words) + 2 * gap:
        raise InvalidArgumentError(f"A scale with the numbers {words} does not fit {width} pixels.")
    strip = Image.new("RGB", (width, 3 * gap + bar + text_size), WHITE)
    colors = color_heat(np.linspace(scale.low, scale.high, inner)[None], scale)
    strip.paste(Image.fromarray(colors.repeat(bar, 0)), (gap, gap))
    draw, y = ImageDraw.Draw(strip), 2 * gap + bar
    draw.rectangle((gap, gap, gap + inner - 1, gap + bar - 1), outline=BLACK)
    for word, x, anchor in zip(
        words, (gap, width / 2, gap + inner), ("la", "ma", "ra"), strict=True
    ):
        draw.text((x, y), word, fill=BLACK, font=font, anchor=anchor)
    return strip
