"""Elephant, giraffe, lion, zebra. All face right; one high around (0, 0)."""

from __future__ import annotations

import math

from seewhy.world.drawing.look import BLACK, BROWN, GRAY, WHITE, Look
from seewhy.world.drawing.pen import shade


def draw_elephant(look: Look) -> None:
    """An elephant from the side, its trunk hanging down and curled."""
    pen, skin = look.pen, look.color
    pen.line("tail", [(-0.5, -0.05), (-0.6, 0.1), (-0.58, 0.26)], 0.03, look.dark)
    pen.ellipse("tail", (-0.58, 0.28), (0.03, 0.05), BLACK)
    for x in (-0.34, 0.08):
        _leg(look, x + 0.1, 0.13, look.dark)
    body = [(-0.5, -0.05), (-0.35, -0.33), (0.0, -0.38), (0.24, -0.3), (0.28, 0.1), (-0.45, 0.2)]
    pen.blob("", body, skin, patterned=True)
    for x in (-0.4, 0.02):
        _leg(look, x, 0.14, skin)
    pen.ellipse("", (0.32, -0.22), (0.21, 0.22), skin)
    trunk = [(0.46, -0.2), (0.56, 0.02), (0.54, 0.22), (0.48, 0.33), (0.55, 0.42), (0.62, 0.36)]
    pen.line("trunk", trunk, 0.105, skin)
    for x, y in ((0.55, 0.0), (0.55, 0.09), (0.54, 0.18), (0.52, 0.26)):
        pen.line("trunk", [(x - 0.045, y), (x + 0.045, y + 0.01)], 0.014, look.dark)
    pen.line("tusks", [(0.4, 0.0), (0.47, 0.12), (0.62, 0.13)], 0.05, WHITE)
    ear = [(0.16, -0.4), (0.3, -0.35), (0.29, -0.1), (0.17, 0.06), (0.02, 0.0), (0.0, -0.28)]
    pen.blob("ears", ear, shade(skin, -0.2))
    pen.blob("ears", [(x * 0.62 + 0.055, y * 0.62 - 0.08) for x, y in ear], shade(skin, 0.12))
    look.eye("", 0.4, -0.27, 0.036)


def _leg(look: Look, x: float, width: float, color: tuple[int, int, int]) -> None:
    look.pen.polygon("legs", [(x, 0.1), (x + width, 0.1), (x + width, 0.48), (x, 0.48)], color)
    for toe in (0.25, 0.5, 0.75):
        center = (x + width * toe, 0.465)
        look.pen.ellipse("legs", center, (width * 0.13, 0.022), WHITE)


def draw_giraffe(look: Look) -> None:
    """A giraffe from the side."""
    pen, coat = look.pen, look.color
    pen.line("", [(-0.3, 0.06), (-0.37, 0.2), (-0.35, 0.28)], 0.024, look.dark)
    pen.ellipse("", (-0.35, 0.29), (0.022, 0.04), BROWN)
    for x, color in ((-0.17, look.dark), (0.1, look.dark), (-0.26, coat), (0.02, coat)):
        pen.line("legs", [(x, 0.12), (x, 0.44)], 0.05, color)
        pen.polygon(
            "hooves",
            [(x - 0.032, 0.45), (x + 0.032, 0.45), (x + 0.04, 0.5), (x - 0.04, 0.5)],
            BROWN,
        )
    body = [(-0.3, 0.08), (-0.2, 0.0), (0.02, -0.03), (0.13, 0.03), (0.1, 0.18), (-0.26, 0.2)]
    pen.blob("", body, coat, patterned=True)
    neck = [(-0.02, 0.06), (0.12, 0.1), (0.25, -0.32), (0.15, -0.38)]
    pen.line("mane", [(-0.03, 0.02), (0.06, -0.18), (0.15, -0.4)], 0.05, BROWN)
    pen.polygon("neck", neck, coat, patterned=True)
    for x in (0.16, 0.22):
        pen.line("horns", [(x, -0.4), (x + 0.0, -0.475)], 0.022, coat)
        pen.ellipse("horns", (x, -0.482), (0.02, 0.018), BROWN)
    pen.blob("", [(0.13, -0.42), (0.25, -0.43), (0.37, -0.33), (0.36, -0.27), (0.16, -0.32)], coat)
    pen.ellipse("", (0.345, -0.3), (0.045, 0.038), look.light)
    pen.ellipse("", (0.1, -0.405), (0.05, 0.022), look.dark, angle=20)
    look.eye("", 0.23, -0.375, 0.026)
    pen.ellipse("", (0.365, -0.31), (0.008, 0.008), BLACK)


