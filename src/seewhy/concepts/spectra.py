"""Principal directions of feature rows, from sums that can be added up batch by batch."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError, ShapeError


@dataclass
class MomentSums:
    """Sums over feature rows: their number, their total, and their Gram matrix.

    Sums of batches add up, so that statistics of any number of pictures are exact without
    holding their features. Float64, since eigenvectors are wanted to five digits.
    """

    channels: int
    normalize: bool = False
    """Whether rows are brought to unit length first."""
    count: int = 0
    total: Tensor = field(init=False)
    gram: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.total = torch.zeros(self.channels, dtype=torch.float64)
        self.gram = torch.zeros(self.channels, self.channels, dtype=torch.float64)

    def add(self, rows: Tensor) -> None:
        """Count in feature rows, (rows, channels).

        Raises:
            ShapeError: if they have another number of channels.
        """
        if rows.ndim != 2 or rows.shape[1] != self.channels:
            raise ShapeError(
                f"Feature rows must be (rows, {self.channels}), got {tuple(rows.shape)}."
            )
        values = rows.detach().to("cpu", torch.float64)
        if self.normalize:
            values = torch.nn.functional.normalize(values, dim=1)
        self.count += len(values)
        self.total += values.sum(0)
        self.gram += values.T @ values

    def singular_vectors(self, number: int) -> tuple[Tensor, Tensor]:
        """The largest right singular vectors, (channels, number), and singular values, (number,).

        Raises:
            InvalidArgumentError: if there are fewer rows or channels than vectors asked for.
        """
        self._need(number)
        values, vectors = torch.linalg.eigh(self.gram)
        largest = values.flip(0)[:number].clamp(min=0).sqrt()
        return vectors.flip(1)[:, :number], largest

    def principal_axes(self, number: int) -> tuple[Tensor, Tensor]:
        """Mean, (channels,), and the axes of largest variance, (channels, number).

        An axis points so that its loading of largest size is positive: the signs do not depend
        on the rows' order, nor on a library's version.

        Raises:
            InvalidArgumentError: if there are fewer rows or channels than axes asked for.
        """
        self._need(number)
        mean = self.total / self.count
        scatter = self.gram - self.count * torch.outer(mean, mean)
        axes = torch.linalg.eigh(scatter).eigenvectors.flip(1)[:, :number]
        strongest = axes.gather(0, axes.abs().argmax(0, keepdim=True))
        return mean, axes * torch.where(strongest < 0, -1.0, 1.0)

    def _need(self, number: int) -> None:
        if min(self.count, self.channels) < number:
            raise InvalidArgumentError(
                f"{number} directions need as many feature rows and channels; there are "
                f"{self.count} rows of {self.channels} channels. Use more pictures or fewer parts."
            )
