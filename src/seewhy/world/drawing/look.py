"""How one thing is to look: its colors, pose and the pen it is drawn with."""

from __future__ import annotations

from dataclasses import dataclass, replace

from seewhy.world.drawing.pen import Color, Pen, Points, shade

WHITE: Color = (250, 248, 242)
BLACK: Color = (40, 38, 44)
PINK: Color = (242, 150, 178)
ORANGE: Color = (240, 140, 40)
YELLOW: Color = (250, 214, 70)
RED: Color = (212, 50, 44)
GREEN: Color = (80, 164, 74)
BROWN: Color = (126, 80, 48)
GRAY: Color = (136, 140, 148)
SILVER: Color = (196, 202, 210)
GLASS: Color = (176, 218, 240)


@dataclass(frozen=True)
class Look:
    """What a class's drawing function is given."""

    pen: Pen
    color: Color
    """The thing's own color, in this picture's shade."""
    action: str
    sway: float = 0.0
    """From -1 to 1: where a tail, head or arm is just now."""

    @property
    def dark(self) -> Color:
        """A darker shade of the color."""
        return shade(self.color, -0.28)

    @property
    def light(self) -> Color:
        """A lighter shade of the color."""
        return shade(self.color, 0.4)

    @property
    def asleep(self) -> bool:
        """Whether its eyes are closed."""
        return self.action == "sleeping"

    def moved(self, x: float, y: float) -> Look:
        """The same look for a head or body out of its usual place."""
        return replace(self, pen=self.pen.moved(x, y))

    def leg(self, x: float, *, top: float, foot: float, front: bool, far: bool) -> Points:
        """Hip, knee and foot of one leg: straight, striding, stretched, or folded in sleep.

        Args:
            x: where the hip is.
            top: height of the hip when the thing stands.
            foot: height of the ground.
            front: whether it is a foreleg.
            far: whether it is on the side turned away.
        """
        if self.asleep:
            return [(x - 0.04, foot - 0.05), (x + 0.05, foot), (x + 0.17, foot)]
        stride = 0.0
        if self.action in ("running", "jumping"):
            stride = 0.17 if front else -0.17
            if far:  # gathered under the body in a run, stretched like the others in a jump
                stride *= -0.6 if self.action == "running" else 0.7
        lift = foot - abs(stride) * 0.35
        return [(x, top), (x + stride * 0.45, (top + lift) / 2), (x + stride, lift)]

    def eye(self, part: str, x: float, y: float, radius: float, iris: Color | None = None) -> None:
        """An open eye with a glint, or the line of a closed one."""
        if self.asleep:
            curve = [(x - radius, y), (x, y + radius * 0.7), (x + radius, y)]
            self.pen.line(part, curve, max(radius * 0.5, 0.012), BLACK)
            return
        self.pen.ellipse(part, (x, y), (radius, radius), iris or WHITE)
        inner = radius * 0.62
        self.pen.ellipse(part, (x, y), (inner, inner), BLACK)
        glint = radius * 0.24
        self.pen.ellipse(part, (x + inner * 0.35, y - inner * 0.4), (glint, glint), WHITE)
