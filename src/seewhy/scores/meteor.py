"""METEOR's final formula, from the counts that its program gives for each item."""

from __future__ import annotations

import numpy as np

from seewhy.scores.ngrams import Floats

ALPHA, BETA, GAMMA, DELTA = 0.85, 0.2, 0.6, 0.75
STAGE_WEIGHTS = np.array([1.0, 0.6, 0.8, 0.6])
"""Of matches that are exact, by stem, by synonym, and by paraphrase."""
NUM_COUNTS = 23


def meteor_from_sums(sums: Floats) -> Floats:
    """METEOR 1.5 for English from sums of its counts.

        P = Σ_i w_i (δ m_i(content) + (1 − δ) m_i(function)) / (δ |content| + (1 − δ) |function|)
        F = P R / (α P + (1 − α) R);   METEOR = F (1 − γ (chunks / matches)^β)

    with R as P, on the side of the reference, and no penalty where all is matched in one chunk.

    Args:
        sums: (rounds, 23), in the order of the program: words of candidate and reference; function
            words of both; for each of four stages the matched content words of both and function
            words of both; chunks; matched words of both.

    Returns:
        (rounds,), from 0 to 1.

    Source: Denkowski and Lavie, Meteor Universal (WMT 2014), with its English parameters.
    """
    candidate, reference, candidate_function, reference_function = sums[:, :4].T
    stages = sums[:, 4:20].reshape(-1, 4, 4)  # (rounds, stages, content and function of each side)
    content = np.array([DELTA, 1 - DELTA])
    matched_c = (stages[:, :, [0, 2]] @ content) @ STAGE_WEIGHTS
    matched_r = (stages[:, :, [1, 3]] @ content) @ STAGE_WEIGHTS
    chunks, words_c, words_r = sums[:, 20:].T
    precision = _divide(
        matched_c, DELTA * (candidate - candidate_function) + (1 - DELTA) * candidate_function
    )
    recall = _divide(
        matched_r, DELTA * (reference - reference_function) + (1 - DELTA) * reference_function
    )
    mean = _divide(precision * recall, ALPHA * precision + (1 - ALPHA) * recall)
    is_whole = (chunks == 1) & (words_c == candidate) & (words_r == reference)
    fragments = np.where(is_whole, 0, _divide(chunks, (words_c + words_r) / 2))
    return mean * (1 - GAMMA * fragments**BETA)


def _divide(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
