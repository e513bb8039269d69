"""The font of words on pictures."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import ImageFont

from seewhy.errors import InvalidArgumentError


@cache
def load_font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which matplotlib carries, at ``size`` pixels.

    Raises:
        InvalidArgumentError: if ``size`` is below 1.
    """
    from matplotlib import get_data_path

    if size < 1:
        raise InvalidArgumentError(f"A font is at least 1 pixel high, got {size}.")
    return ImageFont.truetype(str(Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")), size)


def wrap_text(text: str, width: float, size: int) -> list[str]:
    """Lines of ``text`` that are at most ``width`` pixels wide.

    Broken between words; a word too long for a line is broken inside. Never empty.
    """
    font = load_font(size)
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if font.getlength(longer) <= width:
            lines[-1:] = [longer]
        else:
            lines += _break_word(word, width, font)
    return lines or [""]


def _break_word(word: str, width: float, font: ImageFont.FreeTypeFont) -> list[str]:
    """Pieces of a word that fit, at least one letter each."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and font.getlength(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces
