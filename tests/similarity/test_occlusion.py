"""Occlusion by its definition, and where the published code goes wrong."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from seewhy.similarity.model import PairModel, cosine
from seewhy.similarity.occlusion import OcclusionSettings, occlude, occlude_context_agnostic
from seewhy.similarity.painting import paint_over
from seewhy.similarity.pair import Effort, Pair

Views = tuple[Tensor, Tensor]
SETTINGS = OcclusionSettings(window=8, stride=6, fill=0.0)


def occlude_by_definition(model: PairModel, image: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Both kinds, one picture at a time, of windows of 8 every 6 pixels up to the edges."""
    target, drops, alone = model.embed(other), [], []
    for top in (0, 6, 12, 18, 24):
        for left in (0, 6, 12, 16):
            place = (..., slice(top, top + 8), slice(left, left + 8))
            hidden, kept = image.clone(), torch.zeros_like(image)
            hidden[place] = 0
            kept[place] = image[place]
            embedding = model.embed(hidden)
            drops.append(cosine(model.embed(image), target) - cosine(embedding, target))
            alone.append(cosine(model.embed(kept) - embedding, target))
    return torch.cat(drops).view(5, 4), torch.cat(alone).view(5, 4)


@pytest.mark.parametrize("batch_size", [3, 32])
def test_both_kinds_match_the_definition(
    convnet: PairModel, pixels: Views, batch_size: int
) -> None:
    pair = Pair(convnet, *pixels, effort=Effort(batch_size=batch_size))
    conditional, alone = occlude(pair, SETTINGS), occlude_context_agnostic(pair, SETTINGS)
    for view, (image, other) in enumerate((pixels, pixels[::-1])):
        expected = occlude_by_definition(convnet, image, other)
        for found, wanted in zip((conditional, alone), expected, strict=True):
            np.testing.assert_allclose(found.maps[view].values, wanted, atol=1e-5)


def test_the_published_windows_leave_a_margin_that_ours_reach(
    convnet: PairModel, pixels: Views
) -> None:
    pair = Pair(convnet, *pixels)
    published = OcclusionSettings(window=9, stride=5, fill=0.0, reaches_edges=False)
    margin = occlude(pair, published).maps[0].to_pixels()[29:]
    assert np.isnan(margin).all()
    ours = OcclusionSettings(window=9, stride=5, fill=0.0)
    assert np.isfinite(occlude(pair, ours).maps[0].to_pixels()).all()


def test_a_flat_map_is_nan_as_published_and_zero_in_ours(convnet: PairModel) -> None:
    black = torch.zeros(1, 3, 32, 24)
    found = occlude(Pair(convnet, black, black), SETTINGS).maps[0]
    assert not found.values.any()
    assert np.isnan(found.published).all()
    assert not found.normalized().any()


def test_hiding_is_told_from_a_picture_that_is_black_there(
    convnet: PairModel, pixels: Views
) -> None:
    """Painted in the mean color, a black corner is hidden too; painted black, it cannot be."""
    image = pixels[0].clone()
    image[..., :8, :8] = 0
    pair = Pair(convnet, image, pixels[1])
    assert occlude(pair, SETTINGS).maps[0].values[0, 0] == pytest.approx(0, abs=1e-6)
    ours = OcclusionSettings(window=8, stride=6)
    assert abs(occlude(pair, ours).maps[0].values[0, 0]) > 1e-5


def test_windows_are_painted_over_or_kept() -> None:
    picture = torch.arange(1, 25.0).view(1, 1, 4, 6).expand(1, 3, 4, 6)
    box = (1, 2, 2, 3)
    hidden, kept = (paint_over(picture, [box], 0.0, keeps=keeps)[0] for keeps in (False, True))
    torch.testing.assert_close(hidden + kept, picture[0])
    assert hidden[:, 1:3, 2:5].sum() == 0
    assert (kept > 0).sum() == 3 * 6
    mean = paint_over(picture, [box], "mean")[0, 0, 1, 2]
    assert mean == pytest.approx(12.5)
