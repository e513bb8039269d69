"""House, lighthouse, windmill, castle. One high around (0, 0)."""

from __future__ import annotations

import math

from seewhy.world.drawing.look import BLACK, BROWN, GLASS, RED, WHITE, YELLOW, Look
from seewhy.world.drawing.pen import shade

BRICK = (172, 84, 66)


def draw_house(look: Look) -> None:
    """A house from the front."""
    pen, wall = look.pen, look.color
    pen.polygon("chimney", [(0.2, -0.46), (0.34, -0.46), (0.34, -0.1), (0.2, -0.1)], BRICK)
    for y in (-0.4, -0.33, -0.26):
        pen.line("chimney", [(0.21, y), (0.33, y)], 0.014, shade(BRICK, 0.45))
    pen.polygon("walls", [(-0.42, -0.1), (0.42, -0.1), (0.42, 0.48), (-0.42, 0.48)], wall)
    pen.polygon("roof", [(-0.53, -0.06), (0.0, -0.5), (0.53, -0.06)], shade(RED, -0.25))
    for y, half in ((-0.17, 0.36), (-0.28, 0.22)):
        pen.line("roof", [(-half, y), (half, y)], 0.016, shade(RED, -0.5))
    pen.polygon("door", [(-0.1, 0.12), (0.1, 0.12), (0.1, 0.48), (-0.1, 0.48)], BROWN)
    pen.line("door", [(0.0, 0.13), (0.0, 0.47)], 0.014, shade(BROWN, -0.35))
    pen.ellipse("door", (0.06, 0.32), (0.02, 0.02), YELLOW)
    for x in (-0.27, 0.27):
        corners = [(x - 0.1, 0.06), (x + 0.1, 0.06), (x + 0.1, 0.26), (x - 0.1, 0.26)]
        pen.polygon(
            "windows", [(x + (a - x) * 1.25, 0.16 + (b - 0.16) * 1.25) for a, b in corners], WHITE
        )
        pen.polygon("windows", corners, GLASS)
        pen.line("windows", [(x, 0.06), (x, 0.26)], 0.022, WHITE)
        pen.line("windows", [(x - 0.1, 0.16), (x + 0.1, 0.16)], 0.022, WHITE)


def draw_lighthouse(look: Look) -> None:
    """A lighthouse, its lamp lit."""
    pen, wall = look.pen, look.color
    pen.polygon(
        "tower", [(-0.13, -0.2), (0.13, -0.2), (0.21, 0.48), (-0.21, 0.48)], wall, patterned=True
    )
    pen.polygon("door", [(-0.06, 0.32), (0.06, 0.32), (0.06, 0.48), (-0.06, 0.48)], BROWN)
    for y in (-0.04, 0.14):
        pen.ellipse("", (0, y), (0.034, 0.045), BLACK)
    pen.polygon("lamp", [(-0.1, -0.38), (0.1, -0.38), (0.1, -0.24), (-0.1, -0.24)], (255, 238, 150))
    pen.ellipse("lamp", (0, -0.31), (0.05, 0.05), (255, 252, 230))
    for side in (-1, 1):
        beam = [(side * 0.1, -0.34), (side * 0.26, -0.4), (side * 0.26, -0.24), (side * 0.1, -0.28)]
        pen.polygon("lamp", beam, (255, 244, 180))
    pen.blob(
        "roof", [(-0.13, -0.37), (-0.09, -0.45), (0.0, -0.5), (0.09, -0.45), (0.13, -0.37)], RED
    )
    pen.line("balcony", [(-0.18, -0.2), (0.18, -0.2)], 0.045, BLACK)
    pen.line("balcony", [(-0.18, -0.27), (0.18, -0.27)], 0.015, BLACK)
    for x in (-0.17, -0.09, 0.0, 0.09, 0.17):
        pen.line("balcony", [(x, -0.27), (x, -0.2)], 0.013, BLACK)


def draw_windmill(look: Look) -> None:
    """A windmill from the front, its blades crossed."""
    pen, stone = look.pen, look.color
    pen.polygon("tower", [(-0.14, -0.2), (0.14, -0.2), (0.24, 0.48), (-0.24, 0.48)], stone)
    for row, y in enumerate((0.0, 0.12, 0.24, 0.36)):
        half = 0.17 + (y + 0.2) * 0.12
        for step in range(3):
            x = -half + (step + (0.5 if row % 2 else 0.2)) * half * 0.66
            pen.line("tower", [(x, y), (x + 0.07, y)], 0.014, look.dark)
    pen.polygon("door", [(-0.07, 0.3), (0.07, 0.3), (0.07, 0.48), (-0.07, 0.48)], BROWN)
    pen.ellipse("window", (0.0, 0.13), (0.058, 0.058), GLASS)
    pen.polygon("cap", [(-0.19, -0.18), (0.0, -0.42), (0.19, -0.18)], shade(BROWN, -0.1))
    for quarter in range(4):
        t = math.radians(25 + 90 * quarter)
        c, s = math.cos(t), math.sin(t)
        pen.line("blades", [(0, -0.19), (0.4 * c, -0.19 + 0.4 * s)], 0.024, BROWN)
        frame = [(0.1, 0.0), (0.4, 0.0), (0.4, 0.11), (0.1, 0.11)]
        points = [(x * c - y * s, -0.19 + x * s + y * c) for x, y in frame]
        pen.polygon("blades", [(min(max(x, -0.44), 0.44), max(y, -0.5)) for x, y in points], WHITE)
        for x in (0.2, 0.3):
            ends = [(x * c - y * s, -0.19 + x * s + y * c) for y in (0.0, 0.11)]
            pen.line("blades", ends, 0.012, BROWN)
    pen.ellipse("blades", (0, -0.19), (0.036, 0.036), BLACK)


def draw_castle(look: Look) -> None:
    """A castle from the front, a flag on each tower."""
    pen, stone = look.pen, look.color
    pen.polygon("walls", [(-0.34, 0.0), (0.34, 0.0), (0.34, 0.48), (-0.34, 0.48)], stone)
    for x in (-0.22, -0.07, 0.08, 0.23):
        pen.polygon(
            "walls",
            [(x - 0.045, -0.07), (x + 0.045, -0.07), (x + 0.045, 0.02), (x - 0.045, 0.02)],
            stone,
        )
    for side in (-1, 1):
        x = side * 0.39
        pen.line("flags", [(x, -0.34), (x, -0.49)], 0.016, BLACK)
        pen.polygon("flags", [(x, -0.5), (x + 0.15, -0.45), (x, -0.39)], RED)
        tower = [(x - 0.13, -0.26), (x + 0.13, -0.26), (x + 0.13, 0.48), (x - 0.13, 0.48)]
        pen.polygon("towers", tower, look.dark)
        for shift in (-0.1, 0.0, 0.1):
            a, b = x + shift - 0.032, x + shift + 0.032
            pen.polygon("towers", [(a, -0.34), (b, -0.34), (b, -0.24), (a, -0.24)], look.dark)
        for y in (-0.1, 0.14):
            slit = [(x - 0.028, y), (x + 0.028, y), (x + 0.028, y + 0.14), (x - 0.028, y + 0.14)]
            pen.polygon("windows", slit, BLACK)
    arch = [(-0.12, 0.48), (-0.12, 0.26), (-0.07, 0.17), (0.0, 0.14), (0.07, 0.17), (0.12, 0.26)]
    pen.polygon("gate", [*arch, (0.12, 0.48)], BROWN)
    for x in (-0.06, 0.0, 0.06):
        pen.line("gate", [(x, 0.2), (x, 0.47)], 0.014, shade(BROWN, -0.4))
