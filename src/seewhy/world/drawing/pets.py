"""Cat, dog, rabbit, turtle. All face right; one high around (0, 0)."""

from __future__ import annotations

from seewhy.world.drawing.look import BLACK, GREEN, PINK, RED, WHITE, YELLOW, Look
from seewhy.world.drawing.pen import Points, shade


def draw_cat(look: Look) -> None:
    """A cat from the front: sitting, leaping with its paws up, or curled up asleep."""
    pen, fur, sway = look.pen, look.color, 0.04 * look.sway
    if look.asleep:
        body = [(-0.42, 0.3), (-0.3, 0.08), (-0.02, 0.02), (0.24, 0.12), (0.32, 0.34), (0.2, 0.46)]
        pen.blob("", [*body, (-0.3, 0.47)], fur, patterned=True)
        tail = [(-0.4, 0.28), (-0.47, 0.4), (-0.34, 0.47), (-0.16, 0.43), (-0.13, 0.36)]
        pen.line("tail", tail, 0.08, look.dark)
        _cat_paws(look, [(0.04, 0.45), (0.3, 0.45)])
        _cat_head(look.moved(0.16, 0.34 + sway / 3))
        return
    tail = [(-0.16, 0.4), (-0.4, 0.4), (-0.45, 0.18), (-0.36, 0.02), (-0.26, 0.08), (-0.3, 0.17)]
    pen.line("tail", [(x, y + sway) for x, y in tail], 0.08, look.dark)
    body = [(-0.14, -0.08), (0.14, -0.08), (0.27, 0.25), (0.25, 0.46), (-0.25, 0.46), (-0.27, 0.25)]
    pen.blob("", body, fur, patterned=True)
    pen.blob("", [(-0.07, 0.0), (0.07, 0.0), (0.1, 0.24), (0, 0.34), (-0.1, 0.24)], look.light)
    _cat_paws(look, [(-0.11, 0.44), (0.11, 0.44)])
    if look.action == "jumping":
        for side in (-1, 1):
            pen.line("", [(side * 0.12, 0.1), (side * 0.26, 0.1), (side * 0.36, 0.0)], 0.11, fur)
        _cat_paws(look, [(-0.37, -0.01), (0.37, -0.01)])
    _cat_head(look.moved(sway, 0.0))


def _cat_paws(look: Look, centers: Points) -> None:
    for x, y in centers:
        look.pen.ellipse("paws", (x, y), (0.1, 0.058), WHITE)
        for toe in (-0.03, 0.03):
            look.pen.line("paws", [(x + toe, y), (x + toe, y + 0.035)], 0.012, shade(WHITE, -0.4))


def _cat_head(look: Look) -> None:
    pen, fur = look.pen, look.color
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
        smile = [(0, -0.11), (side * 0.015, -0.075), (side * 0.05, -0.065), (side * 0.075, -0.09)]
        pen.line("", smile, 0.014, BLACK)
    pen.polygon("", [(-0.035, -0.15), (0.035, -0.15), (0, -0.11)], PINK)


def draw_dog(look: Look) -> None:
    """A dog with short legs, its tail up; lying with its head down when asleep."""
    fur, drop = look.color, 0.19 if look.asleep else 0.0
    body, sway = look.moved(0, drop), 0.06 * look.sway
    wag = [(-0.36, 0.02), (-0.5, -0.1), (-0.52 - sway, -0.27)]
    body.pen.line("tail", wag, 0.075, look.dark)
    for x, front in ((-0.25, False), (0.21, True)):
        path = look.leg(x, top=0.18, foot=0.42, front=front, far=True)
        look.pen.line("legs", path, 0.1, look.dark)
    trunk = [(-0.4, 0.0), (-0.2, -0.09), (0.15, -0.08), (0.3, 0.02), (0.27, 0.24), (-0.36, 0.26)]
    body.pen.blob("", trunk, fur, patterned=True)
    for x, front in ((-0.33, False), (0.18, True)):
        path = look.leg(x, top=0.18, foot=0.43, front=front, far=False)
        look.pen.line("legs", path, 0.11, fur)
        foot = (path[-1][0] + 0.03, path[-1][1] + 0.025)
        look.pen.ellipse("legs", foot, (0.085, 0.042), look.light)
    body.pen.blob("", [(0.1, -0.1), (0.3, -0.12), (0.34, 0.06), (0.16, 0.1)], fur)
    _dog_head(look.moved(0.0, 0.29) if look.asleep else look.moved(0, sway / 3))


def _dog_head(look: Look) -> None:
    pen, fur = look.pen, look.color
    pen.line("collar", [(0.12, -0.06), (0.22, 0.03), (0.36, 0.0)], 0.06, RED)
    pen.ellipse("collar", (0.25, 0.06), (0.035, 0.035), YELLOW)
    pen.ellipse("", (0.26, -0.24), (0.21, 0.2), fur, patterned=True)
    pen.ellipse("", (0.43, -0.17), (0.14, 0.1), look.light)
    ear = [(0.08, -0.4), (0.2, -0.4), (0.18, -0.18), (0.12, -0.02), (0.03, -0.06), (0.02, -0.25)]
    pen.blob("ears", ear, shade(fur, -0.42))
    look.eye("", 0.32, -0.28, 0.048)
    pen.ellipse("nose", (0.55, -0.2), (0.05, 0.042), BLACK)
    pen.line("", [(0.54, -0.14), (0.47, -0.1), (0.37, -0.13)], 0.014, BLACK)
    if not look.asleep:
        pen.blob("", [(0.43, -0.1), (0.5, -0.1), (0.49, 0.0), (0.44, 0.0)], PINK)


