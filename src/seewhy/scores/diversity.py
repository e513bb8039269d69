"""How varied a set of captions is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Diversity:
    """Variety of a set of captions."""

    vocabulary: int
    """Distinct words."""
    distinct_1: float
    """Distinct words over words, from 0 to 1."""
    distinct_2: float
    """Distinct pairs of neighboring words over such pairs, from 0 to 1."""
    mean_length: float
    """Words a caption."""
    novel: float | None
    """Share of captions that are not among the training captions; ``None`` without these."""
    repeated: float
    """Share of captions that another caption of the set equals."""


def measure_diversity(
    captions: Sequence[Sequence[str]], *, training: Collection[Sequence[str]] | None = None
) -> Diversity:
    """Measure how varied captions are.

    Args:
        captions: the words of each caption.
        training: the words of each caption trained on, to tell which are novel.

    Returns:
        The measures; shares of nothing are 0.

    Source: distinct-n: Li et al. (NAACL 2016), arXiv:1510.03055.
    """
    sentences = [tuple(words) for words in captions]
    words = [word for sentence in sentences for word in sentence]
    pairs = [pair for sentence in sentences for pair in pairwise(sentence)]
    times: dict[tuple[str, ...], int] = {}
    for sentence in sentences:
        times[sentence] = times.get(sentence, 0) + 1
    novel = None
    if training is not None:
        known = {tuple(sentence) for sentence in training}
        novel = _share(sum(sentence not in known for sentence in sentences), len(sentences))
    return Diversity(
        vocabulary=len(set(words)),
        distinct_1=_share(len(set(words)), len(words)),
        distinct_2=_share(len(set(pairs)), len(pairs)),
        mean_length=_share(len(words), len(sentences)),
        novel=novel,
        repeated=_share(sum(n for n in times.values() if n > 1), len(sentences)),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
