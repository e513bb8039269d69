"""What maps are judged against: chance, the middle of the picture, and its edges."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.explanation import Findings
from seewhy.similarity.pair import Pair


@dataclass(frozen=True, kw_only=True)
class RandomSettings:
    """How fine a random map is."""

    cells: int = 7
    """Rows and columns, enlarged as other maps are; 7 is what a ResNet has of 224 pixels."""

    def __post_init__(self) -> None:
        if self.cells < 1:
            raise InvalidArgumentError(f"cells must be at least 1, got {self.cells}.")


@dataclass(frozen=True, kw_only=True)
class CenterSettings:
    """How wide the middle is."""

    spread: float = 0.25
    """Standard deviation as a fraction of each side."""

    def __post_init__(self) -> None:
        if self.spread <= 0:
            raise InvalidArgumentError(f"spread must be above 0, got {self.spread}.")


@dataclass(frozen=True)
class EdgeSettings:
    """Edges have nothing to set."""


def map_at_random(pair: Pair, settings: RandomSettings) -> Findings:
    """Numbers from 0 to 1 that know nothing of the pictures, the same from the same seed."""
    numbers = torch.Generator().manual_seed(pair.effort.seed)
    first, second = torch.rand(2, settings.cells, settings.cells, generator=numbers)
    return Findings(maps=(pair.map_of(1, first), pair.map_of(2, second)))


def map_center(pair: Pair, settings: CenterSettings) -> Findings:
    """A hill in the middle of each picture: where people point their cameras."""
    first, second = (_draw_hill(size, settings.spread) for size in pair.sizes)
    return Findings(maps=(pair.map_of(1, first), pair.map_of(2, second)))


def map_edges(pair: Pair, settings: EdgeSettings) -> Findings:
    """How steep the brightness is: what a map may show that knows no encoder."""
    first, second = (_find_edges(pair.model.to_unit_range(view)) for view in pair.views)
    return Findings(maps=(pair.map_of(1, first), pair.map_of(2, second)))


def _draw_hill(size: tuple[int, int], spread: float) -> Tensor:
    rows, columns = ((torch.arange(side) + 0.5) / side - 0.5 for side in size)
    return torch.exp(-(rows[:, None] ** 2 + columns[None] ** 2) / (2 * spread**2))


def _find_edges(unit: Tensor) -> Tensor:
    """Length of the gradient by Sobel's filters; (1, 3, height, width) → (height, width)."""
    gray = F.pad(unit.mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
    across = gray.new_tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    filters = torch.stack([across, across.T])[:, None] / 8
    return F.conv2d(gray, filters).norm(dim=1)[0]
