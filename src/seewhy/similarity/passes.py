"""Forward passes of pictures, whole or with windows hidden, in the way that is fastest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.progress import show_progress
from seewhy.similarity.model import PairModel
from seewhy.similarity.painting import Fill, cut, lay_windows, paint
from seewhy.similarity.partial_encoding import (
    BATCH,
    PartialEncoder,
    can_encode_partially,
    embed_whole,
)
from seewhy.similarity.random_boxes import NOTHING
from seewhy.similarity.token_dropping import encode_without_tokens
from seewhy.similarity.windows import Box

Precision = Literal["float32", "bf16"]
Mode = Literal["exact", "fast"]
"""``fast`` leaves the hidden tokens of a transformer out, instead of painting over their pixels."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How a method runs; its seed and its precision change what it finds."""

    batch_size: int = 32
    """Pictures in one forward pass, at most; no more are held in memory."""
    seed: int = 0
    progress: bool = False
    precision: Precision = "float32"
    """Of the passes that no gradient is taken of. ``bf16`` takes half the time where a processor
    has instructions for it, and moves similarities by some thousandths."""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise InvalidArgumentError(f"batch_size must be at least 1, got {self.batch_size}.")
        if self.precision not in ("float32", "bf16"):
            raise InvalidArgumentError(
                f"precision must be 'float32' or 'bf16', got {self.precision!r}."
            )


@torch.no_grad()
def encode_pictures(model: PairModel, pixels: Tensor, effort: Effort) -> Tensor:
    """Embeddings of any pictures (batch, 3, height, width), (batch, dim)."""
    if can_encode_partially(model, (pixels.shape[2], pixels.shape[3])):
        dtype, size = _find_dtype(effort), effort.batch_size
        return embed_whole(model, pixels, dtype=dtype, batch_size=size).float()
    return torch.cat([_embed(model, batch, effort) for batch in pixels.split(effort.batch_size)])


@torch.no_grad()
def encode_hidden(
    model: PairModel,
    picture: Tensor,
    boxes: Sequence[Box],
    effort: Effort,
    *,
    fill: Fill,
    keeps: bool = False,
    mode: Mode = "exact",
) -> Tensor:
    """Embeddings of a picture with each box hidden, (boxes, dim).

    Args:
        model: the encoder.
        picture: (1, 3, height, width).
        boxes: in pixels.
        effort: how to run.
        fill: what boxes are painted over with.
        keeps: hide all but the box instead.
        mode: how to hide.

    Raises:
        EncoderError: if ``mode`` is ``fast`` and the encoder cannot do without tokens.
    """
    if mode == "fast":
        with _rounding(picture, effort):
            return encode_without_tokens(
                model,
                picture,
                boxes,
                keeps=keeps,
                batch_size=effort.batch_size,
                progress=effort.progress,
            )
    below, above = paint(picture, fill), picture
    below, above = (below, above) if keeps else (above, below)
    changing = [number for number, box in enumerate(boxes) if not _is_same(below, above, box)]
    found = model.embed(below).float().repeat(len(boxes), 1)
    if changing:
        found[changing] = _encode_changed(
            model, below, above, [boxes[number] for number in changing], effort
        )
    return found


def _is_same(below: Tensor, above: Tensor, box: Box) -> bool:
    """Whether a window changes nothing; a map that is flat must be flat to the last digit."""
    return torch.equal(cut(below, box), cut(above, box))


def _encode_changed(
    model: PairModel, below: Tensor, above: Tensor, boxes: Sequence[Box], effort: Effort
) -> Tensor:
    """Embeddings of a picture in which another is seen through each box, (boxes, dim)."""
    embed, size = _choose_way(model, below, above, effort)
    starts = show_progress(
        range(0, len(boxes), size),
        description="Windows",
        total=-(-len(boxes) // size),
        enabled=effort.progress,
    )
    found = torch.cat([embed(boxes[start : start + size]).float() for start in starts])
    if effort.precision == "float32":
        return found
    # What rounding does to the picture below, it does to all that are like it.
    return found + (model.embed(below).float() - embed([NOTHING]).float())


def _choose_way(
    model: PairModel, below: Tensor, above: Tensor, effort: Effort
) -> tuple[Callable[[Sequence[Box]], Tensor], int]:
    """How boxes become embeddings, and how many at a time."""
    if can_encode_partially(model, (below.shape[2], below.shape[3])):
        encoder = PartialEncoder(model, below, above, dtype=_find_dtype(effort))
        return encoder.embed, min(BATCH, effort.batch_size)
    return partial(_embed_laid, model, below, above, effort), effort.batch_size


def _embed_laid(
    model: PairModel, below: Tensor, above: Tensor, effort: Effort, boxes: Sequence[Box]
) -> Tensor:
    return _embed(model, lay_windows(below, above, boxes), effort)


def _embed(model: PairModel, pixels: Tensor, effort: Effort) -> Tensor:
    with _rounding(pixels, effort):
        return model.embed(pixels).float()


def _rounding(pixels: Tensor, effort: Effort) -> torch.autocast:
    """The context in which a network computes in half precision, if it is to."""
    enabled = effort.precision == "bf16"
    return torch.autocast(pixels.device.type, torch.bfloat16, enabled=enabled)


def _find_dtype(effort: Effort) -> torch.dtype:
    return torch.bfloat16 if effort.precision == "bf16" else torch.float32
