"""Naming parts: candidates, relevance, choice."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seewhy.concepts.textual import (
    average_prompts,
    filter_relevant,
    find_candidates,
    find_relevance_threshold,
    select_concepts,
)
from seewhy.errors import InvalidArgumentError, ShapeError


def make_logits(parts: int, descriptors: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(parts, descriptors, generator=torch.Generator().manual_seed(seed))


def test_prompts_are_averaged_at_unit_length_and_left_shorter() -> None:
    embeddings = torch.tensor([[[3.0, 0.0], [0.0, 5.0], [0.0, 0.1]]])
    np.testing.assert_allclose(average_prompts(embeddings), [[1 / 3, 2 / 3]], atol=1e-7)


def test_no_parts_have_no_average() -> None:
    assert average_prompts(torch.zeros(0, 3, 8)).shape == (0, 8)
    with pytest.raises(ShapeError, match=r"\(3, 8\)"):
        average_prompts(torch.zeros(3, 8))


@given(st.integers(1, 5), st.integers(1, 30), st.integers(1, 40), st.integers(0, 100))
def test_candidates_are_those_of_the_definition(
    parts: int, descriptors: int, best: int, seed: int
) -> None:
    logits = make_logits(parts, descriptors, seed)
    tops = [set(row.argsort(descending=True)[:best].tolist()) for row in logits]
    common, either = set.intersection(*tops), set.union(*tops)
    found = find_candidates(logits, best=best)
    assert found.shared == len(common)
    assert found.is_union == (len(common) < min(3, descriptors))
    assert found.indices.tolist() == sorted(either if found.is_union else common)


def test_too_few_common_candidates_give_way_to_the_union() -> None:
    logits = torch.tensor([[9.0, 8, 7, 0, 0, 0], [0.0, 0, 9, 8, 7, 0]])
    found = find_candidates(logits, best=3)
    assert (found.indices.tolist(), found.shared, found.is_union) == ([0, 1, 2, 3, 4], 1, True)
    enough = find_candidates(logits, best=3, least=1)
    assert (enough.indices.tolist(), enough.shared, enough.is_union) == ([2], 1, False)


def test_fewer_descriptors_than_asked_for_are_all_candidates() -> None:
    found = find_candidates(make_logits(4, 2), best=500)
    assert found.indices.tolist() == [0, 1]
    assert not found.is_union


def test_one_part_keeps_its_own_best() -> None:
    found = find_candidates(torch.tensor([[0.1, 0.9, 0.5, 0.7]]), best=3)
    assert found.indices.tolist() == [1, 2, 3]


def test_candidates_of_nothing_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match=r"\(0, 5\)"):
        find_candidates(torch.zeros(0, 5))
    with pytest.raises(InvalidArgumentError, match="got 0"):
        find_candidates(make_logits(2, 5), best=0)


RELEVANCE = torch.tensor([0.10, 0.20, 0.21, 0.24, 0.50])  # mean 0.25, median 0.21


def test_the_code_keeps_what_lies_above_the_mean_less_an_offset() -> None:
    assert find_relevance_threshold(RELEVANCE) == pytest.approx(0.23)
    keep = filter_relevant(RELEVANCE, least=1)
    assert keep.tolist() == [False, False, False, True, True]
    lower = filter_relevant(RELEVANCE, offset=0.06, least=1)
    assert lower.tolist() == [False, True, True, True, True]


def test_the_paper_keeps_what_lies_above_the_median_and_a_margin() -> None:
    assert find_relevance_threshold(RELEVANCE, form="paper") == pytest.approx(0.23)
    relevance = torch.tensor([0.10, 0.20, 0.21, 0.22, 0.24, 0.30])  # median 0.215
    keep = filter_relevant(relevance, form="paper", least=1)
    assert keep.tolist() == [False, False, False, False, True, True]


def test_the_median_of_an_even_number_lies_between() -> None:
    relevance = torch.tensor([0.0, 0.1, 0.2, 1.0])
    assert find_relevance_threshold(relevance, form="paper") == pytest.approx(0.17)


def test_what_lies_on_the_threshold_goes() -> None:
    keep = filter_relevant(torch.tensor([0.25, 0.75]), offset=0.25, least=1)
    assert keep.tolist() == [False, True]


def test_at_least_the_most_relevant_three_stay() -> None:
    assert filter_relevant(RELEVANCE).tolist() == [False, False, True, True, True]
    assert filter_relevant(RELEVANCE, offset=-9).tolist() == [False, False, True, True, True]
    assert filter_relevant(RELEVANCE[:2], offset=-9).tolist() == [True, True]


def test_equal_relevance_keeps_all() -> None:
    assert filter_relevant(torch.full((4,), 0.3)).all()


def test_an_unknown_form_and_no_candidates_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="'mean'"):
        filter_relevant(RELEVANCE, form="mean")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="no candidate"):
        filter_relevant(torch.zeros(0))


def test_without_transport_the_most_similar_are_chosen() -> None:
    logits = torch.tensor([[0.1, 0.9, 0.5], [0.8, 0.2, 0.3]])
    found = select_concepts(logits, use_transport=False, concepts=2)
    assert found.indices.tolist() == [[1, 2], [0, 2]]
    np.testing.assert_allclose(found.scores, [[0.9, 0.5], [0.8, 0.3]], atol=1e-6)


def test_choices_are_indices_into_all_descriptors() -> None:
    logits = torch.tensor([[0.9, 0.1, 0.8], [0.9, 0.3, 0.2]])
    kept = torch.tensor([1, 2])
    found = select_concepts(logits, kept, use_transport=False, concepts=1)
    assert found.indices.tolist() == [[2], [1]]
    assert set(select_concepts(logits, kept).indices.reshape(-1).tolist()) == {1, 2}


def test_transport_shares_out_what_all_parts_like_best() -> None:
    logits = torch.tensor([[5.0, 4.0], [5.0, 1.0]])  # both like 0 best; 0 needs 1 less
    plain = select_concepts(logits, use_transport=False, concepts=1)
    shared = select_concepts(logits, concepts=1)
    assert plain.indices.tolist() == [[0], [0]]
    assert shared.indices.tolist() == [[1], [0]]


def test_temperature_evens_out_the_shares_but_not_their_order() -> None:
    logits = make_logits(3, 6)
    sharp, even = (select_concepts(logits, temperature=t) for t in (0.5, 50.0))
    assert even.scores.max() < sharp.scores.max()


def test_fewer_descriptors_than_concepts_are_all_chosen() -> None:
    found = select_concepts(make_logits(2, 5), torch.tensor([4]), concepts=3)
    assert found.indices.tolist() == [[4], [4]]


def test_choosing_among_nothing_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="no descriptor"):
        select_concepts(make_logits(2, 5), torch.zeros(0, dtype=torch.long))
    with pytest.raises(InvalidArgumentError, match="concepts must be at least 1, got 0"):
        select_concepts(make_logits(2, 5), concepts=0)
