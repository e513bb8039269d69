"""Pairwise occlusion by its definition: all joint drops from 2N embeddings."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.model import PairModel, cosine
from seewhy.similarity.occlusion import OcclusionSettings
from seewhy.similarity.painting import paint_over
from seewhy.similarity.pair import Pair
from seewhy.similarity.pairwise_occlusion import (
    PUBLISHED_PAIRWISE,
    PairwiseSettings,
    credit_matched,
    find_joint_drops,
    occlude_pairwise,
)
from seewhy.similarity.random_boxes import NOTHING, BoxSettings, draw_box

Views = tuple[Tensor, Tensor]
BOXES = [(0, 0, 8, 8), (5, 3, 10, 6), (20, 10, 9, 12)]


def test_joint_drops_are_those_of_hiding_both(convnet: PairModel, pixels: Views) -> None:
    pair = Pair(convnet, *pixels)
    hidden = [pair.encode_boxes(view, BOXES, fill=0.0) for view in (1, 2)]
    joint = find_joint_drops(pair.score, *hidden)
    for n, first in enumerate(BOXES):
        for m, second in enumerate(BOXES):
            both = [
                convnet.embed(paint_over(view, [box], 0.0))
                for view, box in zip(pixels, (first, second), strict=True)
            ]
            assert float(joint.drops[n, m]) == pytest.approx(
                pair.score - float(cosine(*both)), abs=1e-5
            )


def test_effects_are_the_least_squares_fit_of_joint_drops() -> None:
    numbers = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 4, 6, generator=numbers)[0], torch.randn(5, 6, generator=numbers)
    joint = find_joint_drops(0.3, first, second)
    design = torch.zeros(20, 10)
    for n in range(4):
        for m in range(5):
            design[5 * n + m, [0, 1 + n, 5 + m]] = 1
    residual = joint.drops.flatten() - design @ torch.linalg.pinv(design) @ joint.drops.flatten()
    torch.testing.assert_close(joint.interaction.flatten(), residual, atol=1e-5, rtol=0)


def test_windows_give_maps_and_their_interaction(convnet: PairModel, pixels: Views) -> None:
    grid = OcclusionSettings(window=12, stride=10)
    found = occlude_pairwise(Pair(convnet, *pixels), PairwiseSettings(grid=grid))
    cells = [each.values.size for each in found.maps]
    assert found.interaction is not None
    assert found.interaction.shape == tuple(cells)
    np.testing.assert_allclose(found.interaction.sum(0), 0, atol=1e-4)


def test_random_rectangles_give_each_pixel_the_mean_of_its_own(
    convnet: PairModel, pixels: Views
) -> None:
    pair = Pair(convnet, *pixels)
    found = occlude_pairwise(pair, PairwiseSettings(num_masks=4))
    assert found.maps[0].values.shape == (32, 24)
    assert found.interaction is not None
    assert found.interaction.shape == (4, 4)
    never = float((found.maps[0].values == 0).mean())
    assert never > 0
    assert "never hidden" in found.notes[0]


def test_black_pixels_take_all_credit_as_published_and_none_in_ours(
    convnet: PairModel, pixels: Views
) -> None:
    bordered = [view.clone() for view in pixels]
    for view in bordered:
        view[..., -1] = 0  # a black border that no rectangle touches
    pair = Pair(convnet, *bordered)
    boxes = [(top, 2, 6, 8) for top in range(0, 24, 3)]
    published = credit_matched(pair, boxes, boxes, settings=PUBLISHED_PAIRWISE)
    ours = PairwiseSettings(
        pairs="matched", num_masks=8, grid=OcclusionSettings(fill=0.0), finds_by_sum=False
    )
    found = credit_matched(pair, boxes, boxes, settings=ours)
    credited = [number for number in (0, 1) if found[number].any()]
    assert credited  # each pair of rectangles credits one picture, whichever it is
    for number in credited:
        assert published[number][:, -1] == pytest.approx(1)
        assert not found[number][:, -1].any()
        assert found[number].max() == pytest.approx(1)


def test_rectangles_that_do_not_fit_are_given_up() -> None:
    numbers = torch.Generator().manual_seed(0)
    assert draw_box((20, 20), BoxSettings(area=(1.0, 1.0)), numbers) == NOTHING
    assert draw_box((20, 20), BoxSettings(chance=0.0), numbers) == NOTHING


def test_rectangles_keep_to_their_area_and_aspect() -> None:
    numbers = torch.Generator().manual_seed(0)
    for _ in range(200):
        top, left, height, width = draw_box((60, 90), BoxSettings(), numbers)
        assert 0 <= top <= 60 - height
        assert 0 <= left <= 90 - width
        assert 0.09 < height * width / 5400 < 0.31
        assert 0.9 < height / width < 1.6


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="num_masks"):
        PairwiseSettings(pairs="matched")
    with pytest.raises(InvalidArgumentError, match="num_masks must be at least 1"):
        PairwiseSettings(num_masks=0)
    with pytest.raises(InvalidArgumentError, match="pairs must be"):
        PairwiseSettings(pairs="some")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="low to high"):
        BoxSettings(area=(0.3, 0.1))
