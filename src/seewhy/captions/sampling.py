"""Captions drawn, or taken greedily, word by word: what self-critical training learns from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from seewhy.captions.decoder import SearchModel
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.rows import Rows
from seewhy.errors import InvalidArgumentError
from seewhy.text.word_vocabulary import WordVocabulary

MAX_WORDS = 18


@dataclass(frozen=True)
class RolledOut(Rows):
    """Captions as they came about; steps are as many as the longest took."""

    words: Tensor
    """(pictures · samples, steps): 0 from the end on."""
    log_probs: Tensor
    """Of each word, (pictures · samples, steps), with its gradient; those behind the end of a
    caption are to be left out."""


def roll_out(
    model: SearchModel,
    inputs: CaptionInputs,
    vocabulary: WordVocabulary,
    *,
    num_samples: int = 0,
    max_words: int = MAX_WORDS,
    generator: torch.Generator | None = None,
) -> RolledOut:
    """Say a caption word by word; gradients flow through the log-probabilities.

    All samples of a picture share what is computed once a picture.

    Args:
        model: in training mode for dropout; one, or an ensemble.
        inputs: of the pictures.
        vocabulary: of the model.
        num_samples: captions to draw for each picture; 0: one, of the likeliest words.
        max_words: steps at most, the end among them.
        generator: of random numbers.

    Raises:
        InvalidArgumentError: if a number is out of its range.

    Source: Rennie et al. (CVPR 2017); steps as in Show, Edit and Tell (CVPR 2020).
    """
    if num_samples < 0 or max_words < 1:
        raise InvalidArgumentError(
            f"num_samples must be at least 0 and max_words 1, got {num_samples}, {max_words}."
        )
    context = model.prepare(inputs)
    hypotheses = max(1, num_samples)
    state = model.start(context, hypotheses)
    rows = len(inputs) * hypotheses
    device = next(t.device for t in (inputs.features, inputs.caption) if t is not None)
    words = torch.full((rows,), vocabulary.start, device=device)
    is_open = torch.ones(rows, dtype=torch.bool, device=device)
    said, chances = [], []
    for _ in range(max_words):
        log_probs, state = model.advance(words, state, context)
        words = _choose(log_probs, num_samples, generator)
        chances.append(log_probs.gather(1, words[:, None]).squeeze(1))
        is_open = is_open & (words != vocabulary.end) & (words != vocabulary.pad)
        words = words * is_open
        said.append(words)
        if not bool(is_open.any()):
            break
    return RolledOut(torch.stack(said, dim=1), torch.stack(chances, dim=1))


@torch.no_grad()
def _choose(log_probs: Tensor, num_samples: int, generator: torch.Generator | None) -> Tensor:
    if not num_samples:
        return log_probs.argmax(dim=-1)
    return torch.multinomial(log_probs.exp(), 1, generator=generator).squeeze(1)
