"""Duck, owl, parrot, penguin. One high around (0, 0)."""

from __future__ import annotations

from seewhy.world.drawing.look import BLACK, GRAY, ORANGE, WHITE, YELLOW, Look
from seewhy.world.drawing.pen import shade


def draw_duck(look: Look) -> None:
    """A duck from the side."""
    pen, feathers = look.pen, look.color
    for x in (-0.1, 0.1):
        pen.line("feet", [(x, 0.28), (x, 0.43)], 0.035, ORANGE)
        pen.polygon("feet", [(x - 0.04, 0.42), (x + 0.15, 0.48), (x - 0.06, 0.49)], ORANGE)
    pen.polygon("tail", [(-0.38, 0.02), (-0.58, -0.2), (-0.3, -0.08)], feathers)
    body = [(-0.46, 0.02), (-0.2, -0.06), (0.12, -0.08), (0.34, 0.06), (0.24, 0.3), (-0.3, 0.32)]
    pen.blob("", body, feathers, patterned=True)
    pen.blob("", [(0.1, -0.1), (0.32, -0.14), (0.34, 0.1), (0.12, 0.1)], feathers)
    pen.ellipse("head", (0.23, -0.26), (0.19, 0.2), feathers)
    upper = [(0.36, -0.29), (0.46, -0.3), (0.58, -0.22), (0.55, -0.18), (0.37, -0.19)]
    pen.blob("beak", upper, ORANGE)
    pen.line("beak", [(0.38, -0.21), (0.47, -0.21), (0.55, -0.2)], 0.014, shade(ORANGE, -0.4))
    wing = [(-0.3, 0.04), (-0.05, 0.0), (0.12, 0.08), (0.02, 0.2), (-0.2, 0.22), (-0.38, 0.14)]
    pen.blob("wings", wing, look.dark)
    for x in (-0.24, -0.12, 0.0):
        pen.line("wings", [(x - 0.08, 0.17), (x + 0.02, 0.1)], 0.016, shade(feathers, -0.45))
    look.eye("head", 0.28, -0.3, 0.042)


def draw_owl(look: Look) -> None:
    """An owl from the front, its wings folded, or spread in flight."""
    pen, feathers = look.pen, look.color
    flying = look.action == "flying"
    for side in (-1, 1):
        tuft = [(side * 0.08, -0.38), (side * 0.29, -0.5), (side * 0.27, -0.25)]
        pen.polygon("ear tufts", tuft, feathers)
        if flying:
            wing = [
                (0.2, -0.1),
                (0.42, -0.34),
                (0.56, -0.24),
                (0.52, 0.02),
                (0.42, 0.1),
                (0.22, 0.2),
            ]
            pen.blob("wings", [(side * x, y) for x, y in wing], look.dark)
    body = [(-0.22, -0.2), (0.22, -0.2), (0.31, 0.12), (0.2, 0.42), (-0.2, 0.42), (-0.31, 0.12)]
    pen.blob("", body, feathers, patterned=True)
    pen.ellipse("", (0, 0.16), (0.17, 0.22), look.light)
    for row, y in enumerate((0.06, 0.16, 0.26)):
        for x in (-0.09, 0.0, 0.09) if row % 2 else (-0.05, 0.05):
            pen.line("", [(x - 0.03, y), (x, y + 0.03), (x + 0.03, y)], 0.016, look.dark)
    if not flying:
        for side in (-1, 1):
            wing = [(0.22, -0.12), (0.33, 0.04), (0.33, 0.26), (0.22, 0.4), (0.18, 0.15)]
            pen.blob("wings", [(side * x, y) for x, y in wing], look.dark)
    for side in (-1, 1):
        for toe in (-0.05, 0.0, 0.05):
            x = side * 0.1 + toe
            pen.line("claws", [(x, 0.4), (x, 0.47)], 0.032, YELLOW)
    pen.ellipse("", (0, -0.24), (0.29, 0.215), feathers)
    for side in (-1, 1):
        pen.ellipse("eyes", (side * 0.125, -0.24), (0.125, 0.13), look.light)
        look.eye("eyes", side * 0.125, -0.24, 0.09, YELLOW)
    pen.polygon("beak", [(-0.045, -0.19), (0.045, -0.19), (0.015, -0.07), (-0.01, -0.07)], ORANGE)


