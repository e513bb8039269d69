"""The four estimates against their definitions, and chance against random draws."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.concepts.mutual_information import (
    ESTIMATORS,
    MutualKnowledge,
    correct_for_chance,
    find_chance,
    find_mutual_knowledge,
    paper_information,
)
from seewhy.errors import InvalidArgumentError

WORDS = st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=8)


def paper_by_definition(visual: list[str], textual: list[str]) -> float:
    """ln N + ln M + joint entropy of the match table, as the released code has it."""
    matches = np.array([[float(x == y) for y in textual] for x in visual])
    if not matches.size or not matches.sum():
        return 0.0
    share = matches / matches.sum()
    entropy = -(share * np.log(share + 1e-9)).sum()
    return math.log(len(visual)) + math.log(len(textual)) + entropy


@given(WORDS, WORDS)
def test_estimates_are_those_of_their_definitions(visual: list[str], textual: list[str]) -> None:
    found = find_mutual_knowledge(visual, textual, vocabulary=10)
    shared = [word for word in visual if word in textual]
    assert found.overlap == len(shared)
    assert found.paper == pytest.approx(paper_by_definition(visual, textual), abs=1e-6)
    either = len(set(visual + textual))
    assert found.jaccard == pytest.approx(len(shared) / either if either else 0)
    assert found.chance_corrected <= 1
    assert 0 < found.chance <= 1


@given(WORDS, WORDS)
def test_what_is_shared_does_not_depend_on_the_side(visual: list[str], textual: list[str]) -> None:
    there = find_mutual_knowledge(visual, textual, vocabulary=10)
    back = find_mutual_knowledge(textual, visual, vocabulary=10)
    for name in (*ESTIMATORS, "chance"):
        assert getattr(there, name) == pytest.approx(getattr(back, name)), name


def test_the_published_number_is_not_shannons() -> None:
    # two lists of 15 that agree in all: Shannon's information would be ln 15 = 2.71 at most
    assert paper_information(15, 15, 15) == pytest.approx(3 * math.log(15))
    assert paper_information(15, 50, 3) > paper_information(15, 50, 2)


def test_nothing_shared_is_no_knowledge_under_any_estimate() -> None:
    found = find_mutual_knowledge(["a", "b"], ["c"], vocabulary=100)
    assert (found.paper, found.overlap, found.jaccard, found.chance) == (0, 0, 0, 1)
    assert found.chance_corrected == pytest.approx(-0.02 / 0.98)


@pytest.mark.parametrize(("visual", "textual"), [([], []), ([], ["a"]), (["a"], [])])
def test_empty_lists_share_nothing(visual: list[str], textual: list[str]) -> None:
    expected = MutualKnowledge(paper=0, overlap=0, jaccard=0, chance_corrected=0, chance=1)
    assert find_mutual_knowledge(visual, textual, vocabulary=5) == expected
    if not textual:
        assert find_mutual_knowledge(visual[:0], textual, vocabulary=0) == expected


def test_repeated_concepts_count_once() -> None:
    found = find_mutual_knowledge(["a", "a", "b"], ["b", "b", "c"], vocabulary=9)
    assert found == find_mutual_knowledge(["a", "b"], ["b", "c"], vocabulary=9)


def test_a_single_concept_shared_counts_nothing_as_published() -> None:
    found = find_mutual_knowledge(["a"], ["a"], vocabulary=9)
    assert (found.paper, found.overlap, found.jaccard) == (0, 1, 1)
    assert found.chance_corrected == 1
    assert found.chance == pytest.approx(1 / 9)


def test_random_lists_are_worth_nothing_on_average_when_corrected() -> None:
    drawn = [set(pair) for pair in itertools.combinations(range(6), 3)]  # all lists of 3 of 6
    known = {0, 1, 2, 3}
    values = [correct_for_chance(3, 4, len(seen & known), 6) for seen in drawn]
    assert np.mean(values) == pytest.approx(0)
    assert max(values) == 1


@pytest.mark.parametrize("shared", range(4))
def test_chance_is_the_share_of_random_lists(shared: int) -> None:
    drawn = [set(pair) for pair in itertools.combinations(range(7), 3)]
    known = {0, 1, 2, 3}
    as_many = np.mean([len(seen & known) >= shared for seen in drawn])
    assert find_chance(3, 4, shared, 7) == pytest.approx(float(as_many))


def test_lists_that_leave_no_room_are_neither_better_nor_worse_than_chance() -> None:
    assert correct_for_chance(3, 5, 3, 5) == 0
    assert find_chance(3, 5, 3, 5) == 1


def test_a_vocabulary_too_small_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match=r"2 and 1 concepts .* vocabulary of 1"):
        find_mutual_knowledge(["a", "b"], ["c"], vocabulary=1)
