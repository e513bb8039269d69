"""Cat, dog, rabbit, turtle. All face right; one high around (0, 0)."""

from __future__ import annotations

from seewhy.world.drawing.look import BLACK, GREEN, PINK, RED, WHITE, Look
from seewhy.world.drawing.pen import shade


def draw_cat(look: Look) -> None:
    """A sitting cat, seen from the front, its tail curled to the left."""
    pen, fur = look.pen, look.color
    tail = [(-0.16, 0.4), (-0.4, 0.4), (-0.45, 0.18), (-0.36, 0.02), (-0.26, 0.08), (-0.3, 0.17)]
    pen.line("tail", tail, 0.08, look.dark)
    body = [(-0.14, -0.08), (0.14, -0.08), (0.27, 0.25), (0.25, 0.46), (-0.25, 0.46), (-0.27, 0.25)]
    pen.blob("", body, fur, patterned=True)
    pen.blob("", [(-0.07, 0.0), (0.07, 0.0), (0.1, 0.24), (0, 0.34), (-0.1, 0.24)], look.light)
    for x in (-0.11, 0.11):
        pen.ellipse("paws", (x, 0.44), (0.1, 0.058), WHITE)
        for toe in (-0.03, 0.03):
            pen.line("paws", [(x + toe, 0.43), (x + toe, 0.475)], 0.012, shade(WHITE, -0.4))
    for side in (-1, 1):
        ear = [(side * 0.07, -0.36), (side * 0.27, -0.5), (side * 0.27, -0.22)]
        pen.polygon("ears", ear, fur)
        inner = [(side * 0.13, -0.37), (side * 0.24, -0.44), (side * 0.24, -0.28)]
        pen.polygon("ears", inner, PINK)
    pen.ellipse("", (0, -0.2), (0.28, 0.215), fur, patterned=True)
    pen.ellipse("", (0, -0.11), (0.13, 0.09), look.light)
    for side in (-1, 1):
        look.eye("eyes", side * 0.12, -0.23, 0.062, GREEN)
        for y in (-0.13, -0.1, -0.07):
            start, end = (side * 0.09, -0.1), (side * 0.36, y + (y + 0.1) * 1.3 - 0.02)
            pen.line("whiskers", [start, end], 0.011, shade(BLACK, 0.15))
    pen.polygon("", [(-0.035, -0.15), (0.035, -0.15), (0, -0.11)], PINK)
    pen.line("", [(-0.06, -0.07), (0, -0.09), (0.06, -0.07)], 0.012, BLACK)


def draw_dog(look: Look) -> None:
    """A dog on four short legs, its tail up."""
    pen, fur = look.pen, look.color
    pen.line("tail", [(-0.36, 0.02), (-0.5, -0.1), (-0.52, -0.27)], 0.075, look.dark)
    for x in (-0.3, 0.16):
        pen.line("legs", [(x + 0.05, 0.2), (x + 0.05, 0.42)], 0.1, look.dark)
    body = [(-0.4, 0.0), (-0.2, -0.09), (0.15, -0.08), (0.3, 0.02), (0.27, 0.24), (-0.36, 0.26)]
    pen.blob("", body, fur, patterned=True)
    for x in (-0.33, 0.18):
        pen.line("legs", [(x, 0.2), (x, 0.42)], 0.11, fur)
        pen.ellipse("legs", (x + 0.03, 0.455), (0.085, 0.042), look.light)
    pen.blob("", [(0.1, -0.1), (0.3, -0.12), (0.34, 0.06), (0.16, 0.1)], fur)
    pen.line("collar", [(0.12, -0.06), (0.22, 0.03), (0.36, 0.0)], 0.06, RED)
    pen.ellipse("collar", (0.25, 0.06), (0.035, 0.035), (250, 214, 70))
    pen.ellipse("", (0.26, -0.24), (0.21, 0.2), fur)
    pen.ellipse("", (0.43, -0.17), (0.14, 0.1), look.light)
    ear = [(0.08, -0.4), (0.2, -0.4), (0.18, -0.18), (0.12, -0.02), (0.03, -0.06), (0.02, -0.25)]
    pen.blob("ears", ear, shade(fur, -0.42))
    look.eye("", 0.32, -0.28, 0.048)
    pen.ellipse("nose", (0.55, -0.2), (0.05, 0.042), BLACK)
    pen.line("", [(0.54, -0.14), (0.48, -0.1), (0.4, -0.11)], 0.014, BLACK)
    if not look.asleep:
        pen.blob("", [(0.43, -0.1), (0.5, -0.1), (0.49, 0.0), (0.44, 0.0)], PINK)


