"""What an answer with its reason is, and where the model looked for each word."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seewhy.images.heatmaps import lay_heat
from seewhy.rationales.question_fit import QuestionFit
from seewhy.rationales.tokens import RationaleTokenizer
from seewhy.results import Provenance, Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Picture = NDArray[np.uint8]
MAX_WORDS_SHOWN = 24


@dataclass(frozen=True)
class RationaleToken:
    """One token that was written."""

    text: str
    """With the blank before it."""
    id: int
    log_probability: float
    """Among the whole vocabulary, whatever way words were chosen."""
    part: str
    """``answer`` or ``explanation``; the first ``because`` belongs to the explanation."""


@dataclass(frozen=True, eq=False)
class RationaleWord:
    """One word that was written, and where the model looked for it."""

    text: str
    part: str
    log_probability: float
    """Of all its tokens together."""
    attention: NDArray[np.float32] | None
    """Cross-attention when it was written, mean over blocks, heads and its tokens, (rows,
    columns), sums to 1; ``None`` after a beam search."""


@dataclass(frozen=True, eq=False)
class Rationale(Result):
    """An answer to a question about a picture, and the reason for it."""

    picture: str
    """Its name."""
    image: Picture
    """As the model looked at it, (height, width, 3)."""
    task: str
    question: str
    answer: str
    """Empty for a caption."""
    explanation: str
    """Empty where the model gave none."""
    full: str
    """Everything that was written."""
    score: float
    """How sure the model was of it all: geometric mean of the tokens' probabilities, 0 to 1."""
    answer_probability: float
    """Product of the probabilities of the answer's tokens, 0 to 1."""
    tokens: tuple[RationaleToken, ...]
    words: tuple[RationaleWord, ...]
    notes: tuple[str, ...]
    """What a person has to know, as that the question was cut."""
    provenance: Provenance
    fit: QuestionFit | None = None
    """How well the question fits the picture, of models that compare them."""

    def overlay(self, word: int) -> Picture:
        """The picture under the attention of one word.

        Args:
            word: its number; negative numbers count from the last.

        Raises:
            IndexError: if there is no such word.
        """
        attention = self.words[word].attention
        return self.image if attention is None else lay_heat(self.image, attention)

    def relative_attention(self, word: int) -> NDArray[np.float32] | None:
        """Where one word looked more than all words do on average, (rows, columns), at least 0.

        Attention has places it rests on whatever is written; what stands out from them says
        more about a single word.
        """
        attention = self.words[word].attention
        every = [one.attention for one in self.words if one.attention is not None]
        if attention is None:
            return None
        return np.maximum(attention - np.mean(every, axis=0), 0).astype(np.float32)

    def figure(self) -> Figure:
        """The picture, the answer with its reason, and the picture under each word."""
        from matplotlib.figure import Figure

        shown = [n for n, word in enumerate(self.words) if word.attention is not None]
        shown = shown[:MAX_WORDS_SHOWN]
        columns = 6
        rows = max(1, math.ceil(len(shown) / (columns - 1)))
        figure = Figure(figsize=(2 * columns, 2.2 * rows + 0.4), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
        for axis in axes.flat:
            axis.axis("off")
        axes[0, 0].imshow(self.image)
        places = [axis for row in axes for axis in row[1:]]
        for axis, number in zip(places, shown, strict=False):
            axis.imshow(self.overlay(number))
            axis.set_title(make_printable(self.words[number].text), fontsize=9)
        figure.suptitle(make_printable(self.describe()), fontsize=11, wrap=True)
        return figure

    def describe(self) -> str:
        """Question, answer and reason in one line."""
        begin = f"{self.question} " if self.question else ""
        if not self.answer:
            return f"{begin}{self.explanation}"
        reason = f" because {self.explanation}" if self.explanation else ""
        return f"{begin}{self.answer}{reason}"


def name_tokens(
    ids: Sequence[int],
    log_probabilities: Sequence[float],
    boundary: int,
    tokenizer: RationaleTokenizer,
) -> tuple[RationaleToken, ...]:
    """Tokens with their texts.

    Args:
        ids: what was written.
        log_probabilities: of each.
        boundary: number of the first token that belongs to the explanation.
        tokenizer: that knows them.
    """
    return tuple(
        RationaleToken(
            tokenizer.tokenizer.decode([number], skip_special_tokens=False),
            number,
            chance,
            "answer" if place < boundary else "explanation",
        )
        for place, (number, chance) in enumerate(zip(ids, log_probabilities, strict=True))
    )


def join_words(
    tokens: Sequence[RationaleToken], gaze: Any, grid: tuple[int, int]
) -> tuple[RationaleWord, ...]:
    """Tokens as words: a token that begins with a blank begins a word.

    Args:
        tokens: what was written.
        gaze: where the picture was looked at for each token, (tokens, patches), or ``None``.
        grid: rows and columns of patches.
    """
    groups: list[list[int]] = []
    for number, token in enumerate(tokens):
        if groups and not token.text.startswith(" ") and tokens[number - 1].part == token.part:
            groups[-1].append(number)
        else:
            groups.append([number])
    words = []
    for group in groups:
        own = [tokens[number] for number in group]
        attention = None
        if gaze is not None:
            attention = np.asarray(gaze[group].mean(0), np.float32).reshape(grid)
        words.append(
            RationaleWord(
                "".join(token.text for token in own).strip(),
                own[0].part,
                sum(token.log_probability for token in own),
                attention,
            )
        )
    return tuple(words)


def mean_probability(log_probabilities: Sequence[float]) -> float:
    """Geometric mean of probabilities; 0 where there are none."""
    if not log_probabilities:
        return 0.0
    return math.exp(sum(log_probabilities) / len(log_probabilities))


def make_printable(text: str) -> str:
    """A text without what cannot be drawn; an untrained model may write control characters."""
    return "".join(letter if letter.isprintable() else "·" for letter in text)
