"""Elephant, giraffe, lion, zebra. All face right; one high around (0, 0)."""

from __future__ import annotations

import math

from seewhy.world.drawing.look import BLACK, BROWN, GRAY, WHITE, Look
from seewhy.world.drawing.pen import Color, Points, shade

_TRUNK = [(0.46, -0.2), (0.56, 0.02), (0.54, 0.22), (0.48, 0.33), (0.55, 0.42), (0.62, 0.36)]
_TRUNK_AT_REST = [(0.46, -0.2), (0.55, -0.04), (0.52, 0.1), (0.52, 0.2), (0.6, 0.23), (0.63, 0.16)]


def draw_elephant(look: Look) -> None:
    """An elephant from the side, its trunk hanging down; on its belly when asleep."""
    skin, body = look.color, look.moved(0, 0.22 if look.asleep else 0.0)
    tail = [(-0.5, -0.05), (-0.6 - 0.03 * look.sway, 0.1), (-0.58, 0.2 if look.asleep else 0.26)]
    body.pen.line("tail", tail, 0.03, look.dark)
    body.pen.ellipse("tail", (tail[-1][0], tail[-1][1] + 0.02), (0.03, 0.05), BLACK)
    for x, front in ((-0.2, False), (0.16, True)):
        _elephant_leg(look, x, front=front, far=True, color=look.dark)
    trunk = [(-0.5, -0.05), (-0.35, -0.33), (0.0, -0.38), (0.24, -0.3), (0.28, 0.1), (-0.45, 0.2)]
    body.pen.blob("", trunk, skin, patterned=True)
    for x, front in ((-0.34, False), (0.08, True)):
        _elephant_leg(look, x, front=front, far=False, color=skin)
    _elephant_head(body)


def _elephant_leg(look: Look, x: float, *, front: bool, far: bool, color: Color) -> None:
    path = look.leg(x, top=0.08, foot=0.43, front=front, far=far)
    look.pen.line("legs", path, 0.135, color)
    foot_x, foot_y = path[-1]
    for toe in (-0.045, 0.0, 0.045):
        look.pen.ellipse("legs", (foot_x + toe, foot_y + 0.045), (0.02, 0.02), WHITE)


def _elephant_head(look: Look) -> None:
    pen, skin = look.pen, look.color
    pen.ellipse("", (0.32, -0.22), (0.21, 0.22), skin)
    curve = _TRUNK_AT_REST if look.asleep else _TRUNK
    pen.line("trunk", [(x, y + 0.03 * look.sway * x) for x, y in curve], 0.105, skin)
    for x, y in ((0.55, 0.0), (0.55, 0.07)) if look.asleep else ((0.55, 0.0), (0.55, 0.09)):
        pen.line("trunk", [(x - 0.045, y), (x + 0.045, y + 0.01)], 0.014, look.dark)
    if not look.asleep:
        for x, y in ((0.54, 0.18), (0.52, 0.26)):
            pen.line("trunk", [(x - 0.045, y), (x + 0.045, y + 0.01)], 0.014, look.dark)
    pen.line("tusks", [(0.4, 0.0), (0.47, 0.12), (0.62, 0.13)], 0.05, WHITE)
    ear = [(0.16, -0.4), (0.3, -0.35), (0.29, -0.1), (0.17, 0.06), (0.02, 0.0), (0.0, -0.28)]
    pen.blob("ears", ear, shade(skin, -0.2))
    pen.blob("ears", [(x * 0.62 + 0.055, y * 0.62 - 0.08) for x, y in ear], shade(skin, 0.12))
    look.eye("", 0.4, -0.27, 0.036)
    pen.line("", [(0.34, 0.0), (0.38, 0.04), (0.43, 0.03)], 0.016, look.dark)


