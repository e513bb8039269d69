"""Duck, owl, parrot, penguin. One high around (0, 0)."""

from __future__ import annotations

from seewhy.world.drawing.look import BLACK, GRAY, ORANGE, WHITE, YELLOW, Look
from seewhy.world.drawing.pen import shade


def draw_duck(look: Look) -> None:
    """A duck from the side, sitting on its feet when asleep."""
    feathers, pen = look.color, look.pen
    for x in (-0.1, 0.1):
        pen.line("feet", [(x, 0.28), (x, 0.43)], 0.035, ORANGE)
        pen.polygon("feet", [(x - 0.04, 0.42), (x + 0.15, 0.48), (x - 0.06, 0.49)], ORANGE)
    look = look.moved(0, 0.13 if look.asleep else 0.015 * look.sway)
    pen = look.pen
    pen.polygon("tail", [(-0.38, 0.02), (-0.58, -0.2), (-0.3, -0.08)], feathers)
    body = [(-0.46, 0.02), (-0.2, -0.06), (0.12, -0.08), (0.34, 0.06), (0.24, 0.3), (-0.3, 0.32)]
    pen.blob("", body, feathers, patterned=True)
    pen.blob("", [(0.1, -0.1), (0.32, -0.14), (0.34, 0.1), (0.12, 0.1)], feathers)
    _duck_wing(look)
    _duck_head(look.moved(-0.02, 0.1) if look.asleep else look)


def _duck_head(look: Look) -> None:
    pen, feathers = look.pen, look.color
    pen.ellipse("head", (0.23, -0.26), (0.19, 0.2), feathers)
    upper = [(0.36, -0.29), (0.46, -0.3), (0.58, -0.22), (0.55, -0.18), (0.37, -0.19)]
    pen.blob("beak", upper, ORANGE)
    pen.line("beak", [(0.38, -0.21), (0.47, -0.21), (0.55, -0.2)], 0.014, shade(ORANGE, -0.4))
    look.eye("head", 0.28, -0.3, 0.042)


def _duck_wing(look: Look) -> None:
    pen, feathers = look.pen, look.color
    wing = [(-0.3, 0.04), (-0.05, 0.0), (0.12, 0.08), (0.02, 0.2), (-0.2, 0.22), (-0.38, 0.14)]
    pen.blob("wings", wing, look.dark)
    for x in (-0.24, -0.12, 0.0):
        pen.line("wings", [(x - 0.08, 0.17), (x + 0.02, 0.1)], 0.016, shade(feathers, -0.45))


def draw_owl(look: Look) -> None:
    """An owl from the front, its wings folded, or spread in flight."""
    pen, feathers = look.pen, look.color
    flying = look.action == "flying"
    if flying:
        lift = 0.06 * look.sway
        wing = [(0.2, -0.1), (0.42, -0.34), (0.56, -0.24), (0.52, 0.02), (0.42, 0.1), (0.22, 0.2)]
        wing = [(x, y + lift * x * 2) for x, y in wing]
        for side in (-1, 1):
            pen.blob("wings", [(side * x, y) for x, y in wing], look.dark)
            for x in (0.3, 0.38, 0.46):
                feather = [(side * x, -0.06 + lift), (side * (x + 0.01), 0.06 + lift)]
                pen.line("wings", feather, 0.014, shade(feathers, -0.45))
    body = [(-0.22, -0.2), (0.22, -0.2), (0.31, 0.12), (0.2, 0.42), (-0.2, 0.42), (-0.31, 0.12)]
    pen.blob("", body, feathers, patterned=True)
    pen.ellipse("", (0, 0.16), (0.17, 0.22), look.light)
    for row, y in enumerate((0.06, 0.16, 0.26)):
        for x in (-0.09, 0.0, 0.09) if row % 2 else (-0.05, 0.05):
            pen.line("", [(x - 0.03, y), (x, y + 0.03), (x + 0.03, y)], 0.016, look.dark)
    for side in (-1, 1):
        if not flying:
            wing = [(0.22, -0.12), (0.33, 0.04), (0.33, 0.26), (0.22, 0.4), (0.18, 0.15)]
            pen.blob("wings", [(side * x, y) for x, y in wing], look.dark, patterned=True)
        for toe in (-0.05, 0.0, 0.05):
            x = side * 0.1 + toe
            pen.line("claws", [(x, 0.4), (x, 0.47)], 0.032, YELLOW)
    _owl_head(look.moved(0.02 * look.sway, 0.0))


def _owl_head(look: Look) -> None:
    pen, feathers = look.pen, look.color
    for side in (-1, 1):
        tuft = [(side * 0.08, -0.38), (side * 0.29, -0.5), (side * 0.27, -0.25)]
        pen.polygon("ear tufts", tuft, feathers)
    pen.ellipse("", (0, -0.24), (0.29, 0.215), feathers, patterned=True)
    for side in (-1, 1):
        pen.ellipse("eyes", (side * 0.125, -0.24), (0.125, 0.13), look.light)
        look.eye("eyes", side * 0.125, -0.24, 0.09, YELLOW)
    pen.polygon("beak", [(-0.045, -0.19), (0.045, -0.19), (0.015, -0.07), (-0.01, -0.07)], ORANGE)