def draw_lion(look: Look) -> None:
    """A lion from the side, its face turned to us inside its mane."""
    pen, coat = look.pen, look.color
    mane = shade((150, 84, 34), 0.0 if sum(coat) > 330 else 0.25)
    pen.line("tail", [(-0.42, 0.02), (-0.56, -0.08), (-0.58, -0.27)], 0.042, coat)
    pen.ellipse("tail", (-0.58, -0.32), (0.055, 0.08), mane)
    for x in (-0.28, 0.1):
        pen.line("legs", [(x, 0.18), (x, 0.43)], 0.095, look.dark)
    body = [(-0.45, 0.02), (-0.25, -0.1), (0.1, -0.12), (0.26, 0.02), (0.2, 0.24), (-0.4, 0.24)]
    pen.blob("", body, coat, patterned=True)
    for x in (-0.37, 0.17):
        pen.line("legs", [(x, 0.16), (x, 0.43)], 0.105, coat)
        pen.ellipse("legs", (x + 0.03, 0.455), (0.085, 0.045), look.light)
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
        look.eye("", 0.29 + side * 0.085, -0.2, 0.036)
    pen.polygon("nose", [(0.23, -0.13), (0.35, -0.13), (0.29, -0.06)], BLACK)
    pen.line("", [(0.21, -0.02), (0.29, -0.04), (0.37, -0.02)], 0.015, BLACK)


def draw_zebra(look: Look) -> None:
    """A zebra from the side, its neck raised."""
    pen, coat = look.pen, look.color
    pen.line("tail", [(-0.42, -0.02), (-0.52, 0.1), (-0.5, 0.26)], 0.028, coat)
    pen.ellipse("tail", (-0.5, 0.28), (0.03, 0.055), BLACK)
    for x, color in ((-0.24, look.dark), (0.14, look.dark), (-0.35, coat), (0.05, coat)):
        pen.line("legs", [(x, 0.14), (x, 0.43)], 0.062, color)
        for y in (0.24, 0.31, 0.38):
            pen.line("legs", [(x - 0.03, y), (x + 0.03, y)], 0.02, BLACK)
        pen.polygon(
            "hooves", [(x - 0.04, 0.44), (x + 0.04, 0.44), (x + 0.05, 0.5), (x - 0.05, 0.5)], BLACK
        )
    body = [(-0.44, 0.0), (-0.25, -0.11), (0.05, -0.12), (0.2, -0.04), (0.16, 0.2), (-0.38, 0.21)]
    pen.blob("", body, coat, patterned=True)
    for x, y in ((0.09, -0.2), (0.15, -0.28), (0.21, -0.36), (0.26, -0.42)):
        pen.ellipse("mane", (x - 0.045, y), (0.055, 0.05), BLACK)
    pen.polygon("", [(0.02, -0.02), (0.2, 0.06), (0.38, -0.3), (0.26, -0.4)], coat, patterned=True)
    pen.blob("", [(0.24, -0.42), (0.36, -0.4), (0.54, -0.22), (0.48, -0.15), (0.28, -0.25)], coat)
    for x, y in ((0.33, -0.33), (0.38, -0.29)):
        pen.line("", [(x - 0.02, y + 0.06), (x + 0.03, y - 0.05)], 0.02, BLACK)
    pen.ellipse("muzzle", (0.5, -0.19), (0.072, 0.06), GRAY)
    pen.ellipse("muzzle", (0.53, -0.2), (0.012, 0.012), BLACK)
    for x in (0.25, 0.33):
        pen.blob("", [(x - 0.025, -0.4), (x, -0.5), (x + 0.035, -0.4)], coat)
    look.eye("", 0.37, -0.34, 0.03)
