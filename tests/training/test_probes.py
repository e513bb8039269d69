from __future__ import annotations

import math

import pytest
import torch

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.training.probes import LabeledFeatures, knn_accuracy, linear_probe_accuracy


@pytest.fixture
def clouds():
    """Known and asked pictures of three classes, well but not wholly apart."""
    generator = torch.Generator().manual_seed(0)
    centers = torch.randn(3, 6, generator=generator)

    def sample(count):
        labels = torch.arange(count) % 3
        noise = torch.randn(count, 6, generator=generator)
        return LabeledFeatures(centers[labels] + 0.9 * noise, labels)

    return sample(60), sample(31)


def test_neighbors_vote_by_the_definition(clouds):
    known, asked = clouds
    correct = 0
    for row, label in zip(asked.features, asked.labels, strict=True):
        cosines = [
            (float(row @ other / row.norm() / other.norm()), int(number))
            for other, number in zip(known.features, known.labels, strict=True)
        ]
        votes = [0.0, 0.0, 0.0]
        for cosine, number in sorted(cosines, reverse=True)[:7]:
            votes[number] += math.exp(cosine / 0.1)
        correct += votes.index(max(votes)) == int(label)
    assert knn_accuracy(known, asked, k=7, temperature=0.1) == pytest.approx(correct / 31)
    assert 0.5 < correct / 31 < 1.0  # the case tells something


def test_one_neighbor_finds_itself(clouds):
    known, _ = clouds
    assert knn_accuracy(known, known, k=1) == 1.0


def test_a_linear_probe_beats_chance_and_knows_what_is_apart(clouds):
    known, asked = clouds
    assert linear_probe_accuracy(known, asked) > 0.6
    apart = LabeledFeatures(10 * torch.eye(3).repeat(5, 1), torch.arange(15) % 3)
    assert linear_probe_accuracy(apart, apart) == 1.0
    shuffled = LabeledFeatures(
        known.features, known.labels[torch.randperm(60, generator=torch.Generator().manual_seed(1))]
    )
    assert linear_probe_accuracy(shuffled, asked) < linear_probe_accuracy(known, asked)


def test_scale_and_shift_of_features_do_not_change_the_probe(clouds):
    known, asked = clouds
    moved = [LabeledFeatures(7 * part.features - 3, part.labels) for part in clouds]
    assert linear_probe_accuracy(*moved) == pytest.approx(linear_probe_accuracy(known, asked))


def test_more_neighbors_than_there_are_count_all(clouds):
    known, asked = clouds
    assert knn_accuracy(known, asked, k=1000) == knn_accuracy(known, asked, k=60)


def test_features_without_their_labels_are_refused():
    with pytest.raises(ShapeError, match=r"\(2, 3\) and \(3,\)"):
        LabeledFeatures(torch.zeros(2, 3), torch.zeros(3))
    with pytest.raises(InvalidArgumentError, match="No pictures"):
        LabeledFeatures(torch.zeros(0, 3), torch.zeros(0))
