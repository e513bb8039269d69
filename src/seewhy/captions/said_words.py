"""The words of a caption that was found: how each fared, and what was looked at for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from seewhy.captions.edit import SaidWord
from seewhy.captions.speaker import Saying
from seewhy.text.word_alignment import OperationKind, WordOperation


def describe_words(
    said: Sequence[str],
    operations: Sequence[WordOperation],
    saying: Saying,
    place: int,
    word_attention: np.ndarray[Any, Any] | None,
    region_attention: np.ndarray[Any, Any] | None,
) -> tuple[SaidWord, ...]:
    """Each word of a caption with how it fared and what was looked at."""
    kinds: list[OperationKind] = [one.kind for one in operations for _ in one.after]
    read = saying.read
    return tuple(
        SaidWord(
            text=text,
            kind=kinds[n],
            probability=float(read.probabilities[place, n]),
            gate=None if read.gates is None else float(read.gates[place, n]),
            attended_word=_find_peak(word_attention, n),
            attended_region=_find_peak(region_attention, n),
        )
        for n, text in enumerate(said)
    )


def _find_peak(attention: np.ndarray[Any, Any] | None, row: int) -> int | None:
    if attention is None or not attention.shape[1]:
        return None
    return int(attention[row].argmax())


def take_rows(
    attention: torch.Tensor | None, place: int, steps: int, width: int | None
) -> np.ndarray[Any, Any] | None:
    """One picture's attention without padding, (steps, width)."""
    if attention is None or width is None:
        return None
    return attention[place, :steps, :width].float().cpu().numpy()
