"""CIDEr-D, digit for digit as coco-caption computes what it calls CIDEr."""

from __future__ import annotations

import math

import numpy as np

from seewhy.scores.ngrams import (
    MAX_ORDER,
    EncodedCorpus,
    Floats,
    Integers,
    NgramCounts,
    count_keys,
    look_up,
    sum_groups,
)

SIGMA = 6.0


def cider_d(corpus: EncodedCorpus, counts: list[tuple[NgramCounts, NgramCounts]]) -> Floats:
    """CIDEr-D of each item; document frequencies are those of the references given.

        g(s) = tf · (ln N − ln max(1, df))            over the n-grams of s
        sim_n(c, r) = Σ min(g(c), g(r)) g(r) / (‖g(c)‖ ‖g(r)‖) · exp(−δ² / 2σ²)
        CIDEr-D = 10 · mean over references, mean over n = 1..4, of sim_n

    with N the number of items, df the number of items whose references hold the n-gram, and δ
    the difference in the number of bigrams. The corpus score is the mean.

    Returns:
        (items,), from 0 to 10. One item alone scores 0, since ln N is 0.

    Source: Vedantam et al. (CVPR 2015), arXiv:1411.5726, as in coco-caption.
    """
    weights = [_inverse_document_frequency(corpus, references) for _, references in counts]
    return cider_d_with_weights(corpus, counts, weights)


def cider_d_with_weights(
    corpus: EncodedCorpus, counts: list[tuple[NgramCounts, NgramCounts]], weights: list[Floats]
) -> Floats:
    """CIDEr-D of each item, with the weight of each n-gram given.

    Args:
        corpus: encoded candidates and references.
        counts: ``count_ngrams(corpus)``.
        weights: for each order, ln N − ln max(1, df) of each n-gram, (num_ngrams,).

    Returns:
        (items,).
    """
    bigrams, num_references = counts[1], len(corpus.item)
    delta = _totals(bigrams[0], corpus.num_items)[corpus.item]
    delta -= _totals(bigrams[1], num_references)
    penalty = np.exp(-(delta**2) / (2 * SIGMA**2))
    similarity = np.zeros(num_references)
    for (candidates, references), weight in zip(counts, weights, strict=True):
        similarity += _cosine(corpus.item, candidates, references, weight) * penalty
    per_item = sum_groups(corpus.item, similarity, corpus.num_items)
    return 10 * per_item / MAX_ORDER / np.bincount(corpus.item, minlength=corpus.num_items)


def _totals(counts: NgramCounts, sentences: int) -> Floats:
    """N-grams in each sentence, (sentences,)."""
    return sum_groups(counts.sentence, counts.count, sentences)


def _inverse_document_frequency(corpus: EncodedCorpus, references: NgramCounts) -> Floats:
    """Weight of each n-gram, (num_ngrams,)."""
    size = max(references.num_ngrams, 1)
    in_item, _ = count_keys(corpus.item[references.sentence] * size + references.ngram)
    frequency = np.bincount(in_item % size, minlength=references.num_ngrams)
    return math.log(max(corpus.num_items, 1)) - np.log(np.maximum(frequency, 1))


def _cosine(
    item: Integers, candidates: NgramCounts, references: NgramCounts, weight: Floats
) -> Floats:
    """Clipped cosine of each reference and its item's candidate, (references,)."""
    candidate = candidates.count * weight[candidates.ngram]
    reference = references.count * weight[references.ngram]
    position = look_up(candidates, item[references.sentence], references.ngram)
    matched = position >= 0
    shared = np.minimum(candidate[position[matched]], reference[matched]) * reference[matched]
    num_items, num_references = int(item[-1]) + 1 if len(item) else 0, len(item)
    dot = sum_groups(references.sentence[matched], shared, num_references)
    candidate_norm = np.sqrt(sum_groups(candidates.sentence, candidate**2, num_items))
    reference_norm = np.sqrt(sum_groups(references.sentence, reference**2, num_references))
    norms = candidate_norm[item] * reference_norm
    return np.divide(dot, norms, out=dot.copy(), where=norms > 0)
