"""How well a question fits a picture, word by word, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seewhy.rationales.layouts import Layout
from seewhy.rationales.tokens import RationaleTokenizer


@dataclass(frozen=True)
class WordFit:
    """One word of a question."""

    text: str
    fit: float
    """In standard deviations from what is usual for a word and a picture, the mean over its
    tokens; 0 for words that too few captions have to tell anything, or too many."""


@dataclass(frozen=True)
class QuestionFit:
    """What a model that aligns words with pictures was told of a question."""

    whole: float
    """Of all words together, in standard deviations from what is usual."""
    words: tuple[WordFit, ...]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> QuestionFit:
        """Read what a result's ``to_dict`` gives."""
        return cls(values["whole"], tuple(WordFit(**word) for word in values["words"]))


def name_fits(layout: Layout, tokenizer: RationaleTokenizer) -> QuestionFit | None:
    """The numbers of an aligned layout with the words they belong to; ``None``: it has none."""
    if not layout.alignment:
        return None
    texts = [tokenizer.tokenizer.decode([layout.ids[place]]) for place in layout.asked]
    words: list[tuple[str, list[float]]] = []
    for text, place in zip(texts, layout.asked, strict=True):
        fit = layout.alignment[place][0]
        if words and not text.startswith(" "):
            before, fits = words[-1]
            words[-1] = (before + text, [*fits, fit])
        else:
            words.append((text, [fit]))
    return QuestionFit(
        layout.alignment[layout.asked.stop][1],
        tuple(WordFit(text.strip(), _mean(fits)) for text, fits in words),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
