"""A pen that draws the shapes of one thing, and remembers which part each of them belongs to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

Color = tuple[int, int, int]
Points = Sequence[tuple[float, float]] | NDArray[np.float64]
SUPERSAMPLING = 3
INK: Color = (38, 34, 40)
_TURNS = np.linspace(0, 2 * np.pi, 32, endpoint=False)
_CIRCLE = np.stack([np.cos(_TURNS), np.sin(_TURNS)])
_LIMB = 0.045  # a line wider than this is a limb, with an outline of its own


def shade(color: Color, amount: float) -> Color:
    """A color made lighter (amount > 0) or darker (amount < 0); amount from -1 to 1."""
    target = 255 if amount > 0 else 0
    red, green, blue = (round(c + (target - c) * abs(amount)) for c in color)
    return red, green, blue


@dataclass(frozen=True)
class Pattern:
    """Stripes, spots or checks: where their ink is on the canvas, and its color."""

    mask: Image.Image
    color: Color


class Canvas:
    """A picture drawn several times as large and made small in the end, with a map of parts."""

    def __init__(self, size: int, *, masks: bool) -> None:
        self.size, self.side = size, size * SUPERSAMPLING
        self.image = Image.new("RGB", (self.side, self.side))
        self.draw = ImageDraw.Draw(self.image)
        self.hairline = max(self.side // 150, 2)
        """Width of an outline."""
        self.backdrop: Image.Image | None = None
        """The picture before anything stood in it, where something is to shine through."""
        self.labels = Image.new("I", (self.side, self.side), 0) if masks else None
        self.label_draw = ImageDraw.Draw(self.labels) if self.labels is not None else None

    def finish(self) -> NDArray[np.uint8]:
        """The picture in its own size, (size, size, 3)."""
        return np.asarray(self.image.reduce(SUPERSAMPLING), dtype=np.uint8)

    def finish_labels(self) -> NDArray[np.int32]:
        """The label drawn last at the middle of each pixel, (size, size); 0 for none."""
        if self.labels is None:
            raise ValueError("The canvas was made without masks.")
        middle = SUPERSAMPLING // 2
        return np.asarray(self.labels)[middle::SUPERSAMPLING, middle::SUPERSAMPLING]


class Pen:
    """Draws one thing in a frame of its own: x right, y down, the thing 1 high around (0, 0).

    Every shape names its part; ``""`` is the rest of the thing.
    """

    def __init__(
        self,
        canvas: Canvas,
        *,
        center: tuple[float, float],
        scale: float,
        flip: bool,
        angle: float,
        labels: dict[str, int],
        outline: Color | None,
        stretch: float = 1.0,
    ) -> None:
        self.canvas, self.labels, self.outline = canvas, labels, outline
        self.unit = scale * canvas.side
        self.steps = 5 if self.unit < 220 else 8 if self.unit < 700 else 14
        cosine, sine = math.cos(angle), math.sin(angle)
        across = -stretch if flip else stretch
        self.matrix = np.array([[cosine * across, -sine], [sine * across, cosine]]) * self.unit
        self.offset = np.array(center) * canvas.side
        self.fill_pattern: Pattern | None = None

    def moved(self, x: float, y: float) -> Pen:
        """The same pen with the thing's frame moved, for a head or body out of its usual place."""
        other = copy(self)
        other.offset = self.offset + self.matrix @ (x, y)
        return other

    def to_pixels(self, points: Points) -> list[float]:
        """Points of the thing's frame as pixels of the canvas: x and y in turn."""
        return (np.asarray(points) @ self.matrix.T + self.offset).ravel().tolist()

    def polygon(self, part: str, points: Points, color: Color, *, patterned: bool = False) -> None:
        """A filled polygon; ``patterned`` lays the thing's pattern over it."""
        self._fill(part, self.to_pixels(points), color, patterned)

    def blob(self, part: str, points: Points, color: Color, *, patterned: bool = False) -> None:
        """A filled smooth outline through the points."""
        self._fill(part, self.to_pixels(smooth(points, steps=self.steps)), color, patterned)

    def ellipse(
        self,
        part: str,
        center: tuple[float, float],
        radii: tuple[float, float],
        color: Color,
        *,
        angle: float = 0.0,
        patterned: bool = False,
    ) -> None:
        """A filled ellipse, turned by ``angle`` degrees."""
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        axes = np.array(
            [[cosine * radii[0], -sine * radii[1]], [sine * radii[0], cosine * radii[1]]]
        )
        self._fill(part, self.to_pixels((axes @ _CIRCLE).T + center), color, patterned)

    def line(self, part: str, points: Points, width: float, color: Color) -> None:
        """A smooth line with round ends; ``width`` in heights of the thing."""
        if len(points) > 2:
            points = smooth(points, steps=self.steps, closed=False)
        pixels = self.to_pixels(points)
        thick = max(round(width * self.unit), 1)
        if self.outline is not None and width > _LIMB:
            self._stroke(self.canvas.draw, pixels, thick + self.canvas.hairline, self.outline)
        self._stroke(self.canvas.draw, pixels, thick, color)
        if self.canvas.label_draw is not None:
            self._stroke(self.canvas.label_draw, pixels, thick, self.labels[part])

    def _fill(self, part: str, pixels: list[float], color: Color, patterned: bool) -> None:
        self.canvas.draw.polygon(pixels, fill=color)
        if patterned and self.fill_pattern is not None:
            self._lay_pattern(pixels, self.fill_pattern)
        if self.outline is not None:
            closed = pixels + pixels[:2]
            self.canvas.draw.line(closed, self.outline, self.canvas.hairline, joint="curve")
        if self.canvas.label_draw is not None:
            self.canvas.label_draw.polygon(pixels, fill=self.labels[part])

    def _lay_pattern(self, pixels: list[float], pattern: Pattern) -> None:
        xs, ys = pixels[0::2], pixels[1::2]
        left, top = max(math.floor(min(xs)), 0), max(math.floor(min(ys)), 0)
        right = min(math.ceil(max(xs)) + 1, self.canvas.side)
        bottom = min(math.ceil(max(ys)) + 1, self.canvas.side)
        if right <= left or bottom <= top:
            return
        stencil = Image.new("L", (right - left, bottom - top))
        shifted = [(x - left, y - top) for x, y in zip(xs, ys, strict=True)]
        ImageDraw.Draw(stencil).polygon(shifted, fill=255)
        ink = ImageChops.darker(stencil, pattern.mask.crop((left, top, right, bottom)))
        self.canvas.image.paste(pattern.color, (left, top), ink)

    @staticmethod
    def _stroke(
        draw: ImageDraw.ImageDraw, pixels: list[float], width: int, color: Color | int
    ) -> None:
        draw.line(pixels, fill=color, width=width)
        radius = (width - 1) / 2
        if radius >= 1:  # a disk at every point closes the gaps of bends and rounds the ends
            for x, y in zip(pixels[0::2], pixels[1::2], strict=True):
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)


def smooth(points: Points, *, steps: int = 8, closed: bool = True) -> NDArray[np.float64]:
    """A Catmull-Rom curve through the points, (points of the curve, 2).

    Args:
        points: corners, (corners, 2).
        steps: points of the curve from one corner to the next.
        closed: whether the last corner is joined to the first.
    """
    corners = np.asarray(points, dtype=float)
    if closed:
        padded = np.concatenate([corners[-1:], corners, corners[:2]])
    else:
        padded = np.concatenate([corners[:1], corners, corners[-1:]])
    pieces = len(padded) - 3
    around = np.stack([padded[k : k + pieces] for k in range(4)], axis=1)  # (pieces, 4, 2)
    curve = (_catmull_rom(steps) @ around).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, corners[-1:]])


@lru_cache
def _catmull_rom(steps: int) -> NDArray[np.float64]:
    """Weights of the four corners around each point of a piece, (steps, 4)."""
    t = np.arange(steps)[:, None] / steps
    return 0.5 * np.concatenate(
        [
            -t + 2 * t**2 - t**3,
            2 - 5 * t**2 + 3 * t**3,
            t + 4 * t**2 - 3 * t**3,
            -(t**2) + t**3,
        ],
        axis=1,
    )
