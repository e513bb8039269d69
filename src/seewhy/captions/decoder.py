"""What every captioning model is: words in, one at a time; the next word's logits out."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from seewhy.captions.inputs import CaptionInputs, check_numbers
from seewhy.captions.rows import Rows
from seewhy.errors import ShapeError


@dataclass(frozen=True)
class TwoLSTMState(Rows):
    """Hidden states and memories of two LSTMs, each (rows, dim)."""

    h1: Tensor
    c1: Tensor
    h2: Tensor
    c2: Tensor

    @classmethod
    def zeros(cls, rows: int, dim: int, like: Tensor) -> TwoLSTMState:
        """The state before the first word."""
        zero = like.new_zeros(rows, dim)
        return cls(zero, zero, zero, zero)


@dataclass(frozen=True)
class Trace(Rows):
    """What a model looked at for one word; ``None`` for what it does not have."""

    words: Tensor | None = None
    """Attention over the existing caption, (rows, words)."""
    regions: Tensor | None = None
    """Attention over the regions, (rows, boxes)."""
    gate: Tensor | None = None
    """How much was kept of the existing caption, 0 to 1, (rows,)."""


@dataclass(frozen=True)
class Step(Rows):
    """One step of a decoder."""

    output: Tensor
    """What the logits are made of, (rows, dim)."""
    state: Any
    trace: Trace


class SearchModel(Protocol):
    """What a search needs: one model, or an ensemble of several."""

    @property
    def vocabulary(self) -> int:
        """Number of words."""
        ...

    def prepare(self, inputs: CaptionInputs) -> Any:
        """All that stays the same from word to word, one row for each picture."""
        ...

    def start(self, context: Any, hypotheses: int = 1) -> Any:
        """The state before the first word, one row for each hypothesis of each picture."""
        ...

    def advance(self, words: Tensor, state: Any, context: Any) -> tuple[Tensor, Any]:
        """Read one word a row → log-probabilities of the next, (rows, vocabulary), and state."""
        ...


Context = TypeVar("Context", bound=Rows)
State = TypeVar("State", bound=Rows)


class CaptionDecoder(nn.Module, Generic[Context, State]):
    """Base of the captioning models.

    A model says how its inputs are prepared (once a picture), what its state is, and what one
    step does; reading whole captions, searching and sampling are the same for all. Rows of a
    context are pictures, rows of a state hypotheses: each picture's stand in a row.
    """

    vocabulary: int

    @abstractmethod
    def prepare(self, inputs: CaptionInputs) -> Context:
        """All that stays the same from word to word, one row for each picture."""

    @abstractmethod
    def start(self, context: Context, hypotheses: int = 1) -> State:
        """The state before the first word, one row for each hypothesis of each picture."""

    @abstractmethod
    def embed_words(self, words: Tensor) -> Tensor:
        """Vectors of words, (...) → (..., dim)."""

    @abstractmethod
    def step(self, embedded: Tensor, state: State, context: Context) -> Step:
        """Read one embedded word a row, (rows, dim)."""

    @abstractmethod
    def predict(self, output: Tensor) -> Tensor:
        """Logits from a step's output, (..., dim) → (..., vocabulary)."""

    def advance(self, words: Tensor, state: State, context: Context) -> tuple[Tensor, State]:
        """Read one word a row → log-probabilities of the next, (rows, vocabulary), and state."""
        step = self.step(self.embed_words(words), state, context)
        return self.predict(step.output).log_softmax(dim=-1), step.state

    def forward(
        self,
        inputs: CaptionInputs,
        captions: Tensor,
        *,
        sampling: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Logits of each next word of captions that are given.

        Args:
            inputs: of the pictures.
            captions: (batch, length): ``<start>``, words, ``<end>``, padded with 0.
            sampling: probability, from 0 to 1, with which a word is replaced by one drawn from
                the model's own prediction of it (scheduled sampling).
            generator: of random numbers for that.

        Returns:
            (batch, steps, vocabulary); steps is one less than the longest caption has numbers.
            Behind the end of a shorter one stands what the model says of padding.

        Raises:
            ShapeError: if captions are not (batch, length), or not as many as pictures.
            InvalidArgumentError: if a word has no number in the vocabulary.
        """
        context = self.prepare(inputs)
        steps = self.read(context, captions, sampling=sampling, generator=generator)
        return self.predict(torch.stack([step.output for step in steps], dim=1))

    def read(
        self,
        context: Context,
        captions: Tensor,
        *,
        sampling: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> list[Step]:
        """The steps of reading captions that are given; see ``forward``."""
        words = self.check_captions(captions)
        state = self.start(context)
        embedded = self.embed_words(words)
        steps: list[Step] = []
        for number in range(words.shape[1]):
            vectors = embedded[:, number]
            if sampling and number:
                drawn = self._draw(steps[-1].output, generator)
                swap = torch.rand(len(words), generator=generator, device=words.device) < sampling
                read = torch.where(swap, drawn, words[:, number])
                vectors = self.embed_words(read)
            steps.append(self.step(vectors, state, context))
            state = steps[-1].state
        return steps

    def check_captions(self, captions: Tensor) -> Tensor:
        """The words that are read: all but the last, up to the longest caption.

        Raises:
            ShapeError: if captions are not (batch, length).
            InvalidArgumentError: if a word has no number in the vocabulary.
        """
        if captions.ndim != 2 or captions.shape[1] < 2:
            raise ShapeError(
                "captions must be (batch, length) with <start> and <end>, got "
                f"{tuple(captions.shape)}."
            )
        check_numbers(captions, self.vocabulary, "captions")
        longest = int((captions != 0).sum(dim=1).max())
        return captions[:, : max(longest - 1, 1)]

    @torch.no_grad()
    def _draw(self, output: Tensor, generator: torch.Generator | None) -> Tensor:
        """A word for each row from the model's own prediction, as it is in training."""
        chances = self.predict(output).softmax(dim=-1)
        return torch.multinomial(chances, 1, generator=generator).squeeze(1)


class WordEmbedding(nn.Module):
    """Vectors of words as Show, Edit and Tell has them: Dropout(ReLU(E[w]))."""

    def __init__(
        self, vocabulary: int, dim: int, dropout: float = 0.5, *, is_raw: bool = False
    ) -> None:
        """Make a table of words.

        Args:
            vocabulary: number of words.
            dim: length of a vector.
            dropout: probability.
            is_raw: give the vectors as they are (of GloVe), without ReLU and dropout.
        """
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, dim)
        self.dropout = nn.Dropout(dropout)
        self.is_raw = is_raw

    def forward(self, words: Tensor) -> Tensor:
        """(...) → (..., dim)."""
        vectors = self.embedding(words)
        return vectors if self.is_raw else self.dropout(vectors.relu())