def draw_rabbit(look: Look) -> None:
    """A sitting rabbit with upright ears, seen from the front and a little from the side."""
    pen, fur = look.pen, look.color
    pen.ellipse("tail", (-0.27, 0.32), (0.105, 0.1), WHITE)
    body = [(-0.16, 0.0), (0.14, 0.0), (0.25, 0.25), (0.2, 0.46), (-0.2, 0.46), (-0.26, 0.24)]
    pen.blob("", body, fur, patterned=True)
    pen.ellipse("", (0.02, 0.26), (0.12, 0.15), look.light)
    for x in (-0.15, 0.17):
        pen.ellipse("feet", (x, 0.44), (0.155, 0.062), look.dark)
    for side in (-1, 1):
        pen.ellipse("ears", (side * 0.09, -0.34), (0.075, 0.2), fur, angle=side * 10)
        pen.ellipse("ears", (side * 0.09, -0.33), (0.038, 0.14), PINK, angle=side * 10)
    pen.ellipse("", (0, -0.08), (0.21, 0.17), fur, patterned=True)
    for side in (-1, 1):
        pen.ellipse("", (side * 0.06, -0.01), (0.075, 0.058), look.light)
        look.eye("", side * 0.1, -0.12, 0.045)
    pen.ellipse("nose", (0, -0.05), (0.036, 0.028), PINK)
    for side in (-1, 1):
        corners = [(0, 0.01), (side * 0.035, 0.01), (side * 0.035, 0.075), (0, 0.075)]
        pen.polygon("teeth", corners, WHITE)


def draw_turtle(look: Look) -> None:
    """A turtle under its shell, its neck stretched out."""
    pen, skin = look.pen, (136, 176, 92)
    if max(abs(a - b) for a, b in zip(look.color, skin, strict=True)) < 60:
        skin = (196, 170, 110)  # a green shell on other skin, so that both can be seen
    dark = shade(skin, -0.2)
    pen.polygon("", [(-0.55, 0.28), (-0.74, 0.36), (-0.52, 0.38)], dark)
    for x in (-0.4, 0.24):
        pen.blob(
            "legs", [(x - 0.1, 0.2), (x + 0.12, 0.2), (x + 0.14, 0.46), (x - 0.06, 0.48)], skin
        )
    pen.line("neck", [(0.36, 0.22), (0.52, 0.1), (0.58, -0.12)], 0.15, skin)
    pen.ellipse("head", (0.6, -0.2), (0.145, 0.12), skin)
    look.eye("head", 0.64, -0.24, 0.045)
    pen.line("head", [(0.62, -0.14), (0.68, -0.13), (0.73, -0.17)], 0.015, BLACK)
    shell = [
        (-0.58, 0.27),
        (-0.52, -0.08),
        (-0.26, -0.36),
        (0.0, -0.4),
        (0.26, -0.32),
        (0.42, -0.05),
    ]
    pen.blob("shell", [*shell, (0.48, 0.27)], look.color, patterned=True)
    ridge = look.dark
    for points in (
        [(-0.28, -0.3), (-0.34, -0.04), (-0.28, 0.24)],
        [(0.02, -0.37), (0.0, -0.05), (0.02, 0.25)],
        [(0.27, -0.26), (0.3, 0.0), (0.27, 0.24)],
        [(-0.52, -0.02), (-0.05, -0.07), (0.42, 0.0)],
    ):
        pen.line("shell", points, 0.028, ridge)
    pen.line("shell", [(-0.58, 0.27), (0.0, 0.31), (0.48, 0.27)], 0.07, look.light)
