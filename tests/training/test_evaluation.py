from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.training.evaluation import retrieval_recall, zero_shot_accuracy

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = F.normalize(torch.randn(7, 3, generator=GENERATOR), dim=1)
TEXTS = F.normalize(torch.randn(12, 3, generator=GENERATOR), dim=1)
OWNERS = torch.tensor([0, 0, 1, 2, 2, 2, 3, 4, 5, 5, 6, 6])


@pytest.mark.parametrize("top", [1, 2, 3])
def test_accuracy_matches_its_definition(top):
    labels = torch.tensor([0, 3, 1, 2, 2, 0, 3])
    classes, right = TEXTS[:4], 0
    for image, label in zip(IMAGES, labels, strict=True):
        scores = [float(image @ text) for text in classes]
        right += sorted(scores, reverse=True).index(scores[label]) < top
    assert zero_shot_accuracy(IMAGES, classes, labels, top=top) == pytest.approx(right / 7)


def test_as_many_guesses_as_classes_are_always_right():
    labels = torch.arange(7) % 4
    assert zero_shot_accuracy(IMAGES, TEXTS[:4], labels, top=4) == 1.0


@pytest.mark.parametrize("k", [1, 3, 5])
def test_recall_matches_its_definition(k):
    found = retrieval_recall(IMAGES, TEXTS, OWNERS, ks=[k])
    by_image = by_text = 0
    for i, image in enumerate(IMAGES):
        nearest = sorted(range(12), key=lambda j: -float(image @ TEXTS[j]))[:k]
        by_image += any(OWNERS[j] == i for j in nearest)
    for j, text in enumerate(TEXTS):
        nearest = sorted(range(7), key=lambda i: -float(IMAGES[i] @ text))[:k]
        by_text += int(OWNERS[j]) in nearest
    expected = {f"image_to_text@{k}": by_image / 7, f"text_to_image@{k}": by_text / 12}
    assert found == pytest.approx(expected)


def test_perfect_pairs_are_all_found_first():
    assert set(retrieval_recall(torch.eye(3), torch.eye(3), torch.arange(3)).values()) == {1.0}


def test_looking_past_the_end_of_the_list_finds_everything():
    found = retrieval_recall(IMAGES, TEXTS, OWNERS, ks=[50])
    assert set(found.values()) == {1.0}


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"labels \(images,\)"):
        zero_shot_accuracy(IMAGES, TEXTS, torch.zeros(6))
    with pytest.raises(ShapeError, match=r"owners \(texts,\)"):
        retrieval_recall(IMAGES, TEXTS, OWNERS[:3])


def test_nothing_to_judge_is_an_error_and_not_a_number():
    with pytest.raises(InvalidArgumentError, match="images is empty"):
        zero_shot_accuracy(IMAGES[:0], TEXTS, torch.zeros(0))
    with pytest.raises(InvalidArgumentError, match="Nothing to retrieve"):
        retrieval_recall(IMAGES[:0], TEXTS, OWNERS)
    with pytest.raises(InvalidArgumentError, match="from 1 to 12 classes, got 13"):
        zero_shot_accuracy(IMAGES, TEXTS, torch.zeros(7), top=13)
