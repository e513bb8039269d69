"""BLEU-1 to BLEU-4, digit for digit as coco-caption computes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seewhy.scores.ngrams import (
    MAX_ORDER,
    EncodedCorpus,
    Floats,
    Integers,
    NgramCounts,
    look_up,
    sum_groups,
)

TINY, SMALL = 1e-15, 1e-9  # coco-caption's guards against division by zero


@dataclass(frozen=True)
class BleuStatistics:
    """What BLEU needs to know of each item; sums of rows give the corpus."""

    correct: Integers
    """Clipped matches of 1- to 4-grams, (items, 4)."""
    guessed: Integers
    """1- to 4-grams of the candidate, (items, 4)."""
    candidate_length: Integers
    """(items,)."""
    reference_length: Integers
    """Length of the reference closest in length, the shorter of two, (items,)."""

    def per_item(self) -> Floats:
        """BLEU-1 to BLEU-4 of each item by itself, (items, 4)."""
        return bleu_from_sums(
            self.correct, self.guessed, self.candidate_length, self.reference_length
        )

    def corpus(self) -> Floats:
        """BLEU-1 to BLEU-4 of the corpus, (4,)."""
        return bleu_from_sums(
            self.correct.sum(0),
            self.guessed.sum(0),
            self.candidate_length.sum(),
            self.reference_length.sum(),
        )


def bleu_from_sums(
    correct: Floats | Integers,
    guessed: Floats | Integers,
    candidate_length: Floats | Integers | np.integer,
    reference_length: Floats | Integers | np.integer,
) -> Floats:
    """BLEU-1 to BLEU-4 from sums of matches and lengths.

        BLEU-n = brevity · (Π_{k ≤ n} correct_k / guessed_k)^(1/n)
        brevity = exp(1 − reference / candidate) where the candidates are shorter, else 1

    Args:
        correct: clipped matches, (..., 4).
        guessed: n-grams of the candidates, (..., 4).
        candidate_length: words of the candidates, (...).
        reference_length: words of the references closest in length, (...).

    Returns:
        (..., 4), from 0 to 1.

    Source: Papineni et al. (ACL 2002), with coco-caption's guards (1e-15 above, 1e-9 below).
    """
    precision = (correct + TINY) / (guessed + SMALL)
    bleu = np.cumprod(precision, axis=-1) ** (1 / np.arange(1, MAX_ORDER + 1))
    ratio = (np.asarray(candidate_length) + TINY) / (np.asarray(reference_length) + SMALL)
    with np.errstate(over="ignore"):
        brevity = np.where(ratio < 1, np.exp(1 - 1 / ratio), 1.0)
    return bleu * brevity[..., None]


def bleu_statistics(
    corpus: EncodedCorpus, counts: list[tuple[NgramCounts, NgramCounts]]
) -> BleuStatistics:
    """Count matches and lengths for BLEU.

    Args:
        corpus: encoded candidates and references.
        counts: ``count_ngrams(corpus)``.

    Source: Papineni et al. (ACL 2002); reference length "closest", as in coco-caption.
    """
    length = corpus.candidates.lengths
    orders = np.arange(MAX_ORDER)
    return BleuStatistics(
        np.stack([_clipped_matches(corpus, *pair) for pair in counts], axis=1),
        np.maximum(length[:, None] - orders, 0),
        length,
        _closest_length(corpus),
    )


def _clipped_matches(
    corpus: EncodedCorpus, candidates: NgramCounts, references: NgramCounts
) -> Integers:
    position = look_up(candidates, corpus.item[references.sentence], references.ngram)
    matched = position >= 0
    most = np.zeros(len(candidates.count), dtype=np.int64)  # over the item's references
    np.maximum.at(most, position[matched], references.count[matched])
    clipped = np.minimum(most, candidates.count)
    return sum_groups(candidates.sentence, clipped, corpus.num_items).astype(np.int64)


def _closest_length(corpus: EncodedCorpus) -> Integers:
    length = corpus.references.lengths
    distance = np.abs(length - corpus.candidates.lengths[corpus.item])
    # nearest first, then shortest: the first of each item after sorting
    order = np.lexsort((length, distance, corpus.item))
    return length[order][corpus.first_reference]
