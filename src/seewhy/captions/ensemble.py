"""Several captioning models that decode as one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from seewhy.captions.decoder import CaptionDecoder, SearchModel
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.rows import Rows
from seewhy.errors import InvalidArgumentError


@dataclass(frozen=True)
class Several(Rows):
    """Contexts or states of several models."""

    members: tuple[Rows, ...]

    def select(self, rows: Tensor) -> Several:
        """The same rows of each."""
        return Several(tuple(member.select(rows) for member in self.members))


class Ensemble:
    """The mean of several models' probabilities, word by word.

        P(w) = (softmax(logits_1)_w + ... + softmax(logits_n)_w) / n

    All read the same words; each has a state of its own.

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107 combines EditNet and DCNet so.
    """

    def __init__(self, models: Sequence[SearchModel]) -> None:
        """Combine models of one vocabulary.

        Raises:
            InvalidArgumentError: if there is none, or their vocabularies differ in size.
        """
        sizes = {model.vocabulary for model in models}
        if len(sizes) != 1:
            raise InvalidArgumentError(
                f"An ensemble needs models of one vocabulary, got sizes {sorted(sizes)}."
            )
        self.models = tuple(models)
        self.vocabulary = sizes.pop()

    def prepare(self, inputs: CaptionInputs) -> Several:
        """All that stays the same from word to word, of each model."""
        return Several(tuple(model.prepare(inputs) for model in self.models))

    def start(self, context: Several, hypotheses: int = 1) -> Several:
        """The states before the first word."""
        pairs = zip(self.models, context.members, strict=True)
        return Several(tuple(model.start(each, hypotheses) for model, each in pairs))

    def advance(self, words: Tensor, state: Several, context: Several) -> tuple[Tensor, Several]:
        """Read one word a row → log of the mean probability, (rows, vocabulary), and states."""
        states, mean = [], None
        for model, own, fixed in zip(self.models, state.members, context.members, strict=True):
            found, after = model.advance(words, own, fixed)
            mean = found if mean is None else torch.logaddexp(mean, found)
            states.append(after)
        assert mean is not None  # noqa: S101  there is a model
        return mean - math.log(len(self.models)), Several(tuple(states))


def combine(models: Sequence[CaptionDecoder[Any, Any]]) -> SearchModel:
    """One model as it is, several as an ensemble."""
    return models[0] if len(models) == 1 else Ensemble(models)
