"""Ellipses fitted to points, and drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.images.ellipse_pixels import fill_outline, trace_outline

MIN_POINTS = 5
_SMALLEST = 1e-8
_SINGULAR = float(np.finfo(np.float32).eps)
_OUTLINE = 720  # corners of a drawn ellipse

Coordinates = NDArray[np.float64]


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


@dataclass(frozen=True)
class _Cloud:
    """Points about their middle, scaled so that their distances from it sum to 100."""

    x: Coordinates
    y: Coordinates
    middle: Coordinates
    scale: float

    def place(self, x: float, y: float, axes: tuple[float, float], angle: float) -> Ellipse:
        """An ellipse found in this frame, in pixels."""
        center = (x / self.scale + self.middle[0], y / self.scale + self.middle[1])
        full = (axes[0] / self.scale, axes[1] / self.scale)
        return Ellipse(
            (float(center[0]), float(center[1])),
            (float(full[0]), float(full[1])),
            float(angle % 180),
        )


def fit_ellipse(points: NDArray[np.number]) -> Ellipse:
    """Fit an ellipse to points by least squares.

    Six points or more: the general conic is fitted first, for the center; then the quadratic form
    about that center. Five points lie on a conic that need not be an ellipse: theirs is the best
    one among ellipses.

    Points on a line, or on few places, fit many conics: the result is finite, and without
    meaning; so is that of points which a hyperbola fits best. Look at the axes before you trust it.

    Args:
        points: x and y, (points, 2), at least 5.

    Raises:
        ShapeError: if ``points`` is not (points, 2).
        InvalidArgumentError: if there are fewer than 5 points, or not all are finite.

    Source: the algebraic fit of OpenCV's ``fitEllipse``, whose numbers it gives; for five points
        Fitzgibbon et al. (PAMI 1999) in the stable form of Halir and Flusser (WSCG 1998).
    Differs: where the points determine no ellipse, OpenCV moves them a little, and what comes out
        hangs on its rounding; there the numbers are not the same.

    Example:
        >>> square = np.array([[0, 0], [4, 0], [8, 0], [8, 2], [8, 4], [4, 4], [0, 4], [0, 2]])
        >>> found = fit_ellipse(square)
        >>> [round(x, 2) for x in (*found.center, *found.axes, found.angle)]
        [4.0, 2.0, 5.16, 10.33, 90.0]
    """
    points = np.asarray(points)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ShapeError(f"points must be (points, 2), got {points.shape}.")
    if len(points) < MIN_POINTS:
        raise InvalidArgumentError(f"An ellipse needs at least 5 points, got {len(points)}.")
    if not np.isfinite(points).all():
        raise InvalidArgumentError("Points of an ellipse must be finite; some are not.")
    direct = _fit_among_ellipses(_gather(points)) if len(points) == MIN_POINTS else None
    return direct or _fit_conic(points)


def _gather(points: NDArray[np.number], *, loosen: float = 0.0) -> _Cloud:
    """Points in a frame of their own; ``loosen`` moves each its own way, off a common line."""
    # float32 where OpenCV has float32, so that nearly singular points fall out alike
    given = np.asarray(points, np.float32)
    middle = given.mean(0, dtype=np.float32)
    spread = max(float(np.abs(given - middle).astype(np.float64).sum()), _SINGULAR)
    if loosen:
        step, number = spread / (2 * len(given)) * loosen, np.arange(len(given))
        steps = np.stack([np.where(number & bit, step, -step) for bit in (1, 2)], axis=1)
        given = given + steps.astype(np.float32)
    x, y = ((given - middle).astype(np.float64) * (100 / spread)).T
    return _Cloud(x, y, middle.astype(np.float64), 100 / spread)


def _fit_conic(points: NDArray[np.number]) -> Ellipse:
    """The conic that fits best, of which only an ellipse has a meaning."""
    cloud = _gather(points)
    singular = np.linalg.svd(_conic(cloud), compute_uv=False)
    if singular[-1] < _SINGULAR * singular[0]:
        cloud = _gather(points, loosen=1e-3)
    x, y = cloud.x, cloud.y
    # a x² + b y² + c x y - d x - e y = -10,000; its center is where both slopes are 0
    a, b, c, d, e = _solve(_conic(cloud), np.full(len(x), 10_000.0))
    cx, cy = _solve(np.array([[2 * a, c], [c, 2 * b]]), np.array([d, e]))
    x, y = x - cx, y - cy
    p, q, r = _solve(np.stack([x * x, y * y, x * y], axis=1), np.ones(len(x)))
    turn = -0.5 * math.atan2(r, q - p)
    skew = r / math.sin(-2 * turn) if abs(r) > _SMALLEST else q - p
    along, across = 2 * _radius(p + q - skew), 2 * _radius(p + q + skew)
    if along > across:
        return cloud.place(cx, cy, (across, along), 90 + math.degrees(turn))
    # Only without a turn can the first be the shorter: it then lies along x, whatever atan2 says
    return cloud.place(cx, cy, (along, across), 0.0)


def _fit_among_ellipses(cloud: _Cloud) -> Ellipse | None:
    """The best conic under 4 a c - b² > 0; ``None`` where the points determine none."""
    x, y, ones = cloud.x, cloud.y, np.ones(len(cloud.x))
    squares, lines = np.stack([x * x, x * y, y * y], 1), np.stack([x, y, ones], 1)
    if np.linalg.matrix_rank(lines) < 3:
        return None
    # a x² + b x y + c y² + d x + e y + f = 0, with d, e, f the best for each a, b, c
    to_lines = -np.linalg.solve(lines.T @ lines, lines.T @ squares)
    scatter = (squares.T @ squares + squares.T @ lines @ to_lines) / len(x)
    constrained = np.stack([scatter[2] / 2, -scatter[1], scatter[0] / 2])
    vectors = np.real(np.linalg.eig(constrained)[1])
    discriminants = 4 * vectors[0] * vectors[2] - vectors[1] ** 2
    best = int(np.argmax(discriminants))
    a, b, c = vectors[:, best]
    d, e, f = to_lines @ vectors[:, best]
    if discriminants[best] <= 0:
        return None
    cx = (b * e - 2 * c * d) / discriminants[best]
    cy = (b * d - 2 * a * e) / discriminants[best]
    slopes, directions = np.linalg.eigh([[a, b / 2], [b / 2, c]])
    with np.errstate(all="ignore"):  # a line has no slope across; it is refused below
        squared = -(f + (d * cx + e * cy) / 2) / slopes
    if not (np.isfinite(squared).all() and (squared > 0).all()):
        return None
    short, long = sorted((0, 1), key=lambda axis: float(squared[axis]))
    axes = (2 * math.sqrt(squared[short]), 2 * math.sqrt(squared[long]))
    turn = math.atan2(directions[1, short], directions[0, short])
    return cloud.place(cx, cy, axes, math.degrees(turn))


def _conic(cloud: _Cloud) -> Coordinates:
    x, y = cloud.x, cloud.y
    return np.stack([-x * x, -y * y, -x * y, x, y], axis=1)


def _solve(matrix: Coordinates, values: Coordinates) -> list[float]:
    return np.linalg.lstsq(matrix, values, rcond=None)[0].tolist()


def _radius(inverse: float) -> float:
    size = abs(inverse)
    return math.sqrt(2 / size) if size > _SMALLEST else size


def draw_ellipse(
    image: Image.Image, ellipse: Ellipse, color: tuple[int, int, int], *, thickness: int = 1
) -> Image.Image:
    """The picture with the outline of an ellipse on it, as a new picture.

    Args:
        image: an RGB picture; parts of the ellipse outside it are left out.
        ellipse: in pixels; whole numbers are the centers of pixels.
        color: red, green and blue, 0 to 255.
        thickness: as OpenCV counts it, at least 1: 1 is one pixel wide, 2 is three, 3 and 4 are
            five, and so on.

    Raises:
        InvalidArgumentError: if ``thickness`` is below 1.
    """
    if thickness < 1:
        raise InvalidArgumentError(f"thickness must be at least 1 pixel, got {thickness}.")
    if thickness == 1:
        pixels = np.array(image)
        pixels[trace_outline(ellipse, (image.height, image.width))] = color
        return Image.fromarray(pixels)
    drawn = image.copy()
    # whole pixels, since Pillow would cut off fractions, and corners as far apart as OpenCV's
    outline = [(round(x), round(y)) for x, y in ellipse.outline()[::10]]
    width = 2 * ((thickness + 1) // 2) + 1
    ImageDraw.Draw(drawn).line([*outline, outline[0]], fill=color, width=width, joint="curve")
    return drawn


def ellipse_mask(ellipse: Ellipse, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels inside an ellipse or on its border, as OpenCV fills it; never none in the picture.

    Args:
        ellipse: in pixels.
        size: height and width of the mask.

    Returns:
        (height, width).
    """
    return fill_outline(ellipse, size)
