"""Flower, tree, mushroom, cactus. One high around (0, 0)."""

from __future__ import annotations

import math

from seewhy.world.drawing.look import BROWN, GREEN, PINK, RED, WHITE, YELLOW, Look
from seewhy.world.drawing.pen import shade


def draw_flower(look: Look) -> None:
    """A flower with eight petals on a stem with leaves."""
    pen, petal = look.pen, look.color
    pen.line("stem", [(0.0, -0.1), (0.02, 0.2), (0.0, 0.48)], 0.042, GREEN)
    for side in (-1, 1):
        leaf = [(0.0, 0.34), (side * 0.13, 0.17), (side * 0.32, 0.1), (side * 0.2, 0.3)]
        pen.blob("leaves", leaf, shade(GREEN, -0.15))
        pen.line("leaves", [(0.0, 0.34), (side * 0.26, 0.15)], 0.012, shade(GREEN, -0.45))
    for step in range(8):
        t = 2 * math.pi * step / 8 + 0.2
        center = (0.185 * math.cos(t), -0.19 + 0.185 * math.sin(t))
        color = petal if step % 2 else look.light
        angle = math.degrees(t)
        pen.ellipse("petals", center, (0.135, 0.085), color, angle=angle, patterned=True)
    pen.ellipse("center", (0, -0.19), (0.105, 0.105), YELLOW)
    for step in range(6):
        t = 2 * math.pi * step / 6
        spot = (0.055 * math.cos(t), -0.19 + 0.055 * math.sin(t))
        pen.ellipse("center", spot, (0.016, 0.016), shade(YELLOW, -0.35))


def draw_tree(look: Look) -> None:
    """A tree with a bushy crown full of apples."""
    pen, crown = look.pen, look.color
    for side in (-1, 0, 1):
        root = [(side * 0.03, 0.36), (side * 0.11, 0.43), (side * 0.22, 0.48)]
        pen.line("roots", root, 0.06, shade(BROWN, -0.2))
    trunk = [(-0.075, 0.0), (0.075, 0.0), (0.1, 0.43), (-0.1, 0.43)]
    pen.polygon("trunk", trunk, BROWN)
    for x in (-0.035, 0.03):
        pen.line("trunk", [(x, 0.1), (x + 0.01, 0.36)], 0.014, shade(BROWN, -0.35))
    for x, y, r in (
        (-0.22, -0.08, 0.2),
        (0.22, -0.08, 0.2),
        (-0.14, -0.26, 0.2),
        (0.15, -0.27, 0.2),
    ):
        pen.ellipse("crown", (x, y), (r, r * 0.92), look.dark)
    pen.ellipse("crown", (0.0, -0.3), (0.2, 0.19), crown)
    pen.ellipse("crown", (0.0, -0.1), (0.27, 0.2), crown)
    for x, y in (
        (-0.26, -0.18),
        (-0.08, -0.36),
        (0.1, -0.2),
        (0.27, -0.06),
        (-0.12, -0.03),
        (0.2, -0.34),
    ):
        pen.ellipse("apples", (x, y), (0.045, 0.045), RED)
        pen.line("apples", [(x, y - 0.04), (x + 0.01, y - 0.065)], 0.012, BROWN)


def draw_mushroom(look: Look) -> None:
    """A mushroom."""
    pen, cap = look.pen, look.color
    stem = [(-0.11, -0.02), (0.11, -0.02), (0.15, 0.42), (0.1, 0.48), (-0.1, 0.48), (-0.15, 0.42)]
    pen.polygon("stem", stem, WHITE)
    pen.ellipse("gills", (0, -0.04), (0.4, 0.105), shade((222, 190, 150), 0.1))
    for step in range(-4, 5):
        pen.line("gills", [(step * 0.03, 0.0), (step * 0.082, -0.04)], 0.012, (150, 116, 84))
    dome = [(-0.46, -0.04), (-0.4, -0.28), (-0.22, -0.45), (0.0, -0.5), (0.22, -0.45), (0.4, -0.28)]
    flat = [(0.46, -0.04), (0.24, -0.09), (0.0, -0.11), (-0.24, -0.09)]
    pen.blob("cap", [*dome, *flat], cap, patterned=True)
    ring = [(-0.16, 0.13), (0.16, 0.13), (0.2, 0.22), (0.1, 0.19), (0.0, 0.24), (-0.1, 0.19)]
    pen.polygon("ring", [*ring, (-0.2, 0.22)], shade((222, 190, 150), 0.25))


def draw_cactus(look: Look) -> None:
    """A cactus in a clay pot, in bloom."""
    pen, skin = look.pen, look.color
    for side, y, top in ((-1, 0.1, -0.18), (1, 0.0, -0.26)):
        arm = [(side * 0.08, y), (side * 0.26, y - 0.01), (side * 0.28, top)]
        pen.line("side arms", arm, 0.13, look.dark)
    pen.polygon("", [(-0.14, -0.3), (0.14, -0.3), (0.14, 0.3), (-0.14, 0.3)], skin, patterned=True)
    pen.ellipse("", (0, -0.3), (0.14, 0.13), skin, patterned=True)
    for x in (-0.085, 0.0, 0.085):
        for y in (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2):
            for side in (-1, 1):
                pen.line("spines", [(x, y), (x + side * 0.035, y - 0.035)], 0.011, WHITE)
    for side, top in ((-1, -0.14), (1, -0.22)):
        for y in (top, top + 0.1):
            pen.line("spines", [(side * 0.28, y), (side * 0.37, y - 0.02)], 0.012, WHITE)
    for step in range(5):
        t = 2 * math.pi * step / 5 - math.pi / 2
        spot = (0.05 * math.cos(t), -0.43 + 0.045 * math.sin(t))
        pen.ellipse("flower", spot, (0.042, 0.038), PINK)
    pen.ellipse("flower", (0, -0.43), (0.026, 0.026), YELLOW)
    clay = (190, 104, 66)
    pen.polygon("pot", [(-0.23, 0.3), (0.23, 0.3), (0.17, 0.49), (-0.17, 0.49)], clay)
    pen.polygon(
        "pot", [(-0.26, 0.24), (0.26, 0.24), (0.26, 0.32), (-0.26, 0.32)], shade(clay, -0.18)
    )
