"""What a text begins with, and what its tokens carry as it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.rationales.alignment import ALIGNMENT_NUMBERS
from seewhy.rationales.decoder import BOX_NUMBERS, TextBatch

Box = tuple[float, ...]
"""Eight numbers (see ``boxes.describe_box``)."""
Fit = tuple[float, float]
"""How well a word fits the picture, and how well the question does."""


@dataclass(frozen=True)
class Prompt:
    """The tokens that are given, each with its segment, its box and its alignment, if any."""

    ids: tuple[int, ...]
    segments: tuple[int, ...] | None = None
    boxes: tuple[Box, ...] | None = None
    box_numbers: tuple[int, ...] | None = None
    alignment: tuple[Fit, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class DecodingRules:
    """What tokens carry as they are written, and which end the text."""

    stops: frozenset[int]
    """Words that end a text; they are not part of it."""
    max_new_tokens: int
    answer_segment: int | None = None
    """Segment up to the first ``because``; ``None``: texts without segments."""
    explanation_segment: int | None = None
    """Segment of the first ``because`` and all that follows."""
    because: int | None = None
    """The word that begins the reason."""
    box_number: int | None = None
    """What stands for the number of a box where there is none; ``None``: texts without boxes."""


def begin_prompts(
    prompts: Sequence[Prompt], device: torch.device | str
) -> tuple[TextBatch, Tensor]:
    """Prompts side by side, empty on the left, and how many columns of each are empty.

    Raises:
        InvalidArgumentError: if some have segments or boxes and others have none, or one is
            empty.
    """
    longest = max(len(prompt.ids) for prompt in prompts)
    if not all(prompt.ids for prompt in prompts):
        raise InvalidArgumentError("A prompt must have at least one token, got an empty one.")
    columns: list[Tensor | None] = []
    for name in ("segments", "boxes", "box_numbers"):
        rows = [getattr(prompt, name) for prompt in prompts]
        given = [row for row in rows if row is not None]
        if given and len(given) < len(rows):
            raise InvalidArgumentError(
                f"Of {len(rows)} prompts, {len(given)} have {name} and the others have none. "
                "Decode those apart."
            )
        empty = (0.0,) * BOX_NUMBERS if name == "boxes" else 0
        filled = [[empty] * (longest - len(row)) + list(row) for row in given]
        columns.append(torch.tensor(filled, device=device) if given else None)
    ids = torch.tensor(
        [[0] * (longest - len(prompt.ids)) + list(prompt.ids) for prompt in prompts], device=device
    )
    padding = torch.tensor([longest - len(prompt.ids) for prompt in prompts], device=device)
    return TextBatch(ids, *columns, alignment=_align_left(prompts, longest, device)), padding


def _align_left(
    prompts: Sequence[Prompt], longest: int, device: torch.device | str
) -> Tensor | None:
    """Alignments side by side; zeros for prompts that have none."""
    if all(prompt.alignment is None for prompt in prompts):
        return None
    found = torch.zeros(len(prompts), longest, ALIGNMENT_NUMBERS)
    for row, prompt in enumerate(prompts):
        if prompt.alignment is not None:
            found[row, longest - len(prompt.ids) :] = torch.tensor(prompt.alignment)
    return found.to(device)


def next_input(
    words: Sequence[int],
    is_explaining: Sequence[bool],
    rules: Sequence[DecodingRules],
    device: torch.device | str,
) -> TextBatch:
    """The words just written as input of the next step.

    Args:
        words: of each text.
        is_explaining: whether ``because`` was written in it, now or before.
        rules: of each text.
        device: where to compute.
    """
    segments = [
        one.explanation_segment if explains else one.answer_segment
        for one, explains in zip(rules, is_explaining, strict=True)
    ]
    numbers = [one.box_number for one in rules]

    def column(values: Sequence[int | None]) -> Tensor | None:
        return None if None in values else torch.tensor(values, device=device)[:, None]

    ids = torch.tensor(list(words), device=device)[:, None]
    return TextBatch(ids, column(segments), None, column(numbers))
