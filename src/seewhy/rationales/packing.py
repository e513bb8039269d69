"""Texts to learn from, several about one picture in a row, so that it is attended to once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seewhy.rationales.alignment import ALIGNMENT_NUMBERS
from seewhy.rationales.decoder import BOX_NUMBERS, IGNORED, TextBatch
from seewhy.rationales.incremental import HIDDEN
from seewhy.rationales.layouts import Layout

NOTHING = -1
"""Stands for no row of the word table."""


@dataclass(frozen=True)
class PackedBatch:
    """Rows of texts; a token sees its own text only, and its position counts from its start."""

    text: TextBatch
    labels: Tensor
    """(rows, tokens)."""
    positions: Tensor
    """(rows, tokens)."""
    mask: Tensor
    """Added to scores, (rows, 1, tokens, tokens)."""
    weights: Tensor
    """How much each token counts in the loss, (rows, tokens)."""


def pack_layouts(
    rows: Sequence[Sequence[Layout]],
    *,
    pad: int,
    answer_segment: int = NOTHING,
    answer_weight: float = 1.0,
    with_boxes: bool = False,
    with_alignment: bool = False,
) -> PackedBatch:
    """Put texts side by side, row by row.

    Args:
        rows: the texts of each row, all about its picture.
        pad: token that fills rows up.
        answer_segment: segment of the tokens that count ``answer_weight``.
        answer_weight: see above; the others count 1.
        with_boxes: give boxes, all of them empty, even if no text has any: a decoder that knows
            of boxes then has gradients for them in every step, as several processes need.
        with_alignment: the same of the alignment of words.
    """
    longest = max(sum(len(layout.ids) for layout in row) for row in rows)
    shape = (len(rows), longest)
    ids, labels = torch.full(shape, pad), torch.full(shape, IGNORED)
    segments, numbers = torch.full(shape, NOTHING), torch.full(shape, NOTHING)
    positions, owners = torch.zeros(shape, dtype=torch.long), torch.full(shape, NOTHING)
    boxes = torch.zeros(*shape, BOX_NUMBERS)
    alignment = torch.zeros(*shape, ALIGNMENT_NUMBERS)
    has_boxes = with_boxes or any(layout.has_boxes for row in rows for layout in row)
    for row, layouts in enumerate(rows):
        start = 0
        for number, layout in enumerate(layouts):
            end = start + len(layout.ids)
            place = (row, slice(start, end))
            ids[place] = torch.tensor(layout.ids)
            labels[place] = torch.tensor(layout.labels)
            labels[row, start] = IGNORED  # nothing of its own text comes before it
            positions[place] = torch.arange(end - start)
            owners[place] = number
            if layout.has_segments:
                segments[place] = torch.tensor(layout.segments)
            if layout.has_boxes:
                numbers[place] = torch.tensor(layout.numbers)
                boxes[place] = torch.tensor(layout.boxes)
            if layout.alignment:
                alignment[place] = torch.tensor(layout.alignment)
            start = end
    later = torch.ones(longest, longest).triu(1).bool()
    hidden = later | (owners[:, :, None] != owners[:, None, :])
    mask = torch.zeros(hidden.shape).masked_fill(hidden, HIDDEN)[:, None]
    weights = torch.where((segments == answer_segment) & (segments >= 0), answer_weight, 1.0)
    text = TextBatch(
        ids,
        segments,
        boxes if has_boxes else None,
        numbers if has_boxes else None,
        alignment if with_alignment else None,
    )
    return PackedBatch(text, labels, positions, mask, weights)
