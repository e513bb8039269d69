"""What tells an action at a glance: shadows, branches, z for sleep, lines for speed, water."""

from __future__ import annotations

import numpy as np
from PIL import Image

from seewhy.world.catalogue import PERCHED, PERCHING, shape_of
from seewhy.world.drawing.look import WHITE
from seewhy.world.drawing.pen import Canvas, Color, shade
from seewhy.world.scene import Thing

_BARK: Color = (106, 74, 50)
_ROCK: Color = (112, 108, 108)
_FOAM: Color = (206, 236, 248)
_FEET = {"owl": 0.47, "parrot": 0.345}  # where a bird's claws are, in its own frame
_WATERLINE = {"duck": 0.17, "turtle": 0.27, "whale": 0.24, "sailboat": 0.4}


def bottom_of(thing: Thing) -> float:
    """Lowest point of a thing, as a fraction of the picture's height."""
    return thing.center[1] + thing.scale / 2


def draw_ground_signs(canvas: Canvas, thing: Thing, background: str) -> None:
    """What is under or behind a thing, drawn before it: a shadow, a branch, a rock, ripples."""
    if thing.action in ("flying", "swimming", "sailing"):
        return
    if thing.name in PERCHING and background in PERCHED:
        _draw_branch(canvas, thing)
    elif background == "sea" and thing.family == "building":
        _draw_rock(canvas, thing)
    elif background == "sea":
        _draw_ripples(canvas, thing)
    else:
        _draw_shadow(canvas, thing)


def draw_action_signs(canvas: Canvas, thing: Thing, *, flip: bool) -> None:
    """What goes over or beside a thing, drawn after it."""
    if thing.action == "sleeping":
        _draw_sleep(canvas, thing, ahead=-1 if flip else 1)
    elif thing.action in ("running", "driving", "flying"):
        _draw_speed(canvas, thing, back=1 if flip else -1)
    elif thing.action in ("swimming", "sailing"):
        if thing.name in _WATERLINE:
            _draw_water(canvas, thing, _WATERLINE[thing.name])
        else:
            _draw_bubbles(canvas, thing, ahead=-1 if flip else 1)


def _width_of(thing: Thing) -> float:
    return thing.scale * shape_of(thing.name, thing.action)[1]


def _disk(canvas: Canvas, x: float, y: float, rx: float, ry: float, color: Color) -> None:
    side = canvas.side
    canvas.draw.ellipse(
        ((x - rx) * side, (y - ry) * side, (x + rx) * side, (y + ry) * side), fill=color
    )


def _draw_shadow(canvas: Canvas, thing: Thing) -> None:
    """A shadow on the ground; far below a thing that jumps."""
    (x, _), y, edge = thing.center, bottom_of(thing), canvas.side - 1
    if thing.action == "jumping":
        y += 0.09
    row, column = min(int(y * canvas.side), edge), min(max(int(x * canvas.side), 0), edge)
    beneath = canvas.image.crop((column, row, column + 1, row + 1))
    red, green, blue = np.asarray(beneath)[0, 0].tolist()
    shrink = 0.32 if thing.action == "jumping" else 0.42
    _disk(canvas, x, y, _width_of(thing) * shrink, 0.018, shade((red, green, blue), -0.3))


