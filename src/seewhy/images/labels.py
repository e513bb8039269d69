"""Words on pictures."""

from __future__ import annotations

from PIL import Image, ImageDraw

from seewhy.images.colors import Color, contrast_with
from seewhy.images.fonts import load_font, wrap_text


def draw_label(
    image: Image.Image, text: str, at: tuple[float, float], color: Color, *, text_size: int = 14
) -> Image.Image:
    """The picture with a tag of words on it, as a new picture.

    The tag is moved so far that it lies inside the picture, and broken into lines where it is
    wider than that; in a picture lower than the tag its end is cut off.

    Args:
        image: an RGB picture.
        text: the words, black or white, whichever reads better.
        at: x and y of the middle of the tag.
        color: of the tag.
        text_size: height of the letters in pixels.

    Raises:
        InvalidArgumentError: if ``text_size`` is below 1.
    """
    margin, font = max(2, text_size // 3), load_font(text_size)
    lines = wrap_text(text, max(1, image.width - 2 * margin), text_size)
    step = round(1.35 * text_size)
    width = round(max(font.getlength(line) for line in lines)) + 2 * margin
    height = step * len(lines) + margin
    left = _keep_inside(at[0] - width / 2, width, image.width)
    top = _keep_inside(at[1] - height / 2, height, image.height)
    labelled = image.copy()
    draw = ImageDraw.Draw(labelled)
    box = (left, top, left + width - 1, top + height - 1)
    draw.rounded_rectangle(box, radius=margin, fill=color)
    for number, line in enumerate(lines):
        place = (left + margin, top + margin / 2 + (number + 0.5) * step)
        draw.text(place, line, fill=contrast_with(color), font=font, anchor="lm")
    return labelled


def _keep_inside(start: float, length: int, room: int) -> int:
    """Where something of that length begins, so that it ends inside if it can."""
    return max(0, min(round(start), room - length))