def draw_giraffe(look: Look) -> None:
    """A giraffe from the side, its neck up even in sleep."""
    coat, body = look.color, look.moved(0, 0.2 if look.asleep else 0.0)
    tail = [(-0.3, 0.06), (-0.37 - 0.03 * look.sway, 0.2), (-0.35, 0.24)]
    body.pen.line("", tail, 0.024, look.dark)
    body.pen.ellipse("", (-0.35, 0.26), (0.022, 0.035), BROWN)
    for x, front in ((-0.17, False), (0.1, True)):
        _hoofed_leg(look, x, front=front, far=True, color=look.dark, hooves=BROWN, width=0.05)
    for x, front in ((-0.25, False), (0.03, True)):
        _hoofed_leg(look, x, front=front, far=False, color=coat, hooves=BROWN, width=0.05)
    trunk = [(-0.3, 0.08), (-0.2, 0.0), (0.02, -0.03), (0.13, 0.03), (0.1, 0.18), (-0.26, 0.2)]
    body.pen.blob("", trunk, coat, patterned=True)
    _giraffe_head(body)


def _giraffe_head(look: Look) -> None:
    pen, coat = look.pen, look.color
    neck = [(-0.02, 0.06), (0.12, 0.1), (0.25, -0.32), (0.15, -0.38)]
    pen.line("mane", [(-0.03, 0.02), (0.06, -0.18), (0.15, -0.4)], 0.05, BROWN)
    pen.polygon("neck", neck, coat, patterned=True)
    for x in (0.16, 0.22):
        pen.line("horns", [(x, -0.4), (x + 0.0, -0.475)], 0.022, coat)
        pen.ellipse("horns", (x, -0.482), (0.022, 0.02), BROWN)
    pen.blob("", [(0.13, -0.42), (0.25, -0.43), (0.37, -0.33), (0.36, -0.27), (0.16, -0.32)], coat)
    pen.ellipse("", (0.345, -0.3), (0.045, 0.038), look.light)
    pen.ellipse("", (0.1, -0.405), (0.05, 0.022), look.dark, angle=20)
    look.eye("", 0.23, -0.375, 0.03)
    pen.ellipse("", (0.365, -0.31), (0.008, 0.008), BLACK)
    pen.line("", [(0.3, -0.275), (0.34, -0.268), (0.375, -0.285)], 0.008, BROWN)


def _hoofed_leg(
    look: Look, x: float, *, front: bool, far: bool, color: Color, hooves: Color, width: float
) -> Points:
    """A thin leg on a hoof; returns its hip, knee and foot."""
    path = look.leg(x, top=0.12, foot=0.45, front=front, far=far)
    look.pen.line("legs", path, width, color)
    foot_x, foot_y = path[-1]
    half = width * 0.65
    hoof = [(-half, 0.0), (half, 0.0), (half * 1.25, 0.05), (-half * 1.25, 0.05)]
    look.pen.polygon(
        "hooves",
        [(foot_x + x, foot_y + y) for x, y in hoof],
        hooves,
    )
    return path


def draw_lion(look: Look) -> None:
    """A lion from the side, its face turned to us; its chin on its paws when asleep."""
    coat, body = look.color, look.moved(0, 0.2 if look.asleep else 0.0)
    mane = shade((150, 84, 34), 0.0 if sum(coat) > 330 else 0.25)
    tip = (-0.58 + 0.05 * look.sway, -0.26)
    body.pen.line("tail", [(-0.42, 0.04), (-0.56, -0.06), tip], 0.045, coat)
    body.pen.ellipse("tail", (tip[0], tip[1] - 0.05), (0.055, 0.07), mane)
    for x, front in ((-0.25, False), (0.24, True)):
        path = look.leg(x, top=0.18, foot=0.43, front=front, far=True)
        look.pen.line("legs", path, 0.095, look.dark)
    trunk = [(-0.45, 0.02), (-0.25, -0.1), (0.1, -0.12), (0.26, 0.02), (0.2, 0.24), (-0.4, 0.24)]
    body.pen.blob("", trunk, coat, patterned=True)
    for x, front in ((-0.35, False), (0.17, True)):
        path = look.leg(x, top=0.16, foot=0.43, front=front, far=False)
        look.pen.line("legs", path, 0.105, coat)
        foot = (path[-1][0] + 0.03, path[-1][1] + 0.025)
        look.pen.ellipse("legs", foot, (0.085, 0.045), look.light)
    _lion_head(body.moved(0.0, 0.02 * look.sway), mane)


