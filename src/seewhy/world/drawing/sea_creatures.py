"""Fish, whale, octopus, crab. One high around (0, 0)."""

from __future__ import annotations

import math

from seewhy.world.drawing.look import BLACK, PINK, WHITE, Look
from seewhy.world.drawing.pen import shade


def draw_fish(look: Look) -> None:
    """A fish from the side."""
    pen, scales = look.pen, look.color
    fin = look.dark
    beat = 0.06 * look.sway
    tail = [(-0.42, 0.0), (-0.76 + beat, -0.34), (-0.66, 0.0), (-0.76 - beat, 0.34)]
    pen.polygon("tail", tail, fin)
    pen.blob("back fin", [(-0.22, -0.3), (-0.1, -0.5), (0.2, -0.46), (0.26, -0.28)], fin)
    body = [(-0.5, 0.0), (-0.25, -0.27), (0.15, -0.36), (0.5, -0.24), (0.74, 0.0), (0.5, 0.24)]
    pen.blob("", [*body, (0.15, 0.36), (-0.25, 0.27)], scales, patterned=True)
    pen.blob(
        "", [(0.46, -0.24), (0.74, -0.02), (0.74, 0.02), (0.46, 0.24), (0.36, 0.0)], look.light
    )
    pen.blob("side fin", [(0.1, 0.04), (0.24, 0.16), (0.02, 0.34), (-0.14, 0.24)], fin)
    for x, y in ((0.04, 0.26), (-0.04, 0.2)):
        pen.line("side fin", [(0.12, 0.12), (x, y)], 0.018, look.light)
    look.eye("eye", 0.52, -0.07, 0.075)
    pen.line("mouth", [(0.72, 0.09), (0.67, 0.12), (0.6, 0.1)], 0.034, shade(PINK, -0.4))


def draw_whale(look: Look) -> None:
    """A whale from the side, blowing water, its tail raised."""
    pen, skin = look.pen, look.color
    water = (216, 240, 252)
    for points in (
        [(0.3, -0.24), (0.29, -0.4), (0.16, -0.47), (0.12, -0.36)],
        [(0.3, -0.24), (0.31, -0.4), (0.44, -0.47), (0.48, -0.36)],
    ):
        pen.line("water spout", points, 0.07, water)
    pen.blob("tail", [(-0.62, -0.18), (-0.8, -0.4), (-0.6, -0.34)], skin)
    pen.blob("tail", [(-0.6, -0.18), (-0.44, -0.42), (-0.38, -0.2)], skin)
    pen.line("tail", [(-0.57, -0.22), (-0.56, -0.02), (-0.42, 0.16)], 0.13, skin)
    body = [(-0.56, 0.06), (-0.3, 0.02), (0.0, -0.2), (0.4, -0.24), (0.68, -0.05), (0.72, 0.2)]
    pen.blob("", [*body, (0.5, 0.42), (0.0, 0.45), (-0.42, 0.28)], skin, patterned=True)
    belly = [(-0.35, 0.27), (0.1, 0.3), (0.7, 0.22), (0.5, 0.42), (0.0, 0.45)]
    pen.blob("belly", belly, shade(WHITE, -0.06))
    for y in (0.34, 0.39):
        pen.line("belly", [(-0.16, y), (0.2, y + 0.02), (0.54, y - 0.02)], 0.014, (170, 170, 170))
    pen.line("mouth", [(0.42, 0.2), (0.58, 0.23), (0.71, 0.17)], 0.03, BLACK)
    pen.blob("flipper", [(0.06, 0.3), (0.22, 0.3), (0.12, 0.5), (-0.04, 0.5)], look.dark)
    look.eye("", 0.48, 0.08, 0.046)


def draw_octopus(look: Look) -> None:
    """An octopus from the front, its eight arms spread."""
    pen, skin = look.pen, look.color
    tips = [(-0.46, 0.16), (-0.42, 0.36), (-0.26, 0.46), (-0.09, 0.48)]
    roots = (-0.2, -0.14, -0.08, -0.03)
    for side in (-1, 1):
        for root, (x, y) in zip(roots, tips, strict=True):
            middle = ((root + x) / 2 - 0.05, y * 0.75 + 0.04)
            curl = (x - 0.03 + 0.05 * look.sway, y - 0.06)
            arm = [(root, 0.06), middle, (x, y), curl]
            pen.line("arms", [(side * a, b) for a, b in arm], 0.08, skin)
            for t in (0.35, 0.6, 0.85):
                spot = (side * (middle[0] + (x - middle[0]) * t), middle[1] + (y - middle[1]) * t)
                pen.line("suckers", [spot, (spot[0] + 0.001, spot[1])], 0.042, look.light)
    head = [(-0.22, 0.1), (-0.29, -0.16), (-0.2, -0.42), (0.0, -0.5), (0.2, -0.42), (0.29, -0.16)]
    pen.blob("head", [*head, (0.22, 0.1)], skin, patterned=True)
    for side in (-1, 1):
        look.eye("eyes", side * 0.11, -0.12, 0.078)
    pen.line("mouth", [(-0.07, 0.02), (0.0, 0.055), (0.07, 0.02)], 0.03, BLACK)


def draw_crab(look: Look) -> None:
    """A crab from the front, its claws raised."""
    pen, shell = look.pen, look.color
    for side in (-1, 1):
        for number, y in enumerate((0.1, 0.2, 0.28)):
            knee, foot = 0.62 - number * 0.06, 0.72 - number * 0.12
            step = (0.07 if number % 2 else -0.07) if look.action == "running" else 0.0
            leg = [(side * 0.3, y - 0.03), (side * knee + step, y - 0.04)]
            leg.append((side * foot + step * 1.4, y + 0.19))
            pen.line("legs", leg, 0.055, look.dark)
        pen.line(
            "claws", [(side * 0.36, 0.0), (side * 0.56, -0.1), (side * 0.58, -0.22)], 0.085, shell
        )
        claw = []
        for step in range(15):  # a disk with a bite out of its top
            t = math.radians(-50 + 280 * step / 14)
            claw.append((side * 0.58 + 0.17 * math.cos(t), -0.32 + 0.17 * math.sin(t)))
        pen.polygon("claws", [*claw, (side * 0.58, -0.34)], shell)
        pen.line("eye stalks", [(side * 0.12, -0.05), (side * 0.14, -0.27)], 0.05, shell)
        look.eye("eye stalks", side * 0.14, -0.31, 0.078)
    body = [(-0.48, 0.08), (-0.3, -0.12), (0.0, -0.17), (0.3, -0.12), (0.48, 0.08), (0.3, 0.34)]
    pen.blob("shell", [*body, (0.0, 0.39), (-0.3, 0.34)], shell, patterned=True)
    pen.line("", [(-0.14, 0.18), (0.0, 0.24), (0.14, 0.18)], 0.034, BLACK)
