"""Two pictures before an encoder, with what several methods need of them computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from seewhy.errors import ShapeError
from seewhy.similarity.explanation import Picture, SimilarityMap
from seewhy.similarity.model import PairModel, cosine
from seewhy.similarity.painting import Fill
from seewhy.similarity.passes import Effort, Mode, encode_hidden, encode_pictures
from seewhy.similarity.windows import Box, Windows


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
        self._encoded: dict[tuple[int, bool, Fill, Mode, Windows], Tensor] = {}

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

    def encode(self, pixels: Tensor) -> Tensor:
        """Embeddings of any pictures (batch, 3, height, width), without gradient, (batch, dim)."""
        return encode_pictures(self.model, pixels, self.effort)

    def encode_windows(
        self, view: int, windows: Windows, *, fill: Fill, keeps: bool = False, mode: Mode = "exact"
    ) -> Tensor:
        """Embeddings of one picture with each window hidden, (cells, dim); they are kept.

        Args:
            view: 1 or 2.
            windows: over this picture.
            fill: what windows are painted over with.
            keeps: hide all but the window instead.
            mode: ``fast`` to leave tokens out.
        """
        key = (view, keeps, fill, mode, windows)
        if key not in self._encoded:
            self._encoded[key] = self.encode_boxes(
                view, windows.boxes(), fill=fill, keeps=keeps, mode=mode
            )
        return self._encoded[key]

    def encode_boxes(
        self,
        view: int,
        boxes: Sequence[Box],
        *,
        fill: Fill,
        keeps: bool = False,
        mode: Mode = "exact",
    ) -> Tensor:
        """As ``encode_windows``, of any boxes, and not kept: (boxes, dim)."""
        return encode_hidden(
            self.model,
            self.views[view - 1],
            boxes,
            self.effort,
            fill=fill,
            keeps=keeps,
            mode=mode,
        )

    def encode_exactly(self, view: int, boxes: Sequence[Box], *, fill: Fill) -> Tensor:
        """As ``encode_boxes``, whatever the precision of the pair."""
        exact = replace(self.effort, precision="float32", progress=False)
        return encode_hidden(self.model, self.views[view - 1], boxes, exact, fill=fill)


def to_picture(unit: Tensor) -> Picture:
    """Pixels of 0 to 1, (1, 3, height, width) → bytes, (height, width, 3)."""
    bytes_ = (unit[0].permute(1, 2, 0).clamp(0, 1) * 255).round()
    return bytes_.cpu().numpy().astype(np.uint8)


def to_bytes(picture: np.ndarray) -> Picture:
    """A picture of 0 to 1, (height, width, 3), as bytes."""
    return (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)