def draw_rabbit(look: Look) -> None:
    """A rabbit from the front: upright, leaping, or lying with its ears drooping."""
    pen, fur = look.pen, look.color
    if look.asleep:
        pen.ellipse("tail", (-0.39, 0.26), (0.105, 0.1), WHITE)
        body = [(-0.36, 0.3), (-0.24, 0.08), (0.06, 0.06), (0.3, 0.26), (0.26, 0.46), (-0.3, 0.47)]
        pen.blob("", body, fur, patterned=True)
        for x in (-0.22, 0.3):
            pen.ellipse("feet", (x, 0.445), (0.14, 0.055), look.dark)
        _rabbit_head(look.moved(0.08, 0.34), lean=34)
        return
    pen.ellipse("tail", (-0.27, 0.32), (0.105, 0.1), WHITE)
    for x in (-0.15, 0.17) if look.action == "jumping" else ():
        pen.line("", [(x, 0.3), (x * 1.7, 0.44)], 0.12, fur)
    body = [(-0.16, 0.0), (0.14, 0.0), (0.25, 0.25), (0.2, 0.46), (-0.2, 0.46), (-0.26, 0.24)]
    pen.blob("", body, fur, patterned=True)
    pen.ellipse("", (0.02, 0.26), (0.12, 0.15), look.light)
    for side in (-1, 1):
        if look.action == "jumping":
            pen.ellipse("feet", (side * 0.28, 0.45), (0.13, 0.062), look.dark, angle=side * 20)
            pen.line("", [(side * 0.15, 0.12), (side * 0.34, 0.02)], 0.085, fur)
        else:
            pen.ellipse("feet", (side * 0.16, 0.44), (0.155, 0.062), look.dark)
            pen.line("", [(side * 0.14, 0.14), (side * 0.07, 0.25)], 0.07, look.dark)
    _rabbit_head(look.moved(0.02 * look.sway, 0.0), lean=10 + 5 * look.sway)


def _rabbit_head(look: Look, *, lean: float) -> None:
    pen, fur = look.pen, look.color
    for side in (-1, 1):
        foot = (side * (0.06 + lean * 0.003), -0.34 + lean * 0.0012)
        pen.ellipse("ears", foot, (0.075, 0.2), fur, angle=side * lean)
        pen.ellipse("ears", (foot[0], foot[1] + 0.01), (0.038, 0.14), PINK, angle=side * lean)
    pen.ellipse("", (0, -0.08), (0.21, 0.17), fur, patterned=True)
    for side in (-1, 1):
        pen.ellipse("", (side * 0.06, -0.01), (0.075, 0.058), look.light)
        look.eye("", side * 0.1, -0.12, 0.045)
    pen.ellipse("nose", (0, -0.05), (0.036, 0.028), PINK)
    for side in (-1, 1):
        corners = [(0, 0.01), (side * 0.035, 0.01), (side * 0.035, 0.075), (0, 0.075)]
        pen.polygon("teeth", corners, WHITE)
    pen.line("", [(0, 0.012), (0, 0.072)], 0.008, shade(WHITE, -0.4))


def draw_turtle(look: Look) -> None:
    """A turtle under its shell: on four legs, paddling, or with its head laid down."""
    pen, skin = look.pen, (186, 192, 92)
    if max(abs(a - b) for a, b in zip(look.color, skin, strict=True)) < 75:
        skin = (214, 178, 120)  # a shell of that color on other skin, so that both can be seen
    pen.polygon("", [(-0.55, 0.28), (-0.74, 0.36), (-0.52, 0.38)], shade(skin, -0.2))
    for x in (-0.4, 0.24):
        leg = [(x - 0.1, 0.2), (x + 0.12, 0.2), (x + 0.14, 0.46), (x - 0.06, 0.48)]
        if look.action == "swimming":  # a flipper, pushing back
            leg = [(x - 0.06, 0.2), (x + 0.14, 0.2), (x - 0.08, 0.44), (x - 0.24, 0.49)]
        pen.blob("legs", leg, skin)
    down = 0.36 if look.asleep else 0.03 * look.sway
    pen.line("neck", [(0.36, 0.22), (0.52, 0.1 + down * 0.5), (0.58, -0.12 + down)], 0.15, skin)
    _turtle_head(look.moved(0.06 if look.asleep else 0.0, down), skin)
    shell = [(-0.58, 0.27), (-0.52, -0.08), (-0.26, -0.36), (0.0, -0.4), (0.26, -0.32)]
    pen.blob("shell", [*shell, (0.42, -0.05), (0.48, 0.27)], look.color, patterned=True)
    for points in (
        [(-0.28, -0.3), (-0.34, -0.04), (-0.28, 0.24)],
        [(0.02, -0.37), (0.0, -0.05), (0.02, 0.25)],
        [(0.27, -0.26), (0.3, 0.0), (0.27, 0.24)],
        [(-0.52, -0.02), (-0.05, -0.07), (0.42, 0.0)],
    ):
        pen.line("shell", points, 0.028, look.dark)
    pen.line("shell", [(-0.58, 0.27), (0.0, 0.31), (0.48, 0.27)], 0.07, look.light)


def _turtle_head(look: Look, skin: tuple[int, int, int]) -> None:
    look.pen.ellipse("head", (0.6, -0.2), (0.145, 0.12), skin)
    look.eye("head", 0.64, -0.24, 0.045)
    look.pen.line("head", [(0.62, -0.14), (0.68, -0.13), (0.73, -0.17)], 0.015, BLACK)
