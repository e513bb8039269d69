"""Candidates and references as integer arrays, and the n-grams in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
MAX_ORDER = 4


@dataclass(frozen=True)
class Sentences:
    """Sentences laid end to end."""

    words: Integers
    """Word numbers, (words,)."""
    lengths: Integers
    """Words in each sentence, (sentences,)."""

    @classmethod
    def from_rows(cls, rows: Integers, *, end: int = 0) -> Sentences:
        """Sentences from padded word numbers, (sentences, steps).

        A sentence goes up to and including its first ``end``; one without goes to the edge.
        """
        is_end = rows == end
        lengths = np.where(is_end.any(1), is_end.argmax(1) + 1, rows.shape[1])
        return cls(rows[np.arange(rows.shape[1]) < lengths[:, None]], lengths.astype(np.int64))

    @property
    def starts(self) -> Integers:
        """Where each sentence begins in ``words``, (sentences,)."""
        return np.cumsum(self.lengths) - self.lengths


@dataclass(frozen=True)
class EncodedCorpus:
    """One candidate and one or more references an item, with one numbering of words."""

    candidates: Sentences
    references: Sentences
    item: Integers
    """The item each reference belongs to, (references,), ascending."""

    @property
    def num_items(self) -> int:
        """Number of items, each with one candidate."""
        return len(self.candidates.lengths)

    @property
    def first_reference(self) -> Integers:
        """Index of each item's first reference, (items,)."""
        return np.searchsorted(self.item, np.arange(self.num_items))


@dataclass(frozen=True)
class NgramCounts:
    """How often each n-gram occurs in each sentence: a sparse matrix, sentence by sentence."""

    sentence: Integers
    """(entries,), ascending."""
    ngram: Integers
    """(entries,), ascending within a sentence; from 0 to ``num_ngrams`` - 1."""
    count: Integers
    """(entries,), at least 1."""
    spelling: Integers
    """The words of each distinct n-gram, (num_ngrams, order)."""

    @property
    def num_ngrams(self) -> int:
        """Number of distinct n-grams in candidates and references together."""
        return len(self.spelling)

    @property
    def key(self) -> Integers:
        """One number for each (sentence, n-gram), ascending, (entries,)."""
        return self.sentence * max(self.num_ngrams, 1) + self.ngram


def encode_corpus(
    candidates: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]
) -> EncodedCorpus:
    """Number the words of tokenized candidates and references.

    Args:
        candidates: the words of each item's candidate.
        references: for each item, the words of each of its references.
    """
    flat = [reference for group in references for reference in group]
    sizes = np.fromiter((len(group) for group in references), np.int64, len(references))
    words = list(chain.from_iterable(chain(candidates, flat)))
    numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
    encoded = np.fromiter(map(numbers.__getitem__, words), np.int64, len(words))
    lengths = np.fromiter(map(len, chain(candidates, flat)), np.int64, len(candidates) + len(flat))
    cut = int(lengths[: len(candidates)].sum())
    return EncodedCorpus(
        Sentences(encoded[:cut], lengths[: len(candidates)]),
        Sentences(encoded[cut:], lengths[len(candidates) :]),
        np.repeat(np.arange(len(references)), sizes),
    )


def count_ngrams(corpus: EncodedCorpus) -> list[tuple[NgramCounts, NgramCounts]]:
    """Counts in candidates and in references, for n-grams of 1 to 4 words.

    Returns:
        Four pairs (candidates, references); both of a pair number their n-grams alike.
    """
    words = np.concatenate([corpus.candidates.words, corpus.references.words])
    lengths = np.concatenate([corpus.candidates.lengths, corpus.references.lengths])
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    first, word = _number(words)
    spelling, ngram, num_words = words[first][:, None], word, len(first)
    start = np.arange(len(words))
    counts = [_count(sentence, ngram, spelling, corpus.num_items)]
    for order in range(2, MAX_ORDER + 1):  # lengthen each n-gram by the word behind it
        end = start + order - 1
        inside = end < len(words)
        inside[inside] = sentence[start[inside]] == sentence[end[inside]]
        start, shorter, behind = start[inside], ngram[inside], word[end[inside]]
        first, ngram = _number(shorter * num_words + behind)
        spelling = words[start[first][:, None] + np.arange(order)]
        counts.append(_count(sentence[start], ngram, spelling, corpus.num_items))
    return counts


def _number(keys: Integers) -> tuple[Integers, Integers]:
    """Number distinct keys from 0, in ascending order.

    Returns:
        Where each distinct key stands once, (distinct,), and the number of each key, (keys,).
    """
    order = np.argsort(keys)
    begins = _find_runs(keys[order])
    is_new = np.zeros(len(keys), dtype=np.int64)
    is_new[begins] = 1
    numbers = np.empty(len(keys), dtype=np.int64)
    numbers[order] = np.cumsum(is_new) - 1
    return order[begins], numbers


def _count(
    sentence: Integers, ngram: Integers, spelling: Integers, num_candidates: int
) -> tuple[NgramCounts, NgramCounts]:
    num_ngrams = max(len(spelling), 1)
    key, count = count_keys(sentence * num_ngrams + ngram)
    sentence, ngram = np.divmod(key, num_ngrams)
    cut = int(np.searchsorted(sentence, num_candidates))
    return (
        NgramCounts(sentence[:cut], ngram[:cut], count[:cut], spelling),
        NgramCounts(sentence[cut:] - num_candidates, ngram[cut:], count[cut:], spelling),
    )


def count_keys(keys: Integers) -> tuple[Integers, Integers]:
    """Distinct keys, ascending, and how often each occurs; as ``np.unique``, but sorting only."""
    ordered = np.sort(keys)
    begins = _find_runs(ordered)
    return ordered[begins], np.diff(begins, append=len(ordered))


def _find_runs(ordered: Integers) -> Integers:
    """Where each run of equal numbers begins."""
    if not len(ordered):
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])


def look_up(counts: NgramCounts, sentence: Integers, ngram: Integers) -> Integers:
    """Position in ``counts`` of each (sentence, n-gram), or -1 where it does not occur."""
    keys = counts.key
    wanted = sentence * max(counts.num_ngrams, 1) + ngram
    position = np.searchsorted(keys, wanted)
    inside = position < len(keys)
    found = np.zeros(len(wanted), dtype=bool)
    found[inside] = keys[position[inside]] == wanted[inside]
    return np.where(found, position, -1)


def sum_groups(group: Integers, values: NDArray[np.number], num_groups: int) -> Floats:
    """Sum of the values of each group, (num_groups,); also for no values at all."""
    return np.bincount(group, values.astype(np.float64), num_groups).astype(np.float64)
