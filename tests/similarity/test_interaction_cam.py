"""Interaction-CAM by its definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.similarity import interaction_cam as cam
from seewhy.similarity.model import PairModel, cosine
from seewhy.similarity.pair import Pair

Views = tuple[Tensor, Tensor]


@pytest.mark.parametrize("reduction", ["mean", "max", "attn"])
def test_maps_match_the_definition(
    mean_transformer: PairModel, pixels: Views, reduction: Any
) -> None:
    model = mean_transformer
    maps = [model.feature_map(view).detach().requires_grad_() for view in pixels]
    heads = [model.head(m, pixels=view) for m, view in zip(maps, pixels, strict=True)]
    gradients = torch.autograd.grad(cosine(*heads).sum(), maps)
    joint = torch.ones(8)
    for one in maps:
        positions = one[0].detach().flatten(1).T  # (positions, channels)
        if reduction == "attn":
            weights = torch.softmax(positions.mean(0) @ positions.T / 8**0.5, dim=0)
            joint = joint * sum(w * p for w, p in zip(weights, positions, strict=True))
        else:
            joint = joint * (positions.mean(0) if reduction == "mean" else positions.max(0).values)
    settings = cam.InteractionSettings(reduction=reduction)
    found = cam.map_interaction(Pair(model, *pixels), settings)
    for view in (0, 1):
        expected = torch.zeros(4, 3)
        for channel in range(8):
            weighed = maps[view][0, channel].detach() * joint[channel]
            expected += weighed * gradients[view][0, channel].clamp(min=0)
        np.testing.assert_allclose(found.maps[view].values, expected, atol=1e-5)


def test_gradients_interact_as_the_whole_matrix_says() -> None:
    numbers = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 300, 3, 2, generator=numbers)  # more channels than a chunk
    products = first.flatten(1) @ second.flatten(1).T
    found = cam.interact_gradients(first, second)
    torch.testing.assert_close(found[0].flatten(), products.amax(1))
    torch.testing.assert_close(found[1].flatten(), products.amax(0))
    with pytest.raises(ShapeError, match="one size"):
        cam.interact_gradients(first, second[:, :2])


def test_attention_falls_on_one_position_unless_it_is_scaled() -> None:
    numbers = np.random.default_rng(1)
    maps = torch.from_numpy(1 + 0.3 * numbers.standard_normal((2048, 7, 7))).float()
    maps[:, 2, 3] *= 1.05  # a little brighter than all others
    scaled, published = (
        cam.reduce_positions(maps, "attn", scale=scale) for scale in (2048**-0.5, 1.0)
    )
    torch.testing.assert_close(published, maps[:, 2, 3], atol=1e-4, rtol=0)
    positions = maps.flatten(1).T
    assert (positions - scaled).abs().amax(1).min() > 0.1  # it is a mean of several


def test_invariance_is_a_constant_factor(convnet: PairModel, pixels: Views) -> None:
    pair = Pair(convnet, *pixels)
    plain = cam.map_interaction(pair, cam.InteractionSettings()).maps[0].values
    weighed = cam.map_interaction(pair, cam.InteractionSettings(weighs_invariance=True))
    factor = cam.weigh_invariance(*pair.embeddings)
    assert 0 < factor < 1
    np.testing.assert_allclose(weighed.maps[0].values, factor * plain, rtol=1e-4, atol=1e-9)


def test_a_map_of_one_position_stays_a_map(pixels: Views, convnet: PairModel) -> None:
    small = [view[..., :8, :8] for view in pixels]
    found = cam.grad_cam(Pair(convnet, small[0], small[1]), cam.GradCamSettings())
    assert found.maps[0].values.shape == (1, 1)
    assert found.maps[0].to_pixels().shape == (8, 8)


def test_an_unknown_reduction_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="reduction must be"):
        cam.InteractionSettings(reduction="sum")  # type: ignore[arg-type]