def _draw_branch(canvas: Canvas, thing: Thing) -> None:
    side, x = canvas.side, thing.center[0]
    y = thing.center[1] + thing.scale * _FEET[thing.name]
    reach = thing.scale * 0.5
    ends = [((x - reach) * side, (y + 0.012) * side), ((x + reach) * side, y * side)]
    canvas.draw.line(ends, fill=_BARK, width=max(side // 30, 2))
    twig = [((x + reach * 0.6) * side, y * side), ((x + reach) * side, (y - 0.06) * side)]
    canvas.draw.line(twig, fill=_BARK, width=max(side // 60, 1))
    for dx, dy in ((1.0, -0.07), (0.86, -0.05), (-1.0, 0.0)):
        _disk(canvas, x + reach * dx, y + dy, 0.03, 0.016, (92, 150, 76))


def _draw_rock(canvas: Canvas, thing: Thing) -> None:
    side, (x, _), y = canvas.side, thing.center, bottom_of(thing)
    half = _width_of(thing) * 0.62
    corners = [
        (-1.15, 0.06),
        (-0.9, -0.03),
        (-0.4, -0.07),
        (0.3, -0.06),
        (0.85, -0.02),
        (1.2, 0.06),
    ]
    outline = [((x + a * half) * side, (y + b) * side) for a, b in corners]
    canvas.draw.polygon(outline, fill=_ROCK)
    canvas.draw.line(outline[1:4], fill=shade(_ROCK, 0.25), width=max(side // 90, 1))
    _draw_waves(canvas, x, y + 0.05, half * 2.6)


def _draw_ripples(canvas: Canvas, thing: Thing) -> None:
    """Rings where something left the water, or rests in it."""
    side, (x, _), y = canvas.side, thing.center, min(bottom_of(thing) + 0.03, 0.95)
    for reach in (0.3, 0.48):
        rx, ry = _width_of(thing) * reach * side, reach * 0.06 * side
        box = (x * side - rx, y * side - ry, x * side + rx, y * side + ry)
        canvas.draw.ellipse(box, outline=_FOAM, width=max(side // 110, 1))
    if thing.action == "jumping":
        for dx, dy in ((-0.22, -0.05), (-0.1, -0.08), (0.08, -0.07), (0.2, -0.04)):
            _disk(canvas, x + dx * _width_of(thing), y + dy, 0.008, 0.012, _FOAM)


def _draw_sleep(canvas: Canvas, thing: Thing, *, ahead: int) -> None:
    """Three growing letters z that rise from the head."""
    side, (x, y) = canvas.side, thing.center
    thick = max(side // 90, 1)
    start = min(max(x + ahead * _width_of(thing) * 0.22, 0.02), 0.81)
    for step in range(3):
        size = (0.022 + 0.012 * step) * side
        left = start * side + step * 0.055 * side
        low = max((y - thing.scale * 0.5) * side - step * 0.035 * side, size * 1.2)
        corners = [(left, low - size), (left + size, low - size), (left, low), (left + size, low)]
        canvas.draw.line(corners, fill=(52, 52, 104), width=2 * thick + 1, joint="curve")
        canvas.draw.line(corners, fill=WHITE, width=thick, joint="curve")


def _draw_speed(canvas: Canvas, thing: Thing, *, back: int) -> None:
    side, (x, y) = canvas.side, thing.center
    start = (x + back * _width_of(thing) * 0.54) * side
    for step, length in ((-0.18, 0.07), (0.0, 0.1), (0.18, 0.06)):
        line_y = (y + step * thing.scale) * side
        ends = [(start, line_y), (start + back * length * side, line_y)]
        canvas.draw.line(ends, fill=WHITE, width=max(side // 90, 1))


def _draw_water(canvas: Canvas, thing: Thing, waterline: float) -> None:
    """Let what is under the water shine through it, below a row of waves."""
    side, (x, y), half = canvas.side, thing.center, _width_of(thing) * 0.6
    top = y + waterline * thing.scale
    box = [round(v * side) for v in (x - half, top, x + half, bottom_of(thing) + 0.04)]
    box = (max(box[0], 0), max(box[1], 0), min(box[2], side), min(box[3], side))
    if canvas.backdrop is not None and box[0] < box[2] and box[1] < box[3]:
        blended = Image.blend(canvas.image.crop(box), canvas.backdrop.crop(box), 0.5)
        canvas.image.paste(blended, box[:2])
    _draw_waves(canvas, x, top, half * 1.9)


def _draw_waves(canvas: Canvas, x: float, y: float, width: float) -> None:
    step = width / 7
    for number in range(7):
        left = (x - width / 2 + number * step) * canvas.side
        tall = step * 0.25 * canvas.side
        box = (left, y * canvas.side - tall, left + step * canvas.side, y * canvas.side + tall)
        canvas.draw.arc(box, 0, 180, fill=_FOAM, width=max(canvas.side // 80, 2))


def _draw_bubbles(canvas: Canvas, thing: Thing, *, ahead: int) -> None:
    side, (x, y) = canvas.side, thing.center
    for number, (dx, dy) in enumerate(((0.5, -0.2), (0.55, -0.36), (0.48, -0.52))):
        cx, cy = x + ahead * _width_of(thing) * dx, y + dy * thing.scale
        r = 0.012 + 0.004 * number
        box = ((cx - r) * side, (cy - r) * side, (cx + r) * side, (cy + r) * side)
        canvas.draw.ellipse(box, outline=_FOAM, width=max(side // 110, 1))
