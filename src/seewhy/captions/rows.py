"""Tensors that belong together: one row of each for every picture, or for every hypothesis."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

Self = TypeVar("Self", bound="Rows")


class Rows:
    """Base of frozen dataclasses whose tensors have one first dimension.

    Fields that are neither tensors nor ``Rows`` (``None``, tuples of weights, numbers) are the
    same for all rows.
    """

    def select(self: Self, rows: Tensor) -> Self:
        """The rows whose numbers are given, (rows,), in that order."""
        return self._map(lambda tensor: tensor.index_select(0, rows))

    def to(self: Self, device: torch.device | str) -> Self:
        """The same on another device."""
        return self._map(lambda tensor: tensor.to(device))

    def repeat(self: Self, times: int) -> Self:
        """Each row several times, one after another."""
        return self._map(lambda tensor: tensor.repeat_interleave(times, dim=0))

    def _map(self: Self, change: Any) -> Self:
        changed: dict[str, Any] = {}
        for field in fields(self):  # pyright: ignore[reportArgumentType]  dataclasses all
            value = getattr(self, field.name)
            if isinstance(value, Tensor):
                changed[field.name] = change(value)
            elif isinstance(value, Rows):
                changed[field.name] = value._map(change)
        return replace(self, **changed)  # pyright: ignore[reportArgumentType]


def to_grid(rows: Tensor, pictures: int) -> Tensor:
    """Rows of hypotheses by picture: (pictures · hypotheses, ...) → (pictures, hypotheses, ...)."""
    return rows.unflatten(0, (pictures, -1))


def weigh(weights: Tensor, values: Tensor) -> Tensor:
    """Weighted sums of each picture's vectors, for each of its hypotheses.

    The vectors are read once for all hypotheses of a picture.

    Args:
        weights: (pictures · hypotheses, vectors).
        values: (pictures, vectors, dim).

    Returns:
        (pictures · hypotheses, dim).
    """
    return (to_grid(weights, len(values)) @ values).flatten(0, 1)
