"""The places of the world, drawn before anything stands in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from seewhy.world.drawing.pen import Canvas, Color, shade

HORIZON = 0.56
SEA_LEVEL = 0.3
Generator = np.random.Generator
_SKY = {
    "day": ((150, 206, 246), (222, 241, 252)),
    "dusk": ((112, 92, 158), (248, 176, 128)),
    "night": ((18, 24, 56), (52, 60, 108)),
}
_DIM = {"day": 0.0, "dusk": -0.18, "night": -0.42}


def draw_background(canvas: Canvas, background: str, light: str, generator: Generator) -> None:
    """Fill the canvas with a place at a time of day."""
    side, draw = canvas.side, canvas.draw
    _fill_gradient(canvas, *_SKY["night" if background == "night sky" else light], 0, side)
    if background in ("meadow", "beach", "desert", "snow", "sea", "sky") and light != "night":
        x, y, r = generator.uniform(0.1, 0.9) * side, 0.13 * side, 0.06 * side
        sun = (255, 226, 110) if light == "day" else (255, 150, 90)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=sun)
    _PLACES[background](canvas, light, generator)


def _fill_gradient(canvas: Canvas, top: Color, bottom: Color, start: int, end: int) -> None:
    rows = np.linspace(0, 1, max(end - start, 1))[:, None]
    strip = (np.array(top) * (1 - rows) + np.array(bottom) * rows).astype(np.uint8)
    image = Image.fromarray(strip[:, None, :]).resize(
        (canvas.side, len(strip)), Image.Resampling.NEAREST
    )
    canvas.image.paste(image, (0, start))


def _ground(canvas: Canvas, color: Color, light: str, top: float = HORIZON) -> None:
    near = shade(color, _DIM[light])
    _fill_gradient(canvas, shade(near, 0.16), near, round(top * canvas.side), canvas.side)


def _scatter(generator: Generator, count: int, top: float, bottom: float) -> list[list[float]]:
    points = generator.uniform((0, top), (1, bottom), (count, 2))
    return points[np.argsort(points[:, 1])].tolist()


def _cloud(canvas: Canvas, x: float, y: float, width: float, color: Color) -> None:
    for dx, dy, r in ((-0.5, 0.05, 0.28), (0, -0.1, 0.38), (0.5, 0.05, 0.3)):
        cx, cy, s = (
            (x + dx * width) * canvas.side,
            (y + dy * width) * canvas.side,
            r * width * canvas.side,
        )
        canvas.draw.ellipse((cx - 1.4 * s, cy - s, cx + 1.4 * s, cy + s), fill=color)


def _stars(canvas: Canvas, generator: Generator, count: int, bottom: float) -> None:
    for x, y in _scatter(generator, count, 0.02, bottom):
        r = canvas.side * generator.uniform(0.003, 0.008)
        cx, cy = x * canvas.side, y * canvas.side
        canvas.draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(255, 252, 220))


def _night(canvas: Canvas, light: str, generator: Generator) -> None:
    if light == "night":
        _stars(canvas, generator, 22, 0.5)


def _fair_weather(canvas: Canvas, light: str, generator: Generator) -> None:
    """A few clouds, but for the night."""
    color = shade((250, 252, 255), _DIM[light] * 0.8)
    for x, y in _scatter(generator, int(generator.integers(4)), 0.08, 0.34):
        if light != "night":
            _cloud(canvas, x, y, float(generator.uniform(0.08, 0.15)), color)


def _hills(canvas: Canvas, generator: Generator, color: Color) -> None:
    side = canvas.side
    for tone in (0.0, -0.08):
        x, half, rise = generator.uniform((0, 0.35, 0.06), (1, 0.6, 0.14))
        box = ((x - half) * side, (HORIZON - rise) * side, (x + half) * side, 0.8 * side)
        canvas.draw.ellipse(box, fill=shade(color, tone))


def _meadow(canvas: Canvas, light: str, generator: Generator) -> None:
    _night(canvas, light, generator)
    _fair_weather(canvas, light, generator)
    _hills(canvas, generator, shade((134, 190, 122), _DIM[light]))
    _ground(canvas, (112, 184, 86), light)
    side = canvas.side
    for x, y in _scatter(generator, 16, HORIZON + 0.06, 1.0):
        blade, color = 0.02 * side, shade((72, 148, 60), _DIM[light])
        for lean in (-0.5, 0.0, 0.5):
            ends = [(x * side, y * side), (x * side + lean * blade, y * side - blade)]
            canvas.draw.line(ends, fill=color, width=max(side // 160, 1))


def _beach(canvas: Canvas, light: str, generator: Generator) -> None:
    _fair_weather(canvas, light, generator)
    _ground(canvas, (66, 150, 206), light, 0.46)
    _ground(canvas, (236, 212, 150), light, 0.64)
    side = canvas.side
    for x, y in _scatter(generator, 14, 0.68, 1.0):
        r, color = 0.006 * side, shade((190, 160, 104), _DIM[light])
        canvas.draw.ellipse(
            (x * side - 1.6 * r, y * side - r, x * side + 1.6 * r, y * side + r), fill=color
        )


def _street(canvas: Canvas, light: str, generator: Generator) -> None:
    side, x = canvas.side, -0.05
    while x < 1.0:
        width, top = generator.uniform(0.16, 0.28), generator.uniform(0.18, 0.4)
        tone = shade((176, 164, 160), float(generator.uniform(-0.25, 0.2)) + _DIM[light] * 0.8)
        canvas.draw.rectangle((x * side, top * side, (x + width) * side, 0.7 * side), fill=tone)
        lit = (255, 226, 130) if light == "night" else shade(tone, 0.35)
        for wy in np.arange(top + 0.05, 0.6, 0.11):
            for wx in np.arange(x + 0.03, x + width - 0.05, 0.075):
                box = (wx * side, wy * side, (wx + 0.035) * side, (wy + 0.05) * side)
                canvas.draw.rectangle(box, fill=lit)
        x += width + 0.01
    _ground(canvas, (120, 122, 128), light, 0.7)
    for x in np.arange(0.02, 1.0, 0.24):
        box = (x * side, 0.91 * side, (x + 0.13) * side, 0.93 * side)
        canvas.draw.rectangle(box, fill=shade((240, 236, 220), _DIM[light]))


def _forest(canvas: Canvas, light: str, generator: Generator) -> None:
    side, dim = canvas.side, _DIM[light]
    _ground(canvas, (94, 142, 78), light)
    for x, _ in sorted(_scatter(generator, 9, 0, 1)):
        width, top = generator.uniform(0.16, 0.26), generator.uniform(0.02, 0.22)
        color = shade((44, 104, 64), dim + float(generator.uniform(-0.1, 0.15)))
        trunk = ((x - 0.015) * side, 0.5 * side, (x + 0.015) * side, 0.64 * side)
        canvas.draw.rectangle(trunk, fill=shade((96, 70, 50), dim))
        for tier in (0.0, 0.14, 0.28):
            half = width * (0.5 + tier)
            tip, base = (top + tier) * side, (top + tier + 0.22) * side
            canvas.draw.polygon(
                [(x * side, tip), ((x + half) * side, base), ((x - half) * side, base)], fill=color
            )


def _snow(canvas: Canvas, light: str, generator: Generator) -> None:
    side = canvas.side
    hills = [
        (0, 0.5),
        (0.2, 0.36),
        (0.38, 0.5),
        (0.62, 0.32),
        (0.86, 0.5),
        (1, 0.42),
        (1, 0.7),
        (0, 0.7),
    ]
    canvas.draw.polygon(
        [(x * side, y * side) for x, y in hills], fill=shade((186, 208, 228), _DIM[light])
    )
    _ground(canvas, (232, 242, 250), light)
    for x, y in _scatter(generator, 28, 0.02, 0.98):
        r = canvas.side * generator.uniform(0.005, 0.01)
        canvas.draw.ellipse(
            (x * side - r, y * side - r, x * side + r, y * side + r), fill=(255, 255, 255)
        )


def _desert(canvas: Canvas, light: str, generator: Generator) -> None:
    side = canvas.side
    _night(canvas, light, generator)
    left, right = sorted(generator.uniform(0.1, 0.9, 2).tolist())
    for x, height in ((left, 0.16), (right, 0.11)):
        hill = [
            ((x - 0.34) * side, 0.62 * side),
            (x * side, (0.58 - height) * side),
            ((x + 0.34) * side, 0.62 * side),
        ]
        canvas.draw.polygon(hill, fill=shade((214, 150, 96), _DIM[light]))
    _ground(canvas, (230, 186, 116), light)
    for x, y in _scatter(generator, 7, 0.66, 1.0):
        box = ((x - 0.09) * side, (y - 0.012) * side, (x + 0.09) * side, (y + 0.03) * side)
        canvas.draw.arc(
            box, 200, 340, fill=shade((196, 146, 86), _DIM[light]), width=max(side // 120, 1)
        )


def _sea(canvas: Canvas, light: str, generator: Generator) -> None:
    side = canvas.side
    _fair_weather(canvas, light, generator)
    _ground(canvas, (44, 124, 186), light, SEA_LEVEL)
    color = shade((150, 208, 236), _DIM[light])
    for x, y in _scatter(generator, 18, SEA_LEVEL + 0.06, 0.98):
        for step in (0, 1):
            left = (x - 0.05 + 0.05 * step) * side
            box = (left, (y - 0.012) * side, left + 0.05 * side, (y + 0.016) * side)
            canvas.draw.arc(box, 180, 360, fill=color, width=max(side // 130, 1))


def _sky(canvas: Canvas, light: str, generator: Generator) -> None:
    for x, y in _scatter(generator, 5, 0.1, 0.95):
        _cloud(
            canvas,
            x,
            y,
            float(generator.uniform(0.14, 0.26)),
            shade((250, 252, 255), _DIM[light] * 0.6),
        )


def _night_sky(canvas: Canvas, light: str, generator: Generator) -> None:
    side = canvas.side
    _stars(canvas, generator, 46, 0.98)
    x, y, r = generator.uniform(0.12, 0.88) * side, 0.14 * side, 0.085 * side
    canvas.draw.ellipse((x - r, y - r, x + r, y + r), fill=(248, 240, 204))
    canvas.draw.ellipse((x - r * 0.4, y - 1.1 * r, x + 1.5 * r, y + 0.8 * r), fill=(26, 32, 66))
    for left, right, rise in ((-0.3, 0.7, 0.1), (0.35, 1.4, 0.14)):
        hill = (left * side, (0.98 - rise) * side, right * side, 1.3 * side)
        canvas.draw.ellipse(hill, fill=(30, 44, 58))


def _room(canvas: Canvas, light: str, generator: Generator) -> None:
    side, dim = canvas.side, _DIM[light]
    wall = [(226, 206, 178), (196, 214, 204), (222, 196, 204), (200, 206, 228)]
    color = shade(wall[int(generator.integers(len(wall)))], dim)
    canvas.draw.rectangle((0, 0, side, side), fill=color)
    left = 0.08 if generator.random() < 0.5 else 0.62
    frame = (left * side, 0.08 * side, (left + 0.3) * side, 0.4 * side)
    canvas.draw.rectangle(frame, fill=_SKY[light][0], outline=(250, 246, 236), width=side // 50)
    middle = (left + 0.15) * side
    canvas.draw.line(
        [(middle, frame[1]), (middle, frame[3])], fill=(250, 246, 236), width=side // 70
    )
    _ground(canvas, (176, 124, 84), light, 0.72)
    plank = shade((134, 90, 58), dim)
    for y in (0.78, 0.85, 0.93):
        ends = [(0, y * side), (side, y * side)]
        canvas.draw.line(ends, fill=plank, width=max(side // 160, 1))
    rugs = [(170, 76, 76), (78, 112, 150), (108, 138, 96), (150, 110, 160)]
    rug = shade(rugs[int(generator.integers(len(rugs)))], dim)
    for inset, tone in ((0.0, 0.0), (0.03, 0.3), (0.045, 0.0)):
        box = ((0.1 + inset) * side, (0.8 + inset / 2) * side)
        canvas.draw.ellipse(
            (*box, (0.9 - inset) * side, (0.97 - inset / 2) * side), fill=shade(rug, tone)
        )


_PLACES: dict[str, Callable[[Canvas, str, Generator], None]] = {
    "meadow": _meadow,
    "beach": _beach,
    "street": _street,
    "forest": _forest,
    "snow": _snow,
    "desert": _desert,
    "sea": _sea,
    "sky": _sky,
    "night sky": _night_sky,
    "room": _room,
}
