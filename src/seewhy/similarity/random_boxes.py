"""Random rectangles to hide, drawn as random erasing draws them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.windows import Box

TRIES = 10
NOTHING: Box = (0, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class BoxSettings:
    """What random rectangles are like."""

    area: tuple[float, float] = (0.1, 0.3)
    """Share of the picture, drawn uniformly."""
    aspect: tuple[float, float] = (1.0, 1.5)
    """Height by width, drawn uniformly in its logarithm."""
    chance: float = 1.0
    """That there is one at all."""

    def __post_init__(self) -> None:
        if not 0 < self.area[0] <= self.area[1] <= 1 or not 0 < self.aspect[0] <= self.aspect[1]:
            raise InvalidArgumentError(
                f"area and aspect go from low to high, and an area is at most 1, got {self}."
            )
        if not 0 <= self.chance <= 1:
            raise InvalidArgumentError(f"chance is from 0 to 1, got {self.chance}.")


def draw_box(size: tuple[int, int], settings: BoxSettings, numbers: Generator) -> Box:
    """A random rectangle; ``NOTHING`` where chance wants none, or none of ten tries fits.

    Args:
        size: height and width of the picture.
        settings: what it is like.
        numbers: of the random numbers, drawn in the order of torchvision's ``RandomErasing``, so
            that one seed gives one box in both.
    """
    height, width = size
    if torch.rand(1, generator=numbers).item() >= settings.chance:
        return NOTHING
    aspects = (math.log(settings.aspect[0]), math.log(settings.aspect[1]))
    for _ in range(TRIES):
        area = height * width * _draw_uniform(settings.area, numbers)
        aspect = math.exp(_draw_uniform(aspects, numbers))
        down, across = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if down < height and across < width:
            top = int(torch.randint(0, height - down + 1, (1,), generator=numbers))
            left = int(torch.randint(0, width - across + 1, (1,), generator=numbers))
            return top, left, down, across
    return NOTHING


def _draw_uniform(limits: tuple[float, float], numbers: Generator) -> float:
    return torch.empty(1).uniform_(*limits, generator=numbers).item()