def _lion_head(look: Look, mane: Color) -> None:
    pen, coat = look.pen, look.color
    points = []
    for step in range(24):
        t, r = 2 * math.pi * step / 24, 0.35 if step % 2 else 0.29
        points.append((0.29 + r * math.cos(t) * 0.92, -0.15 + r * math.sin(t)))
    pen.polygon("mane", points, mane)
    for side in (-1, 1):
        pen.ellipse("ears", (0.29 + side * 0.17, -0.33), (0.07, 0.065), coat)
        pen.ellipse("ears", (0.29 + side * 0.17, -0.33), (0.035, 0.033), look.dark)
    pen.ellipse("", (0.29, -0.15), (0.2, 0.195), coat)
    pen.ellipse("", (0.29, -0.06), (0.12, 0.09), look.light)
    for side in (-1, 1):
        look.eye("", 0.29 + side * 0.085, -0.2, 0.042)
        smile = [(0.29, -0.07), (0.29 + side * 0.025, -0.03), (0.29 + side * 0.075, -0.045)]
        pen.line("", smile, 0.015, BLACK)
    pen.polygon("nose", [(0.23, -0.13), (0.35, -0.13), (0.29, -0.06)], BLACK)


def draw_zebra(look: Look) -> None:
    """A zebra from the side, its neck raised."""
    coat, body = look.color, look.moved(0, 0.21 if look.asleep else 0.0)
    tail = [(-0.42, -0.02), (-0.52 - 0.03 * look.sway, 0.1), (-0.5, 0.22)]
    body.pen.line("tail", tail, 0.028, coat)
    body.pen.ellipse("tail", (-0.5, 0.24), (0.03, 0.055), BLACK)
    for x, front in ((-0.24, False), (0.14, True)):
        _zebra_leg(look, x, front=front, far=True, color=look.dark)
    for x, front in ((-0.35, False), (0.05, True)):
        _zebra_leg(look, x, front=front, far=False, color=coat)
    trunk = [(-0.44, 0.0), (-0.25, -0.11), (0.05, -0.12), (0.2, -0.04), (0.16, 0.2), (-0.38, 0.21)]
    body.pen.blob("", trunk, coat, patterned=True)
    _zebra_head(body)


def _zebra_leg(look: Look, x: float, *, front: bool, far: bool, color: Color) -> None:
    path = _hoofed_leg(look, x, front=front, far=far, color=color, hooves=BLACK, width=0.062)
    (knee_x, knee_y), (foot_x, foot_y) = path[1], path[2]
    for t in (0.1, 0.45, 0.8):  # bands across the lower leg, which lies flat in sleep
        x, y = knee_x + (foot_x - knee_x) * t, knee_y + (foot_y - knee_y) * t
        across = (0.0, 0.03) if look.asleep else (0.03, 0.0)
        ends = [(x - across[0], y - across[1]), (x + across[0], y + across[1])]
        look.pen.line("legs", ends, 0.02, BLACK)


def _zebra_head(look: Look) -> None:
    pen, coat = look.pen, look.color
    for x, y in ((0.09, -0.2), (0.15, -0.28), (0.21, -0.36), (0.26, -0.42)):
        pen.ellipse("mane", (x - 0.045, y), (0.055, 0.05), BLACK)
    pen.polygon("", [(0.02, -0.02), (0.2, 0.06), (0.38, -0.3), (0.26, -0.4)], coat, patterned=True)
    pen.blob("", [(0.24, -0.42), (0.36, -0.4), (0.54, -0.22), (0.48, -0.15), (0.28, -0.25)], coat)
    for x, y in ((0.4, -0.26), (0.44, -0.235)):
        pen.line("", [(x - 0.02, y + 0.05), (x + 0.03, y - 0.05)], 0.02, BLACK)
    pen.ellipse("muzzle", (0.5, -0.19), (0.072, 0.06), GRAY)
    pen.ellipse("muzzle", (0.53, -0.2), (0.012, 0.012), BLACK)
    for x in (0.25, 0.33):
        pen.blob("", [(x - 0.025, -0.4), (x, -0.5), (x + 0.035, -0.4)], coat)
    look.eye("", 0.36, -0.33, 0.04)
