"""Embeddings of a picture with windows painted over: only what they reach is computed."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import torch
from torch import Tensor

from seewhy.similarity.local_maps import Memory, paint_regions
from seewhy.similarity.model import PairModel
from seewhy.similarity.painting import cut, lay_windows
from seewhy.similarity.regions import all_of, find_regions
from seewhy.similarity.stand_ins import stand_in
from seewhy.similarity.windows import Box

BATCH = 8
"""Pictures at once: more cost memory and are no faster, as measured on processors."""
TOLERANCE = 1e-4
"""Of the largest value of an embedding: what two orders of the same sums may differ by."""

logger = logging.getLogger(__name__)


class PartialEncoder:
    """An encoder before one picture, windows of which are painted over.

    A convolutional network is run on nothing but what a window reaches in each of its maps, which
    is little of the first ones, and all of the last ones; the rest is known from the one picture.
    Norms are joined to the convolutions before them. The network itself is not changed.
    """

    def __init__(
        self, model: PairModel, below: Tensor, above: Tensor, *, dtype: torch.dtype = torch.float32
    ) -> None:
        """Lay one picture over another.

        Args:
            model: the encoder.
            below: the picture, (1, 3, height, width).
            above: what is seen in a window, likewise.
            dtype: that maps are computed in.
        """
        self.model = model
        self.below, self.above = below.to(dtype), above.to(dtype)
        self.memory = Memory(dtype, below.device)

    @torch.no_grad()
    def embed(self, boxes: Sequence[Box]) -> Tensor:
        """Embeddings with a window each, (boxes, dim)."""
        count, self.memory.count = len(boxes), 0
        if count == 1:
            boxes = [boxes[0], boxes[0]]  # what is one for each picture is told by their number
        regions = find_regions(boxes, (self.below.shape[2], self.below.shape[3]))
        size = (regions.rows.length, regions.columns.length)
        values = self.below.new_empty(len(boxes), *size, 3).permute(0, 3, 1, 2)
        for target, corner, box in zip(values, regions.corners, boxes, strict=True):
            target.copy_(cut(self.below, (*corner, *size)))
            inside = (box[0] - corner[0], box[1] - corner[1], *box[2:])
            cut(target[None], inside).copy_(cut(self.above, box))
        painted = paint_regions(self.memory, regions, values, self.below)
        return self.model.embed(stand_in(painted))[:count]


@torch.no_grad()
def embed_whole(
    model: PairModel,
    pixels: Tensor,
    *,
    dtype: torch.dtype = torch.float32,
    batch_size: int = BATCH,
) -> Tensor:
    """Embeddings of any pictures (batch, 3, height, width), with norms joined to convolutions."""
    rows = []
    for batch in pixels.split(min(batch_size, BATCH)):
        values = batch.to(dtype, memory_format=torch.channels_last)
        regions = all_of(len(values), (values.shape[2], values.shape[3]))
        memory = Memory(dtype, pixels.device)
        rows.append(model.embed(stand_in(paint_regions(memory, regions, values, values[:1]))))
    return torch.cat(rows)


def can_encode_partially(model: PairModel, size: tuple[int, int]) -> bool:
    """Whether a network gives the same embeddings this way; tried once on noise.

    Only convolutional networks on a processor are tried: others have nothing to gain. Those that
    do with their maps what cannot be followed fail the trial, and are run as ever.

    Args:
        model: the encoder.
        size: height and width of a picture.
    """
    if size not in model.partial_sizes:
        is_candidate = model.layout.kind == "convnet" and model.encoder.device.type == "cpu"
        model.partial_sizes[size] = is_candidate and _passes_trial(model, size)
    return model.partial_sizes[size]


@torch.no_grad()
def _passes_trial(model: PairModel, size: tuple[int, int]) -> bool:
    numbers = torch.Generator().manual_seed(0)
    picture, noise = torch.randn(2, 1, 3, *size, generator=numbers)
    height, width = (max(1, side // 4) for side in size)
    boxes = [(0, 0, height, width), (size[0] // 2, size[1] // 3, height, width)]
    painted = lay_windows(picture, noise, boxes)
    wanted = model.embed(painted)
    try:
        found = PartialEncoder(model, picture, noise).embed(boxes)
        whole = embed_whole(model, painted)
    except Exception:  # a network may do anything with a tensor that is none
        logger.info("%s is not run on parts of pictures.", model.encoder.name, exc_info=True)
        return False
    worst = max(float((each - wanted).abs().max()) for each in (found, whole))
    passes = worst <= TOLERANCE * float(wanted.abs().max())
    if not passes:
        logger.info("%s on parts of pictures is off by %g.", model.encoder.name, worst)
    return passes
