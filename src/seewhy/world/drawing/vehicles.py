"""Car, bus, truck, sailboat, airplane. All face right; one high around (0, 0)."""

from __future__ import annotations

from seewhy.world.drawing.look import BLACK, BROWN, GLASS, GRAY, RED, SILVER, WHITE, YELLOW, Look
from seewhy.world.drawing.pen import Points, shade

_FACE = (240, 196, 160)


def _wheel(look: Look, x: float, y: float, radius: float) -> None:
    look.pen.ellipse("wheels", (x, y), (radius, radius), BLACK)
    look.pen.ellipse("wheels", (x, y), (radius * 0.55, radius * 0.55), SILVER)
    look.pen.ellipse("wheels", (x, y), (radius * 0.2, radius * 0.2), GRAY)


def _people(look: Look, centers: Points, radius: float) -> None:
    """Whoever drives, and rides along; a parked vehicle is empty."""
    for x, y in centers if look.action == "driving" else ():
        look.pen.ellipse("", (x, y), (radius, radius), _FACE)
        hair = [(x - radius, y), (x - radius * 0.6, y - radius), (x + radius, y - radius * 0.5)]
        look.pen.blob("", hair, BROWN)
        look.pen.ellipse("", (x + radius * 0.45, y), (0.014, 0.014), BLACK)


def draw_car(look: Look) -> None:
    """A car from the side."""
    pen, paint = look.pen, look.color
    roof = [(-0.56, -0.04), (-0.4, -0.42), (-0.1, -0.48), (0.2, -0.44), (0.46, -0.04)]
    pen.polygon("", roof, paint)
    pen.polygon("windows", [(-0.46, -0.06), (-0.33, -0.36), (-0.08, -0.4), (-0.08, -0.06)], GLASS)
    pen.polygon("windows", [(-0.01, -0.4), (0.16, -0.37), (0.36, -0.06), (-0.01, -0.06)], GLASS)
    _people(look, [(0.1, -0.17)], 0.09)
    body = [(-0.82, -0.02), (-0.6, -0.08), (0.5, -0.08), (0.8, 0.04), (0.84, 0.3), (-0.84, 0.3)]
    pen.polygon("", body, paint, patterned=True)
    pen.polygon(
        "side door", [(-0.32, -0.06), (0.14, -0.06), (0.14, 0.26), (-0.28, 0.26)], look.dark
    )
    pen.line("side door", [(0.0, 0.04), (0.08, 0.04)], 0.04, SILVER)
    pen.line("bumper", [(0.7, 0.28), (0.85, 0.28)], 0.085, SILVER)
    pen.line("bumper", [(-0.85, 0.28), (-0.74, 0.28)], 0.085, SILVER)
    pen.ellipse("headlight", (0.77, 0.1), (0.075, 0.075), YELLOW)
    for x in (-0.46, 0.46):
        _wheel(look, x, 0.3, 0.2)


def draw_bus(look: Look) -> None:
    """A bus from the side."""
    pen, paint = look.pen, look.color
    body = [(-0.78, -0.38), (0.72, -0.38), (0.78, -0.1), (0.78, 0.33), (-0.78, 0.33)]
    pen.polygon("", body, paint, patterned=True)
    pen.polygon("roof", [(-0.74, -0.5), (0.68, -0.5), (0.74, -0.37), (-0.8, -0.37)], look.dark)
    for x in (-0.7, -0.43, -0.16, 0.11):
        corners = [(x, -0.28), (x + 0.21, -0.28), (x + 0.21, -0.03), (x, -0.03)]
        pen.polygon("windows", corners, GLASS)
    _people(look, [(x + 0.105, -0.115) for x in (-0.7, -0.16, 0.11)], 0.07)
    door = [(0.4, -0.28), (0.62, -0.28), (0.62, 0.32), (0.4, 0.32)]
    pen.polygon("door", door, shade(GLASS, -0.25))
    pen.line("door", [(0.51, -0.28), (0.51, 0.32)], 0.03, BLACK)
    pen.line("", [(-0.78, 0.1), (0.38, 0.1)], 0.045, look.light)
    pen.ellipse("headlight", (0.72, 0.16), (0.062, 0.062), YELLOW)
    for x in (-0.46, 0.2):
        _wheel(look, x, 0.33, 0.165)


