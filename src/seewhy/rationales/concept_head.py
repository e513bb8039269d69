"""Words for what is in a picture, from its patches (e-SNLI-VE with concepts)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from seewhy.encoders.base import evaluating
from seewhy.encoders.weight_files import read_weights, shorten
from seewhy.errors import DataFormatError, InvalidArgumentError, WeightsError


class AttentionPooling(nn.Module):
    """Mean of patches by weights that a small network finds: softmax(W2 relu(W1 x)) x."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, patches, width) → (batch, width)."""
        return (self.mlp(x).softmax(dim=1) * x).sum(dim=1)


class ConceptHead(nn.Module):
    """Which concepts a picture shows: LN(x + MLP x), pooled by attention, then a classifier.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081; names of weights are the published ones.
    Differs: dropout is off unless it is trained; the released code never turned it off.
    """

    def __init__(self, width: int, concepts: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.linear = nn.Sequential(
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, width),
            nn.Dropout(dropout),
        )
        self.layer_norm = nn.LayerNorm(width)
        self.att_flat = AttentionPooling(width, dropout)
        self.classifier = nn.Linear(width, concepts)

    def forward(self, patches: Tensor) -> Tensor:
        """Patches (batch, patches, width) → logits (batch, concepts)."""
        x = self.layer_norm(patches + self.linear(patches))
        return self.classifier(self.att_flat(x))


@dataclass(frozen=True)
class ConceptWords:
    """A concept head with the words of its concepts."""

    head: ConceptHead
    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.words) != self.head.classifier.out_features:
            raise WeightsError(
                f"The concept head knows {self.head.classifier.out_features} concepts, and "
                f"{len(self.words)} words were given. Use the list it was trained with."
            )

    @torch.no_grad()
    def find(
        self, patches: Tensor, *, count: int = 20, dropout: bool = False
    ) -> list[tuple[str, ...]]:
        """The likeliest concepts of each picture, the surest first.

        Args:
            patches: (batch, patches, width).
            count: concepts of each picture.
            dropout: leave dropout on, as the released code does; chance then decides.
        """
        if count < 1:
            raise InvalidArgumentError(f"count must be at least 1, got {count}.")
        if dropout:
            self.head.train()
            try:
                logits = self.head(patches)
            finally:
                self.head.eval()
        else:
            with evaluating(self.head):
                logits = self.head(patches)
        order = logits.sigmoid().topk(min(count, len(self.words))).indices.tolist()
        return [tuple(self.words[place] for place in row) for row in order]


def load_concept_head(path: str | Path, words: Mapping[str, int]) -> ConceptWords:
    """The published concept head.

    Args:
        path: ``linear_probe_12.tar`` or another file of its weights.
        words: number of each concept, as in ``vg_concept_word2index.json``.

    Raises:
        MissingFileError: if the file is not there.
        WeightsError: if it holds no weights of a concept head, or another number of concepts.
        DataFormatError: if ``words`` does not number its words from 0.
    """
    weights = read_weights(path)
    if "classifier.weight" not in weights:
        raise WeightsError(f"{path} holds no concept head: it has no 'classifier.weight'.")
    concepts, width = weights["classifier.weight"].shape
    head = ConceptHead(width, concepts)
    try:
        head.load_state_dict(weights)
    except RuntimeError as error:
        raise WeightsError(f"{path} is no concept head: {shorten(error)}.") from error
    return ConceptWords(head.eval().requires_grad_(False), order_words(words))


def order_words(words: Mapping[str, int]) -> tuple[str, ...]:
    """Words by their number.

    Raises:
        DataFormatError: if the numbers are not 0, 1, 2, ...
    """
    if sorted(words.values()) != list(range(len(words))):
        raise DataFormatError(
            f"The {len(words)} concepts must be numbered from 0 to {len(words) - 1}, each once."
        )
    return tuple(sorted(words, key=lambda word: words[word]))


def join_concepts(concepts: Sequence[str]) -> str:
    """Concepts as the text before a hypothesis: each behind a blank, ``_`` as a blank.

    Example:
        >>> join_concepts(["street", "traffic_light"])
        ' street traffic light'
    """
    return "".join(f" {concept.replace('_', ' ')}" for concept in concepts)