def draw_parrot(look: Look) -> None:
    """A parrot from the side, its wings raised in flight."""
    pen, feathers = look.pen, look.color
    second = (52, 112, 200) if look.color[2] < 140 else (246, 203, 56)
    third = (76, 160, 72) if look.color[1] < 140 else (214, 52, 45)
    flying, sway = look.action == "flying", 0.03 * look.sway
    if flying:  # the far wing, behind the body
        far = [(0.06, -0.08), (0.16, -0.34), (0.3, -0.44), (0.36, -0.24), (0.22, 0.02)]
        pen.blob("wings", [(x, y + sway) for x, y in far], shade(second, -0.25))
    long = [(-0.12, 0.16), (0.02, 0.2), (-0.16 + sway, 0.5), (-0.28 + sway, 0.48)]
    pen.blob("tail", long, third)
    pen.line("tail", [(-0.06, 0.24), (-0.22 + sway, 0.47)], 0.04, second)
    body = [(-0.08, -0.24), (0.12, -0.22), (0.2, 0.0), (0.1, 0.22), (-0.08, 0.28), (-0.15, 0.02)]
    pen.blob("", body, feathers, patterned=True)
    for x in (0.0, 0.08):
        pen.line("claws", [(x, 0.22), (x + 0.02, 0.33)], 0.032, GRAY)
        pen.line("claws", [(x - 0.02, 0.34), (x + 0.07, 0.34)], 0.028, GRAY)
    if flying:
        wing = [(0.02, -0.06), (-0.14, -0.36), (-0.32, -0.46), (-0.34, -0.22), (-0.2, 0.04)]
        wing, tip = [*wing, (-0.04, 0.1)], [(-0.2, -0.32), (-0.33, -0.47), (-0.35, -0.2)]
        tip = [*tip, (-0.24, -0.02)]
    else:
        wing = [(-0.08, -0.1), (0.06, -0.06), (0.05, 0.12), (-0.1, 0.3), (-0.19, 0.16)]
        wing, tip = [*wing, (-0.16, 0.0)], [(-0.05, 0.1), (0.03, 0.12), (-0.1, 0.31)]
        tip = [*tip, (-0.19, 0.16)]
    pen.blob("wings", wing, second)
    pen.blob("wings", tip, third)
    _parrot_head(look.moved(sway / 2, 0.0))


def _parrot_head(look: Look) -> None:
    pen, feathers = look.pen, look.color
    for tip in ((-0.07, -0.48), (-0.1, -0.44)):
        pen.line("", [(0.0, -0.4), tip], 0.035, feathers)
    pen.ellipse("", (0.07, -0.3), (0.17, 0.16), feathers)
    pen.ellipse("cheeks", (0.13, -0.28), (0.082, 0.085), WHITE)
    beak = [(0.19, -0.37), (0.29, -0.35), (0.33, -0.25), (0.29, -0.17), (0.26, -0.25)]
    pen.blob("beak", [*beak, (0.19, -0.24)], shade(BLACK, 0.15))
    look.eye("", 0.12, -0.33, 0.04)


def draw_penguin(look: Look) -> None:
    """A penguin from the front, its flippers up when it jumps."""
    pen, coat = look.pen, look.color
    flipper = [(0.2, -0.14), (0.3, 0.0), (0.37, 0.22), (0.31, 0.26), (0.2, 0.12)]
    if look.action == "jumping":
        flipper = [(0.19, -0.1), (0.32, -0.2), (0.44, -0.24), (0.42, -0.15), (0.22, 0.06)]
    for side in (-1, 1):
        pen.ellipse("feet", (side * 0.12, 0.45), (0.13, 0.048), ORANGE)
        beat = 0.04 * look.sway * side
        pen.blob("flippers", [(side * (x + beat * (x - 0.2)), y) for x, y in flipper], look.dark)
    body = [(-0.18, -0.22), (0.18, -0.22), (0.27, 0.12), (0.2, 0.42), (-0.2, 0.42), (-0.27, 0.12)]
    pen.blob("", body, coat)
    belly = [(-0.11, -0.12), (0.11, -0.12), (0.18, 0.14), (0.12, 0.37), (-0.12, 0.37)]
    pen.blob("belly", [*belly, (-0.18, 0.14)], WHITE)
    _penguin_head(look.moved(0.02 * look.sway, 0.0))


def _penguin_head(look: Look) -> None:
    pen = look.pen
    pen.ellipse("", (0, -0.3), (0.2, 0.19), look.color)
    for side in (-1, 1):
        pen.ellipse("", (side * 0.075, -0.27), (0.09, 0.1), WHITE)
    for side in (-1, 1):
        look.eye("eyes", side * 0.08, -0.31, 0.046)
    pen.polygon("beak", [(-0.06, -0.25), (0.06, -0.25), (0, -0.15)], ORANGE)
