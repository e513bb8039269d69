"""ROUGE-L, digit for digit as coco-caption computes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seewhy.scores.ngrams import EncodedCorpus, Integers, Sentences

BETA = 1.2
WORD_BITS = 64
PAIRS_AT_ONCE = 4096


def rouge_l(corpus: EncodedCorpus) -> NDArray[np.float64]:
    """ROUGE-L of each item.

        P = max over references of LCS / candidate length;  R = max of LCS / reference length
        F = (1 + β²) P R / (R + β² P),  β = 1.2

    P and R may come from different references. The corpus score is the mean.

    Returns:
        (items,), from 0 to 1; 0 where nothing is shared.

    Source: Lin (ACL workshop 2004), as in coco-caption.
    """
    common = longest_common_subsequences(corpus.candidates, corpus.references, corpus.item)
    # an empty sentence counts as one empty word there
    candidate = np.maximum(corpus.candidates.lengths, 1)[corpus.item]
    reference = np.maximum(corpus.references.lengths, 1)
    both_empty = (corpus.candidates.lengths[corpus.item] == 0) & (corpus.references.lengths == 0)
    common = np.where(both_empty, 1, common)
    starts = corpus.first_reference
    precision = np.maximum.reduceat(common / candidate, starts)
    recall = np.maximum.reduceat(common / reference, starts)
    below = recall + BETA**2 * precision
    return np.divide(
        (1 + BETA**2) * precision * recall, below, out=np.zeros_like(below), where=below > 0
    )


def longest_common_subsequences(
    candidates: Sentences, references: Sentences, item: Integers
) -> Integers:
    """Length of the longest common subsequence of each reference and its item's candidate.

    References of up to 64 words, all at once, by the bit-parallel recurrence

        U = S & M_w;  S ← (S + U) | (S − U)      for each word w of the candidate

    in which bit j of M_w tells whether word j of the reference is w; the zeros of S are
    counted in the end. Longer references go one by one through the table of the definition.

    Returns:
        (references,).

    Source: Hyyrö, Bit-parallel LCS-length computation revisited (AWOCA 2004).
    """
    lengths = references.lengths
    common = np.zeros(len(lengths), dtype=np.int64)
    short = np.flatnonzero(lengths <= WORD_BITS)
    for begin in range(0, len(short), PAIRS_AT_ONCE):
        pairs = short[begin : begin + PAIRS_AT_ONCE]
        common[pairs] = _common_by_bits(
            _pad(candidates, item[pairs], -1), _pad(references, pairs, -2)
        )
    for pair in np.flatnonzero(lengths > WORD_BITS):
        common[pair] = _common_by_table(
            _words_of(candidates, int(item[pair])), _words_of(references, int(pair))
        )
    return common


def _pad(sentences: Sentences, rows: Integers, filler: int) -> Integers:
    """Sentences as one rectangle, (rows, longest), filled up with ``filler``."""
    lengths = sentences.lengths[rows]
    columns = np.arange(lengths.max(initial=0))
    inside = columns < lengths[:, None]
    padded = np.full(inside.shape, filler, dtype=np.int64)
    positions = (sentences.starts[rows][:, None] + columns)[inside]
    padded[inside] = sentences.words[positions]
    return padded


def _common_by_bits(candidates: Integers, references: Integers) -> Integers:
    bits = np.left_shift(np.uint64(1), np.arange(references.shape[1], dtype=np.uint64))
    state = np.full(len(references), ~np.uint64(0))
    for words in candidates.T:
        match = np.where(references == words[:, None], bits, np.uint64(0)).sum(1, dtype=np.uint64)
        update = state & match
        state = (state + update) | (state - update)
    return np.bitwise_count(~state).astype(np.int64)


def _common_by_table(candidate: list[int], reference: list[int]) -> int:
    row = [0] * (len(reference) + 1)
    for word in candidate:
        before = row
        row = [0]
        for column, other in enumerate(reference):
            row.append(
                before[column] + 1 if word == other else max(before[column + 1], row[column])
            )
    return row[-1]


def _words_of(sentences: Sentences, row: int) -> list[int]:
    start = int(sentences.starts[row])
    return sentences.words[start : start + int(sentences.lengths[row])].tolist()
