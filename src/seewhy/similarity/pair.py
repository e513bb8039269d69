"""Two pictures before an encoder, with what several methods need of them computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from seewhy.errors import ShapeError
from seewhy.progress import show_progress
from seewhy.similarity.explanation import Picture, SimilarityMap
from seewhy.similarity.model import PairModel, cosine
from seewhy.similarity.windows import Box, Windows

Fill = float | Literal["mean"]
"""What is painted over pixels: a value in the encoder's own space, 0 as published; or the mean
color of the picture, which is the same color for every encoder."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How a method runs; nothing of it but the seed changes what it finds."""

    batch_size: int = 32
    """Pictures in one forward pass; no more are held in memory."""
    seed: int = 0
    progress: bool = False


class Pair:
    """Two pictures before an encoder.

    Embeddings of pictures with windows painted over are kept, so that methods that need the same
    ones share them.
    """

    def __init__(
        self,
        model: PairModel,
        first: Tensor,
        second: Tensor,
        *,
        effort: Effort | None = None,
        other: PairModel | None = None,
    ) -> None:
        """Put two pictures before an encoder.

        Args:
            model: the encoder.
            first: pixels, normalized, (1, 3, height, width).
            second: likewise.
            effort: ``None`` for the defaults.
            other: a second encoder, for the method that compares two.

        Raises:
            ShapeError: if a picture has another shape.
        """
        for name, pixels in (("first", first), ("second", second)):
            if pixels.ndim != 4 or pixels.shape[:2] != (1, 3):
                raise ShapeError(
                    f"{name} must be one picture, (1, 3, height, width), got "
                    f"{tuple(pixels.shape)}. Explain pairs one by one."
                )
        device = model.encoder.device
        self.model, self.other, self.effort = model, other, effort or Effort()
        self.views = (first.to(device).float(), second.to(device).float())
        self._encoded: dict[tuple[int, bool, Fill, Windows], Tensor] = {}

    @cached_property
    def embeddings(self) -> tuple[Tensor, Tensor]:
        """Of both pictures, (1, dim) each, without gradient."""
        with torch.no_grad():
            first, second = (self.model.embed(view).float() for view in self.views)
        return first, second

    @property
    def score(self) -> float:
        """Cosine of the embeddings."""
        return float(cosine(*self.embeddings))

    @property
    def sizes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Height and width of each picture."""
        first, second = ((view.shape[2], view.shape[3]) for view in self.views)
        return first, second

    def pictures(self) -> tuple[Picture, Picture]:
        """Both as the encoder sees them, (height, width, 3)."""
        first, second = (to_picture(self.model.to_unit_range(view)) for view in self.views)
        return first, second

    def map_of(
        self,
        view: int,
        values: Tensor,
        *,
        windows: Windows | None = None,
        published: np.ndarray | None = None,
    ) -> SimilarityMap:
        """A map of one picture.

        Args:
            view: 1 or 2.
            values: (rows, columns).
            windows: what made the cells.
            published: what the released code gives instead.
        """
        kept = values.detach().float().cpu().numpy()
        return SimilarityMap(kept, self.sizes[view - 1], view, windows, published)

    def encode_windows(
        self, view: int, windows: Windows, *, fill: Fill, keeps: bool = False
    ) -> Tensor:
        """Embeddings of one picture with each window painted over, (cells, dim).

        Args:
            view: 1 or 2.
            windows: over this picture.
            fill: what with.
            keeps: paint over all but the window instead.
        """
        key = (view, keeps, fill, windows)
        if key not in self._encoded:
            self._encoded[key] = self.encode_boxes(view, windows.boxes(), fill=fill, keeps=keeps)
        return self._encoded[key]

    @torch.no_grad()
    def encode_boxes(
        self, view: int, boxes: Sequence[Box], *, fill: Fill, keeps: bool = False
    ) -> Tensor:
        """As ``encode_windows``, of any boxes, and not kept: (boxes, dim)."""
        size, picture = self.effort.batch_size, self.views[view - 1]
        starts = show_progress(
            range(0, len(boxes), size),
            description=f"Windows over picture {view}",
            total=-(-len(boxes) // size),
            enabled=self.effort.progress,
        )
        rows = [
            self.model.embed(paint_over(picture, boxes[start : start + size], fill, keeps=keeps))
            for start in starts
        ]
        return torch.cat(rows).float()


def paint_over(picture: Tensor, boxes: Sequence[Box], fill: Fill, *, keeps: bool = False) -> Tensor:
    """One copy of a picture for each box, painted over there, (boxes, 3, height, width).

    Args:
        picture: (1, 3, height, width).
        boxes: one for each copy.
        fill: what with.
        keeps: paint over all but the box instead.
    """
    paint = picture.mean((2, 3), keepdim=True) if fill == "mean" else picture.new_tensor(fill)
    paint = paint.expand_as(picture)
    below, above = (paint, picture) if keeps else (picture, paint)
    painted = below.repeat(len(boxes), 1, 1, 1)
    for copy, (top, left, height, width) in zip(painted, boxes, strict=True):
        place = (slice(None), slice(top, top + height), slice(left, left + width))
        copy[place] = above[0][place]
    return painted


def to_picture(unit: Tensor) -> Picture:
    """Pixels of 0 to 1, (1, 3, height, width) → bytes, (height, width, 3)."""
    bytes_ = (unit[0].permute(1, 2, 0).clamp(0, 1) * 255).round()
    return bytes_.cpu().numpy().astype(np.uint8)
