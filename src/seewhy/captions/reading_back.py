"""Captions that were found, read once more to see what each word was made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from seewhy.captions.decoder import CaptionDecoder
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.rows import Rows

Decoder = CaptionDecoder[Any, Any]


@dataclass(frozen=True)
class ReadCaptions(Rows):
    """What was looked at for each word of captions; ``None`` where no model has it."""

    probabilities: Tensor
    """Of each word after those before it, (pictures, steps)."""
    words: Tensor | None
    """Attention over the existing caption, (pictures, steps, words)."""
    regions: Tensor | None
    """Attention over the regions, (pictures, steps, boxes)."""
    gates: Tensor | None
    """How much was kept of the existing caption, (pictures, steps)."""


@torch.no_grad()
def read_back(members: Sequence[tuple[Decoder, CaptionInputs]], captions: Tensor) -> ReadCaptions:
    """Read captions that are known, as a search that found them has read them.

    Probabilities are the mean over the members; what was looked at is that of the first member
    that looks there.

    Args:
        members: models of an ensemble, in evaluation mode, each with its inputs.
        captions: (pictures, length): ``<start>``, words, padding 0.
    """
    chances: list[Tensor] = []
    found: dict[str, Tensor] = {}
    for model, inputs in members:
        steps = model.read(model.prepare(inputs), captions)
        outputs = torch.stack([step.output for step in steps], dim=1)
        following = captions[:, 1 : 1 + len(steps)]
        said = model.predict(outputs).softmax(dim=-1).gather(2, following[..., None])
        chances.append(said.squeeze(2))
        for name in ("words", "regions", "gate"):
            traced = [getattr(step.trace, name) for step in steps]
            if name not in found and traced[0] is not None:
                found[name] = torch.stack(traced, dim=1)
    return ReadCaptions(
        torch.stack(chances).mean(dim=0),
        found.get("words"),
        found.get("regions"),
        found.get("gate"),
    )
