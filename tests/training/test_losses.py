from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from seewhy.errors import ShapeError
from seewhy.training.losses import info_nce, siglip

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = F.normalize(torch.randn(6, 4, generator=GENERATOR), dim=1)
TEXTS = F.normalize(torch.randn(6, 4, generator=GENERATOR), dim=1)
GROUPS = torch.tensor([0, 1, 0, 2, 1, 0])


def info_nce_by_definition(images, texts, scale, groups):
    """A pair at a time; ``-log p`` averaged over the texts (pictures) that are as right."""
    total, n = 0.0, len(images)
    for i in range(n):
        right = [j for j in range(n) if groups[j] == groups[i]]
        for own, others in ((images[i], texts), (texts[i], images)):
            exponentials = [math.exp(scale * float(own @ other)) for other in others]
            losses = [-math.log(exponentials[j] / sum(exponentials)) for j in right]
            total += sum(losses) / len(right)
    return total / (2 * n)


def siglip_by_definition(images, texts, scale, bias, groups):
    total, n = 0.0, len(images)
    for i in range(n):
        for j in range(n):
            z = 1 if groups[i] == groups[j] else -1
            total += math.log(1 + math.exp(-z * (scale * float(images[i] @ texts[j]) + bias)))
    return total / n


@pytest.mark.parametrize("groups", [None, GROUPS])
def test_info_nce_matches_its_definition(groups):
    expected = info_nce_by_definition(IMAGES, TEXTS, 5.0, range(6) if groups is None else groups)
    assert info_nce(IMAGES, TEXTS, 5.0, groups=groups).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("groups", [None, GROUPS])
def test_siglip_matches_its_definition(groups):
    expected = siglip_by_definition(
        IMAGES, TEXTS, 5.0, -2.0, range(6) if groups is None else groups
    )
    assert siglip(IMAGES, TEXTS, 5.0, -2.0, groups=groups).item() == pytest.approx(
        expected, rel=1e-5
    )


def test_info_nce_of_embeddings_that_are_all_alike_is_the_logarithm_of_the_batch():
    same = torch.ones(6, 4) / 2
    assert info_nce(same, same, 30.0).item() == pytest.approx(math.log(6))


def test_info_nce_of_perfect_pairs_vanishes_as_the_scale_grows():
    assert info_nce(torch.eye(4), torch.eye(4), 100.0).item() == pytest.approx(0, abs=1e-6)


def test_siglip_of_perfect_pairs_vanishes_as_the_scale_grows():
    assert siglip(torch.eye(4), torch.eye(4), 100.0, -50.0).item() == pytest.approx(0, abs=1e-6)


def test_pairs_of_one_group_are_not_pushed_apart():
    groups = torch.zeros(6, dtype=torch.long)
    texts = TEXTS.clone().requires_grad_()
    siglip(IMAGES, texts, 0.0, 50.0, groups=groups).backward()  # all answered yes: all right
    assert texts.grad.abs().max() < 1e-6


@pytest.mark.parametrize("loss", [info_nce, lambda *a, **k: siglip(*a, 0.0, **k)])
def test_sides_that_do_not_pair_up_are_refused(loss):
    with pytest.raises(ShapeError, match=r"got \(6, 4\) and \(5, 4\)"):
        loss(IMAGES, TEXTS[:5], 1.0)
    with pytest.raises(ShapeError, match=r"groups must be \(6,\), got \(5,\)"):
        loss(IMAGES, TEXTS, 1.0, groups=GROUPS[:5])
