"""Many scenes on one sheet, each with its words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import font_manager
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from seewhy.errors import InvalidArgumentError
from seewhy.world.captions import caption_scene
from seewhy.world.drawing.scenes import Drawing, draw_scene
from seewhy.world.scene import Scene

MARGIN, LINE = 8, 15
_TINTS = np.array(
    [(230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0)]
)


def make_contact_sheet(
    scenes: Sequence[Scene], *, size: int = 224, columns: int = 6, masks: bool = False
) -> Image.Image:
    """Draw scenes side by side, each over the name of its main thing and a caption.

    Args:
        scenes: at least one.
        size: height and width of each picture, in pixels.
        columns: pictures in a row.
        masks: whether to tint the parts of every thing.

    Raises:
        InvalidArgumentError: if there is no scene, no column, or ``size`` is out of range.
    """
    if not scenes or columns < 1:
        raise InvalidArgumentError(
            f"A contact sheet needs a scene and a column, got {len(scenes)} and {columns}."
        )
    columns = min(columns, len(scenes))
    cell = (size + MARGIN, size + 3 * LINE + MARGIN)
    rows = -(-len(scenes) // columns)
    sheet = Image.new("RGB", (columns * cell[0] + MARGIN, rows * cell[1] + MARGIN), "white")
    draw = ImageDraw.Draw(sheet)
    bold, plain = _font("bold", 13), _font("normal", 11)
    for number, scene in enumerate(scenes):
        x = MARGIN + number % columns * cell[0]
        y = MARGIN + number // columns * cell[1]
        drawing = draw_scene(scene, size, masks=masks)
        pixels = tint_parts(drawing) if masks else drawing.image
        sheet.paste(Image.fromarray(pixels), (x, y))
        thing = scene.things[0]
        title = f"{thing.color} {thing.name}" + (f", {thing.action}" if thing.action else "")
        title = _wrap(title, bold, size)[0]
        draw.text((x, y + size + 2), title, fill=(30, 30, 40), font=bold)
        caption = caption_scene(scene)[0]
        for row, text in enumerate(_wrap(caption, plain, size)[:2]):
            draw.text((x, y + size + 2 + (row + 1) * LINE), text, fill=(90, 90, 100), font=plain)
    return sheet


def tint_parts(drawing: Drawing) -> NDArray[np.uint8]:
    """The picture with each part in a tint of its own, (size, size, 3)."""
    image = drawing.image.astype(np.float32)
    for parts in drawing.part_masks:
        for number, mask in enumerate(parts.values()):
            image[mask] = 0.35 * image[mask] + 0.65 * _TINTS[number % len(_TINTS)]
    return image.astype(np.uint8)


def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    properties = font_manager.FontProperties(family="DejaVu Sans", weight=weight)
    return ImageFont.truetype(font_manager.findfont(properties), size)


def _wrap(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    first, *others = text.split()
    lines = [first]
    for word in others:
        longer = f"{lines[-1]} {word}"
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
