"""Paired bootstrap and permutation against slow twins and where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.scores.bleu import bleu_from_sums, bleu_statistics
from seewhy.scores.comparison import compare_systems
from seewhy.scores.ngrams import count_ngrams, encode_corpus

NUMBERS = np.random.default_rng(0)


def test_the_interval_is_that_of_resampled_items() -> None:
    first, second = NUMBERS.random((2, 60))
    found = compare_systems("x", first, second, rounds=4000, seed=1)
    by_hand = np.random.default_rng(9)
    draws = [by_hand.integers(0, 60, 60) for _ in range(4000)]
    differences = [second[draw].mean() - first[draw].mean() for draw in draws]
    np.testing.assert_allclose(found.interval, np.quantile(differences, [0.025, 0.975]), atol=0.02)


def test_the_p_value_is_that_of_all_exchanges() -> None:
    first, second = NUMBERS.random((2, 10))
    observed = abs((second - first).mean())
    signs = 1 - 2 * ((np.arange(1024)[:, None] >> np.arange(10)) & 1)
    exact = (abs((signs * (second - first)).mean(1)) >= observed - 1e-12).mean()
    found = compare_systems("x", first, second, rounds=20_000)
    assert found.p_value == pytest.approx(exact, abs=0.015)


def test_a_clear_difference_is_sure_and_chance_is_not() -> None:
    base = NUMBERS.random(300)
    clear = compare_systems("x", base, base + 0.1, rounds=1000)
    assert clear.p_value == pytest.approx(1 / 1001)
    assert clear.interval == pytest.approx((0.1, 0.1))
    noise = compare_systems("x", base, base + 0.1 * NUMBERS.standard_normal(300), rounds=1000)
    assert noise.interval[0] < 0 < noise.interval[1]
    assert noise.p_value > 0.05


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 30))
def test_exchanging_the_systems_turns_the_sign(seed: int, items: int) -> None:
    first, second = np.random.default_rng(seed).random((2, items))
    there = compare_systems("x", first, second, rounds=100, seed=seed)
    back = compare_systems("x", second, first, rounds=100, seed=seed)
    assert back.difference == pytest.approx(-there.difference)
    assert back.interval == pytest.approx((-there.interval[1], -there.interval[0]))
    assert there.interval[0] - 1e-9 <= there.interval[1]
    assert 0 < there.p_value <= 1


def test_bleu_of_a_resample_is_bleu_of_the_resampled_items() -> None:
    candidates = [["a", "dog", "runs", "on", "sand"], ["a", "cat"], ["red", "bus", "in", "town"]]
    references = [[["a", "dog", "runs", "on", "the", "sand"]], [["a", "cat", "sleeps"]],
                  [["a", "red", "bus", "in", "town"]]]  # fmt: skip
    drawn = [2, 0, 0]

    def statistics(rows: list[int]):
        corpus = encode_corpus([candidates[r] for r in rows], [references[r] for r in rows])
        return bleu_statistics(corpus, count_ngrams(corpus))

    found, whole = statistics(drawn), statistics([0, 1, 2])
    times = np.bincount(drawn, minlength=3)
    resampled = bleu_from_sums(
        times @ whole.correct,
        times @ whole.guessed,
        times @ whole.candidate_length,
        times @ whole.reference_length,
    )
    np.testing.assert_allclose(resampled, found.corpus())


def test_the_corpus_score_is_recomputed_and_not_averaged() -> None:
    table = np.array([[1.0, 10.0], [9.0, 10.0], [4.0, 5.0]])

    def ratio(sums: np.ndarray, _: int) -> np.ndarray:
        return sums[:, 0] / sums[:, 1]

    found = compare_systems("x", table, table * [2, 1], corpus=ratio, rounds=200)
    assert found.first == pytest.approx(14 / 25)
    assert found.difference == pytest.approx(14 / 25)


def test_a_seed_repeats_it() -> None:
    first, second = NUMBERS.random((2, 40))
    one, again, other = (
        compare_systems("x", first, second, rounds=700, seed=seed) for seed in (3, 3, 4)
    )
    assert one == again
    assert one.interval != other.interval


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ShapeError, match="same items"):
        compare_systems("x", np.ones(3), np.ones(4))
    with pytest.raises(InvalidArgumentError, match="rounds must be positive"):
        compare_systems("x", np.ones(3), np.ones(3), rounds=0)
