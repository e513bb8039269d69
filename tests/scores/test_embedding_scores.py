"""CLIPScore, sentence similarity and retrieval attack: by hand, by definition, at the limits."""

from __future__ import annotations

import math

import pytest
import torch

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.scores.embedding_scores import (
    clip_score,
    ref_clip_score,
    retrieval_attack_score,
    sentence_similarity,
)

torch.manual_seed(0)
IMAGES, CAPTIONS, REFERENCES = torch.randn(4, 8), torch.randn(4, 8), torch.randn(9, 8)
ITEM = torch.tensor([0, 0, 1, 1, 1, 2, 3, 3, 3])


def cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    return sum(x * y for x, y in zip(a.tolist(), b.tolist(), strict=True)) / math.sqrt(
        sum(x * x for x in a.tolist()) * sum(y * y for y in b.tolist())
    )


def test_scores_are_those_of_the_definitions() -> None:
    fit, both = clip_score(IMAGES, CAPTIONS), ref_clip_score(IMAGES, CAPTIONS, REFERENCES, ITEM)
    near = sentence_similarity(CAPTIONS, REFERENCES, ITEM)
    for row in range(4):
        best = max(cosine(CAPTIONS[row], r) for r in REFERENCES[row == ITEM])
        assert near[row].item() == pytest.approx(best, abs=1e-6)
        first = 2.5 * max(cosine(IMAGES[row], CAPTIONS[row]), 0)
        assert fit[row].item() == pytest.approx(first, abs=1e-6)
        second = max(best, 0)
        harmonic = 2 * first * second / (first + second) if first + second else 0
        assert both[row].item() == pytest.approx(harmonic, abs=1e-6)


def test_opposite_captions_score_zero_and_equal_ones_the_weight() -> None:
    assert clip_score(IMAGES, -IMAGES).tolist() == [0] * 4
    assert ref_clip_score(IMAGES, -IMAGES, IMAGES, torch.arange(4)).tolist() == [0] * 4
    torch.testing.assert_close(clip_score(IMAGES, 3 * IMAGES, weight=2.0), torch.full((4,), 2.0))


def test_parrots_score_one_and_strangers_zero() -> None:
    assert retrieval_attack_score(torch.ones(5, 3)) == pytest.approx(1)
    assert retrieval_attack_score(torch.eye(5)) == 0
    rows = torch.randn(6, 8)
    pairs = [max(cosine(rows[i], rows[j]), 0) for i in range(6) for j in range(i + 1, 6)]
    assert retrieval_attack_score(rows) == pytest.approx(sum(pairs) / 15, abs=1e-6)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(3, 8\)"):
        clip_score(IMAGES[:3], CAPTIONS)
    with pytest.raises(ShapeError, match=r"\(5,\)"):
        sentence_similarity(CAPTIONS, REFERENCES, ITEM[:5])
    with pytest.raises(ShapeError, match="each of the 4 candidates"):
        sentence_similarity(CAPTIONS, REFERENCES, ITEM.clamp(max=2))
    with pytest.raises(InvalidArgumentError, match="got 1"):
        retrieval_attack_score(torch.ones(1, 3))
    with pytest.raises(ShapeError, match="explanations must be"):
        retrieval_attack_score(torch.ones(3))
