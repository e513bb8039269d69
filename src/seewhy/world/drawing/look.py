"""How one thing is to look: its colors, pose and the pen it is drawn with."""

from __future__ import annotations

from dataclasses import dataclass

from seewhy.world.drawing.pen import Color, Pen, shade

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