def draw_truck(look: Look) -> None:
    """A truck from the side, its cargo bed behind the cab."""
    pen, paint = look.pen, look.color
    pen.polygon("", [(-0.8, 0.22), (0.78, 0.22), (0.78, 0.34), (-0.8, 0.34)], shade(GRAY, -0.4))
    pen.line("exhaust pipe", [(0.14, 0.2), (0.14, -0.46)], 0.06, SILVER)
    pen.ellipse("exhaust pipe", (0.14, -0.47), (0.045, 0.026), BLACK)
    cargo = [(-0.8, -0.2), (0.08, -0.2), (0.08, 0.24), (-0.8, 0.24)]
    pen.polygon("cargo bed", cargo, shade(BROWN, 0.25))
    for x in (-0.62, -0.42, -0.22, -0.05):
        pen.line("cargo bed", [(x, -0.18), (x, 0.22)], 0.03, BROWN)
    cab = [(0.22, -0.4), (0.52, -0.4), (0.66, -0.04), (0.79, 0.0), (0.8, 0.28), (0.22, 0.28)]
    pen.polygon("cab", cab, paint, patterned=True)
    pen.polygon("front window", [(0.3, -0.32), (0.49, -0.32), (0.59, -0.05), (0.3, -0.05)], GLASS)
    _people(look, [(0.4, -0.13)], 0.075)
    pen.ellipse("", (0.74, 0.1), (0.05, 0.055), YELLOW)
    for x in (-0.56, -0.18, 0.5):
        _wheel(look, x, 0.33, 0.17)


def draw_sailboat(look: Look) -> None:
    """A sailboat from the side."""
    pen, paint = look.pen, look.color
    pen.line("mast", [(0.0, -0.46), (0.0, 0.28)], 0.035, BROWN)
    main = [(-0.035, -0.38), (-0.035, 0.2), (-0.38, 0.2)]
    pen.polygon("main sail", main, paint, patterned=True)
    pen.polygon("front sail", [(0.035, -0.3), (0.035, 0.2), (0.33, 0.2)], WHITE)
    pen.polygon("flag", [(0.0, -0.5), (0.16, -0.45), (0.0, -0.4)], RED)
    hull = [(-0.43, 0.26), (0.44, 0.26), (0.32, 0.42), (0.2, 0.47), (-0.22, 0.47), (-0.36, 0.4)]
    pen.polygon("hull", hull, shade(BROWN, 0.12))
    pen.line("hull", [(-0.42, 0.28), (0.43, 0.28)], 0.04, WHITE)


def draw_airplane(look: Look) -> None:
    """An airplane from the side, on its wheels when parked."""
    pen, paint = look.pen, look.color
    for x in (-0.2, 0.5) if look.action == "parked" else ():
        pen.line("", [(x, 0.1), (x, 0.4)], 0.03, GRAY)
        pen.ellipse("", (x, 0.42), (0.07, 0.07), BLACK)
    pen.polygon("wings", [(-0.1, 0.0), (0.22, 0.0), (0.0, -0.26), (-0.14, -0.26)], look.dark)
    pen.polygon("tail", [(-0.84, -0.08), (-0.9, -0.5), (-0.72, -0.5), (-0.5, -0.1)], paint)
    pen.polygon("tail", [(-0.8, 0.0), (-0.95, -0.12), (-0.78, -0.13), (-0.55, 0.0)], look.dark)
    body = [(-0.86, -0.06), (-0.4, -0.13), (0.4, -0.14), (0.7, -0.06), (0.6, 0.14), (-0.3, 0.15)]
    pen.blob("", body, paint, patterned=True)
    nose = [(0.62, -0.13), (0.78, -0.08), (0.9, 0.03), (0.76, 0.1), (0.58, 0.14)]
    pen.blob("nose", nose, WHITE)
    pen.polygon("", [(0.52, -0.12), (0.66, -0.1), (0.7, -0.02), (0.54, -0.02)], GLASS)
    for x in (-0.5, -0.33, -0.16, 0.01, 0.18, 0.35):
        pen.ellipse("windows", (x, -0.03), (0.052, 0.052), GLASS)
    pen.polygon("wings", [(-0.14, 0.08), (0.2, 0.08), (-0.16, 0.42), (-0.32, 0.42)], look.light)
    pen.ellipse("jet engine", (0.1, 0.28), (0.15, 0.085), SILVER)
    pen.ellipse("jet engine", (0.21, 0.28), (0.035, 0.065), BLACK)
