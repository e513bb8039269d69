"""The official normalizer and accuracy of VQA."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.scores.vqa_accuracy import is_among, is_most_frequent, normalize_answer, soft_accuracy


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("n/a", "n"),
        ("the  Red-ish, cat", "red ish cat"),
        ("$5.00", "$5.00"),
        ("Two dogs.", "2 dogs"),
        ("dont", "don't"),
        ("couldntve", "couldntve"),
        ("couldnt've", "couldn't've"),
        ("couldn'tve", "couldn't've"),
        ("yall'll", "y'all'll"),
        ("1,000 (people)", "1000 people"),
        ("a/b", "b"),
        ("yes ; no", "yes no"),
        ("3 p.m.", "3 pm"),
        ("none\n", "0"),
        ("", ""),
        (".5", ".5"),
        ("." * 40, "." * 8),
    ],
)
def test_answers_take_their_official_form(answer: str, expected: str) -> None:
    assert normalize_answer(answer) == expected


@given(st.lists(st.sampled_from(["yes", "no", "maybe"]), min_size=10, max_size=10))
def test_accuracy_is_the_mean_over_all_but_one(given_answers: list[str]) -> None:
    subsets = [min(1.0, list(others).count("yes") / 3) for others in combinations(given_answers, 9)]
    assert soft_accuracy("Yes.", given_answers) == pytest.approx(sum(subsets) / 10)


def test_few_answers() -> None:
    assert soft_accuracy("yes", ["yes"]) == 1
    assert soft_accuracy("no", ["yes"]) == 0
    assert soft_accuracy("no", []) == 0


def test_exact_and_membership() -> None:
    answers = ["the dog", "cat", "dog", "cat"]
    assert is_most_frequent("a dog", answers)
    assert not is_most_frequent("cat", answers)
    assert is_among("cat!", answers)
    assert not is_among("bird", answers)
    assert not is_most_frequent("x", [])