def draw_parrot(look: Look) -> None:
    """A parrot from the side; its wing raised in flight."""
    pen, feathers = look.pen, look.color
    second = (52, 112, 200) if look.color[2] < 140 else (246, 203, 56)
    third = (76, 160, 72) if look.color[1] < 140 else (214, 52, 45)
    pen.blob("tail", [(-0.12, 0.16), (0.02, 0.2), (-0.16, 0.5), (-0.28, 0.48)], third)
    pen.line("tail", [(-0.06, 0.24), (-0.22, 0.47)], 0.04, second)
    body = [(-0.08, -0.24), (0.12, -0.22), (0.2, 0.0), (0.1, 0.22), (-0.08, 0.28), (-0.15, 0.02)]
    pen.blob("", body, feathers, patterned=True)
    for x in (0.0, 0.08):
        pen.line("claws", [(x, 0.22), (x + 0.02, 0.33)], 0.032, GRAY)
        pen.line("claws", [(x - 0.02, 0.34), (x + 0.07, 0.34)], 0.028, GRAY)
    if look.action == "flying":
        wing = [
            (0.02, -0.06),
            (-0.14, -0.36),
            (-0.32, -0.46),
            (-0.34, -0.22),
            (-0.2, 0.04),
            (-0.04, 0.1),
        ]
        tip = [(-0.2, -0.32), (-0.33, -0.47), (-0.35, -0.2), (-0.24, -0.02)]
    else:
        wing = [
            (-0.08, -0.1),
            (0.06, -0.06),
            (0.05, 0.12),
            (-0.1, 0.3),
            (-0.19, 0.16),
            (-0.16, 0.0),
        ]
        tip = [(-0.05, 0.1), (0.03, 0.12), (-0.1, 0.31), (-0.19, 0.16)]
    pen.blob("wings", wing, second)
    pen.blob("wings", tip, third)
    pen.ellipse("", (0.07, -0.3), (0.17, 0.16), feathers)
    pen.ellipse("cheeks", (0.13, -0.28), (0.082, 0.085), WHITE)
    beak = [
        (0.19, -0.37),
        (0.29, -0.35),
        (0.33, -0.25),
        (0.29, -0.17),
        (0.26, -0.25),
        (0.19, -0.24),
    ]
    pen.blob("beak", beak, shade(BLACK, 0.15))
    look.eye("", 0.12, -0.33, 0.034)
    pen.line("", [(-0.04, -0.42), (-0.1, -0.48)], 0.035, feathers)


def draw_penguin(look: Look) -> None:
    """A penguin from the front."""
    pen, coat = look.pen, look.color
    for side in (-1, 1):
        pen.ellipse("feet", (side * 0.12, 0.45), (0.13, 0.048), ORANGE)
        flipper = [(0.2, -0.14), (0.3, 0.0), (0.37, 0.22), (0.31, 0.26), (0.2, 0.12)]
        pen.blob("flippers", [(side * x, y) for x, y in flipper], look.dark)
    body = [(-0.18, -0.22), (0.18, -0.22), (0.27, 0.12), (0.2, 0.42), (-0.2, 0.42), (-0.27, 0.12)]
    pen.blob("", body, coat)
    belly = [
        (-0.11, -0.12),
        (0.11, -0.12),
        (0.18, 0.14),
        (0.12, 0.37),
        (-0.12, 0.37),
        (-0.18, 0.14),
    ]
    pen.blob("belly", belly, WHITE)
    pen.ellipse("", (0, -0.3), (0.2, 0.19), coat)
    for side in (-1, 1):
        pen.ellipse("", (side * 0.075, -0.27), (0.09, 0.1), WHITE)
    for side in (-1, 1):
        look.eye("eyes", side * 0.08, -0.31, 0.046)
    pen.polygon("beak", [(-0.06, -0.25), (0.06, -0.25), (0, -0.15)], ORANGE)
