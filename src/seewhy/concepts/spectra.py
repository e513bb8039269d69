"""Principal directions of feature rows, from sums that can be added up batch by batch."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError, ShapeError

_FLAT = 1e-12
"""Share of the rows' total square below which a direction counts as one they do not vary in."""


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
            InvalidArgumentError: if one is not finite.
        """
        if rows.ndim != 2 or rows.shape[1] != self.channels:
            raise ShapeError(
                f"Feature rows must be (rows, {self.channels}), got {tuple(rows.shape)}."
            )
        values = rows.detach().to("cpu", torch.float64)
        if not bool(values.isfinite().all()):
            raise InvalidArgumentError(
                f"{int((~values.isfinite()).any(1).sum())} of {len(values)} feature rows hold "
                "numbers that are not finite. Check the encoder's weights and precision."
            )
        if self.normalize:
            values = torch.nn.functional.normalize(values, dim=1)
        self.count += len(values)
        self.total += values.sum(0)
        self.gram += values.T @ values

    def singular_vectors(self, number: int) -> tuple[Tensor, Tensor]:
        """The largest right singular vectors, (channels, number), and singular values, (number,).

        Each vector's loading of largest size is positive. A direction the rows do not reach
        into is a vector of zeros, not one of rounding errors.

        Raises:
            InvalidArgumentError: if there are fewer rows or channels than vectors asked for.
        """
        self._need(number)
        values, vectors = self._solve(self.gram, number)
        return vectors, values.sqrt()

    def principal_axes(self, number: int) -> tuple[Tensor, Tensor]:
        """Mean, (channels,), and the axes of largest variance, (channels, number).

        An axis points so that its loading of largest size is positive: the signs do not depend
        on the rows' order, nor on a library's version. An axis without variance is zero.

        Raises:
            InvalidArgumentError: if there are fewer rows or channels than axes asked for.
        """
        self._need(number)
        mean = self.total / self.count
        scatter = self.gram - self.count * torch.outer(mean, mean)
        return mean, self._solve(scatter, number)[1]

    def _solve(self, matrix: Tensor, number: int) -> tuple[Tensor, Tensor]:
        """Eigenvalues and eigenvectors, largest first, turned positive, flat ones zero."""
        values, vectors = torch.linalg.eigh(matrix)
        values, vectors = values.flip(0)[:number], vectors.flip(1)[:, :number]
        is_flat = values <= _FLAT * self.gram.trace()
        strongest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
        vectors = vectors * torch.where(strongest < 0, -1.0, 1.0)
        return values.masked_fill(is_flat, 0), vectors.masked_fill(is_flat, 0)

    def _need(self, number: int) -> None:
        if min(self.count, self.channels) < number:
            raise InvalidArgumentError(
                f"{number} directions need as many feature rows and channels; there are "
                f"{self.count} rows of {self.channels} channels. Use more pictures or fewer parts."
            )
