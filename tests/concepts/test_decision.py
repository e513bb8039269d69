"""The zero-shot decision and its pulls against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from seewhy.concepts.decision import SHOWN, find_pulls, list_prediction


def test_at_most_five_classes_are_listed_best_first() -> None:
    probabilities = torch.tensor([0.1, 0.05, 0.3, 0.15, 0.2, 0.12, 0.08])
    listed = list_prediction(probabilities, list("abcdefg"))
    assert [choice.text for choice in listed] == list("cedfa")
    assert len(listed) == SHOWN
    np.testing.assert_allclose([choice.score for choice in listed], [0.3, 0.2, 0.15, 0.12, 0.1])


def test_two_classes_are_two() -> None:
    listed = list_prediction(torch.tensor([0.25, 0.75]), ["cat", "dog"])
    assert [(choice.text, choice.score) for choice in listed] == [("dog", 0.75), ("cat", 0.25)]


def test_pulls_are_cosine_times_difference_of_cosines() -> None:
    generator = torch.Generator().manual_seed(0)
    whole, predicted, true = normalize(torch.randn(3, 5, generator=generator), dim=1)
    rows = normalize(torch.randn(4, 5, generator=generator), dim=1)
    pulls = find_pulls(
        [2, 0, 3, 2],
        ["zero", "one", "two", "three"],
        whole=whole,
        embeddings=rows,
        predicted=predicted,
        true=true,
        shared=frozenset({"two", "one"}),
    )
    differences = rows @ predicted - rows @ true
    strengths = ((rows @ whole) * differences).tolist()
    expected = {"zero": strengths[0], "two": strengths[2], "three": strengths[3]}
    assert {pull.text: pull.strength for pull in pulls} == pytest.approx(expected, abs=1e-6)
    assert [pull.text for pull in pulls] == sorted(expected, key=lambda name: -expected[name])
    assert {pull.text for pull in pulls if pull.is_shared} == {"two"}


def test_what_speaks_for_the_true_class_is_negative_and_last() -> None:
    cat, dog = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    whole = normalize(torch.tensor([0.6, 0.5]), dim=0)
    whiskers, collar = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    pulls = find_pulls(
        [1, 0],
        ["whiskers", "collar"],
        whole=whole,
        embeddings=torch.stack([whiskers, collar]),
        predicted=cat,
        true=dog,
        shared=frozenset(),
    )
    assert [pull.text for pull in pulls] == ["whiskers", "collar"]
    assert pulls[0].strength > 0 > pulls[1].strength


def test_nothing_seen_pulls_nothing() -> None:
    unit = torch.tensor([1.0, 0.0])
    rows = torch.eye(2)
    assert not find_pulls(
        [], ["a", "b"], whole=unit, embeddings=rows, predicted=unit, true=unit, shared=frozenset()
    )
