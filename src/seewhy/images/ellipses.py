"""Ellipses fitted to points, and drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from seewhy.errors import InvalidArgumentError

MIN_POINTS = 5
_SMALLEST = 1e-8
_OUTLINE = 720  # corners of a drawn ellipse


@dataclass(frozen=True)
class Ellipse:
    """An ellipse in pixels."""

    center: tuple[float, float]
    """x and y."""
    axes: tuple[float, float]
    """Full lengths, the shorter first; the shorter lies at ``angle``."""
    angle: float
    """Degrees from the x axis towards the y axis (clockwise, y being down)."""

    def outline(self) -> list[tuple[float, float]]:
        """Points around the ellipse."""
        turn = math.radians(self.angle)
        t = np.linspace(0, 2 * math.pi, _OUTLINE, endpoint=False)
        x, y = self.axes[0] / 2 * np.cos(t), self.axes[1] / 2 * np.sin(t)
        xs = self.center[0] + x * math.cos(turn) - y * math.sin(turn)
        ys = self.center[1] + x * math.sin(turn) + y * math.cos(turn)
        return list(zip(xs.tolist(), ys.tolist(), strict=True))


def fit_ellipse(points: NDArray[np.number]) -> Ellipse:
    """Fit an ellipse to points by least squares.

    The general conic is fitted first, for the center; then the quadratic form about that center.

    Args:
        points: x and y, (points, 2), at least 5.

    Raises:
        InvalidArgumentError: if there are fewer than 5 points.

    Source: the algebraic fit OpenCV uses (``fitEllipse``), whose numbers it gives.
    """
    if len(points) < MIN_POINTS:
        raise InvalidArgumentError(f"An ellipse needs at least 5 points, got {len(points)}.")
    # float32 where OpenCV has float32, so that degenerate borders fall out alike
    given = np.asarray(points, np.float32)
    middle = (given.sum(0, dtype=np.float32) / np.float32(len(given))).astype(np.float32)
    spread = float(np.abs(given - middle).astype(np.float64).sum())
    scale = 100.0 / max(spread, float(np.finfo(np.float32).eps))
    x, y = ((given - middle).astype(np.float64) * scale).T
    conic = _conic(x, y)
    if (
        np.linalg.svd(conic, compute_uv=False)[-1]
        < 1e-7 * np.linalg.svd(conic, compute_uv=False)[0]
    ):
        x, y = _loosen(given, middle, spread, scale)
        conic = _conic(x, y)
    a, b, c, d, e = np.linalg.lstsq(conic, np.full(len(x), 10000.0), rcond=None)[0]
    cx, cy = np.linalg.lstsq(np.array([[2 * a, c], [c, 2 * b]]), np.array([d, e]), rcond=None)[0]
    form = np.stack([(x - cx) ** 2, (y - cy) ** 2, (x - cx) * (y - cy)], axis=1)
    p, q, r = np.linalg.lstsq(form, np.ones(len(x)), rcond=None)[0]
    angle = -0.5 * math.atan2(r, q - p)
    skew = r / math.sin(-2 * angle) if abs(r) > _SMALLEST else q - p
    width, height = _radius(p + q - skew) * 2 / scale, _radius(p + q + skew) * 2 / scale
    degrees = math.degrees(angle)
    if width > height:
        width, height, degrees = height, width, degrees + 90
    center = (float(cx / scale + middle[0]), float(cy / scale + middle[1]))
    return Ellipse(center, (float(width), float(height)), float(degrees % 180))


def _conic(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([-x * x, -y * y, -x * y, x, y], axis=1)


def _radius(inverse: float) -> float:
    size = abs(inverse)
    return math.sqrt(2 / size) if size > _SMALLEST else size


def _loosen(
    given: NDArray[np.float32], middle: NDArray[np.float32], spread: float, scale: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points moved a little, each its own way, where they lie on a line or a pair of lines."""
    step = spread / (len(given) * 2) * 1e-3
    number = np.arange(len(given))
    moved = given.astype(np.float64)
    moved[:, 0] += np.where(number & 1, step, -step)
    moved[:, 1] += np.where(number & 2, step, -step)
    x, y = ((moved - middle) * scale).T
    return x, y


def draw_ellipse(
    image: Image.Image, ellipse: Ellipse, color: tuple[int, int, int], *, thickness: int = 1
) -> Image.Image:
    """The picture with the outline of an ellipse on it, as a new picture."""
    drawn = image.copy()
    # whole pixels, since Pillow would cut off fractions, and few enough corners that the line
    # steps diagonally: next to OpenCV's, which rounds and takes one corner in 5 degrees
    outline = [(round(x), round(y)) for x, y in ellipse.outline()[::10]]
    draw = ImageDraw.Draw(drawn)
    draw.line([*outline, outline[0]], fill=color, width=thickness, joint="curve")
    return drawn


def ellipse_mask(ellipse: Ellipse, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels inside an ellipse, (height, width)."""
    turn = math.radians(ellipse.angle)
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float64)
    x, y = x - ellipse.center[0], y - ellipse.center[1]
    along = x * math.cos(turn) + y * math.sin(turn)
    across = -x * math.sin(turn) + y * math.cos(turn)
    half = [max(axis / 2, 0.5) for axis in ellipse.axes]
    return (along / half[0]) ** 2 + (across / half[1]) ** 2 <= 1
