"""Ranking concepts, and what the text side knows of classes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from seewhy.concepts.ranking import (
    average_templates,
    find_class_concepts,
    rank_classes,
    rank_concepts,
)
from seewhy.errors import InvalidArgumentError, ShapeError

DESCRIPTORS = torch.tensor([[2.0, 0.0], [0.0, 0.5], [3.0, 4.0], [-1.0, 0.0]])


def test_concepts_are_ranked_by_two_and_a_half_times_the_cosine() -> None:
    found = rank_concepts([1, 3, 2, 0, 2, 1], torch.tensor([10.0, 0.0]), DESCRIPTORS)
    assert found.indices == (0, 2, 1, 3)
    np.testing.assert_allclose(found.scores, [2.5, 1.5, 0, -2.5], atol=1e-6)


def test_of_equal_concepts_the_first_chosen_stays_first() -> None:
    same = torch.ones(5, 2)
    assert rank_concepts([4, 1, 3], torch.ones(2), same).indices == (4, 1, 3)


def test_no_concepts_have_no_ranks() -> None:
    found = rank_concepts([], torch.ones(2), DESCRIPTORS)
    assert (found.indices, found.scores) == ((), ())


def test_a_class_knows_its_nearest_descriptors() -> None:
    found = find_class_concepts(torch.tensor([1.0, 0.1]), DESCRIPTORS, number=3)
    assert found.indices == (2, 0, 1)
    np.testing.assert_allclose(found.scores, [3.4, 2.0, 0.05], atol=1e-6)


def test_a_class_knows_at_most_all_descriptors() -> None:
    assert len(find_class_concepts(torch.ones(2), DESCRIPTORS, number=50).indices) == 4
    with pytest.raises(InvalidArgumentError, match="number must be at least 1, got 0"):
        find_class_concepts(torch.ones(2), DESCRIPTORS, number=0)


def test_templates_count_alike_whatever_their_length() -> None:
    embeddings = torch.tensor([[[10.0, 0.0]], [[0.0, 1.0]], [[0.0, 2.0]]])  # 3 templates, 1 class
    expected = normalize(torch.tensor([[1 / 3, 2 / 3]]), dim=1)
    torch.testing.assert_close(average_templates(embeddings), expected)
    with pytest.raises(ShapeError, match=r"\(3, 2\)"):
        average_templates(torch.zeros(3, 2))


def test_classes_are_ranked_by_a_softmax_of_scaled_cosines() -> None:
    whole = torch.tensor([[3.0, 0.0], [0.0, 0.2]])
    weights = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    found = rank_classes(whole, weights, logit_scale=4.0)
    expected = np.exp(4 * np.array([[1, 0, 0.6], [0, 1, 0.8]]))
    np.testing.assert_allclose(found, expected / expected.sum(1, keepdims=True), atol=1e-6)


def test_one_class_alone_is_certain() -> None:
    assert rank_classes(torch.ones(1, 2), torch.ones(1, 2), logit_scale=9.0).tolist() == [[1.0]]
