"""METEOR's formula against the digits of its program."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.scores.meteor import NUM_COUNTS, meteor_from_sums

# What the program counted for two pairs (SCORE), and what it made of each and of both (EVAL).
COUNTS = """
    6 7 3 4 2 2 2 2 0 0 0 0 0 0 0 0 1 0 0 1 2 5 5
    6 6 3 3 2 2 2 2 0 0 0 0 0 0 0 0 0 0 0 0 3 4 4
    2 3 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
"""
TABLE = np.array([[float(n) for n in line.split()] for line in COUNTS.split("\n") if line.strip()])
SCORES = [0.340788958617614, 0.28903166214870585, 0.0]


def test_the_formula_is_the_programs() -> None:
    assert TABLE.shape == (3, NUM_COUNTS)
    np.testing.assert_allclose(meteor_from_sums(TABLE), SCORES, atol=1e-12)
    whole = meteor_from_sums(TABLE.sum(0, keepdims=True))
    assert whole[0] == pytest.approx(0.23599666915156395, abs=1e-12)


def test_a_perfect_caption_has_no_penalty() -> None:
    perfect = np.zeros((1, NUM_COUNTS))
    perfect[0, [0, 1, 2, 3]], perfect[0, 4:8], perfect[0, 20:] = (
        [5, 5, 2, 2],
        [3, 3, 2, 2],
        [1, 5, 5],
    )
    assert meteor_from_sums(perfect)[0] == pytest.approx(1)
    perfect[0, 20] = 2
    assert meteor_from_sums(perfect)[0] == pytest.approx(1 - 0.6 * 0.4**0.2)


def test_nothing_at_all_scores_zero() -> None:
    assert meteor_from_sums(np.zeros((2, NUM_COUNTS))).tolist() == [0, 0]
