"""Windows of a picture painted over, or all but them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import Tensor

from seewhy.similarity.windows import Box

Fill = float | Literal["mean"]
"""What is painted over pixels: a value in the encoder's own space, 0 as published; or the mean
color of the picture, which is the same color for every encoder."""


def paint(picture: Tensor, fill: Fill) -> Tensor:
    """A picture (1, 3, height, width) all of one color."""
    color = picture.mean((2, 3), keepdim=True) if fill == "mean" else picture.new_tensor(fill)
    return color.expand_as(picture)


def paint_over(picture: Tensor, boxes: Sequence[Box], fill: Fill, *, keeps: bool = False) -> Tensor:
    """One copy of a picture for each box, painted over there, (boxes, 3, height, width).

    Args:
        picture: (1, 3, height, width).
        boxes: one for each copy.
        fill: what with.
        keeps: paint over all but the box instead.
    """
    painted = paint(picture, fill)
    return lay_windows(painted, picture, boxes) if keeps else lay_windows(picture, painted, boxes)


def lay_windows(below: Tensor, above: Tensor, boxes: Sequence[Box]) -> Tensor:
    """One copy of a picture for each box, in which another is seen, (boxes, 3, height, width)."""
    laid = below.repeat(len(boxes), 1, 1, 1)
    for copy, box in zip(laid, boxes, strict=True):
        cut(copy[None], box).copy_(cut(above, box))
    return laid


def cut(picture: Tensor, box: Box) -> Tensor:
    """A window of a picture (1, channels, height, width): a view, (channels, ...)."""
    top, left, height, width = box
    return picture[0, :, top : top + height, left : left + width]
