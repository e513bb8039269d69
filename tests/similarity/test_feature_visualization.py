"""Feature visualization: octaves, one step by its definition, and what it climbs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.feature_visualization import (
    PUBLISHED_VISUALIZATION,
    VisualizationSettings,
    blur_slope,
    find_octaves,
    find_roughness,
    paint,
    visualize_features,
    zoom,
)
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair import Pair

Views = tuple[Tensor, Tensor]
ONE_STEP = VisualizationSettings(num_octaves=1, steps=1)


def test_octaves_are_rounded_one_from_another() -> None:
    sides = [height for height, _ in find_octaves((224, 224), VisualizationSettings())]
    assert sides == [11, 15, 21, 29, 41, 58, 81, 114, 160, 224]
    assert find_octaves((2, 64), VisualizationSettings(num_octaves=4)) == [
        (1, 24), (1, 33), (1, 46), (2, 64),
    ]  # fmt: skip


def test_zooming_keeps_corners_and_goes_straight_between() -> None:
    pixels = torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])
    expected = torch.tensor([[0.0, 0.5, 1.0], [1.0, 1.5, 2.0], [2.0, 2.5, 3.0]])
    torch.testing.assert_close(zoom(pixels, (3, 3))[0, 0], expected)


def test_roughness_is_of_neighbors() -> None:
    assert float(find_roughness(torch.full((1, 3, 4, 4), 0.3))) == 0
    assert float(find_roughness(torch.tensor([[[[0.0, 2.0], [1.0, 0.0]]]]))) == 1 + 4 + 4 + 1


def test_blurring_a_slope_keeps_its_sum() -> None:
    slope = torch.zeros(1, 1, 15, 15)
    slope[0, 0, 7, 7] = 1.0
    blurred = blur_slope(slope, 1.0)
    assert float(blurred.sum()) == pytest.approx(1, abs=1e-5)
    assert float(blurred.max()) < 0.2


@pytest.mark.parametrize("goal", ["score", "feature"])
def test_a_step_follows_the_gradient_of_its_goal(
    goal: Any, convnet: PairModel, pixels: Views
) -> None:
    settings = replace(ONE_STEP, blurs=False)
    start = torch.full((1, 3, 32, 24), 0.5) + 0.1 * pixels[0].tanh()
    found = paint(convnet, pixels[1], start, goal, settings)
    leaf = start.clone().requires_grad_()
    features = convnet.feature_map(convnet.normalize(leaf), layer=-2)
    wanted = convnet.feature_map(pixels[1], layer=-2).detach()
    if goal == "score":
        gain = F.cosine_similarity(features.flatten(), wanted.flatten(), dim=0)
    else:
        gain = (features * wanted).sum() / wanted.norm()
    gain = gain - 1e-3 * leaf.square().sum().sqrt() - 1e-3 * find_roughness(leaf)
    (slope,) = torch.autograd.grad(gain, leaf)
    expected = (start + 0.01 / slope.abs().mean() * slope).clamp(0, 1)
    torch.testing.assert_close(found.picture, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(found.added, expected - start, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["convnet", "class_transformer", "mean_transformer"])
def test_painting_makes_features_more_alike(
    kind: str, pixels: Views, request: pytest.FixtureRequest
) -> None:
    model = request.getfixturevalue(kind)
    settings = VisualizationSettings(num_octaves=1, steps=25, smallness=0.0, smoothness=0.0)
    start = torch.full((1, 3, 32, 24), 0.5)
    found = paint(model, pixels[1], start, "score", settings)
    assert len(found.gains) == 25
    assert found.gains[-1] > found.gains[0] + 0.05


def test_a_transformer_sees_every_octave_at_its_own_size(
    mean_transformer: PairModel, pixels: Views
) -> None:
    seen = []
    handle = mean_transformer.encoder.module.register_forward_pre_hook(
        lambda _module, inputs: seen.append(tuple(inputs[0].shape[2:]))
    )
    settings = VisualizationSettings(num_octaves=3, steps=1)
    start = torch.full((1, 3, 32, 24), 0.5)
    found = paint(mean_transformer, pixels[1], start, "score", settings)
    handle.remove()
    assert found.sizes[0] == (16, 12)
    assert set(seen) == {(32, 24)}


def test_a_convnet_sees_octaves_as_small_as_they_are(convnet: PairModel, pixels: Views) -> None:
    seen = []
    handle = convnet.encoder.module.get_submodule("trunk").register_forward_pre_hook(
        lambda _module, inputs: seen.append(tuple(inputs[0].shape[2:]))
    )
    settings = VisualizationSettings(num_octaves=3, steps=1)
    found = paint(convnet, pixels[1], torch.full((1, 3, 32, 24), 0.5), "score", settings)
    handle.remove()
    assert set(found.sizes) <= set(seen)


def test_the_published_way_writes_over_the_features(convnet: PairModel, pixels: Views) -> None:
    pair = Pair(convnet, *pixels)
    shorter = {"num_octaves": 2, "steps": 3, "layer": 0}
    ours = visualize_features(pair, replace(VisualizationSettings(), **shorter))
    published = visualize_features(pair, replace(PUBLISHED_VISUALIZATION, **shorter))
    assert [each.title for each in ours.made] == ["maximal score", "maximal feature"]
    for one, other in zip(ours.made, published.made, strict=True):
        assert one.loss.shape == (6, 1)
        assert one.picture.min() >= 0
        assert one.picture.max() <= 1
        assert np.abs(one.picture - other.picture).max() > 1e-3


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="goals are"):
        VisualizationSettings(goals=("beauty",))  # type: ignore[arg-type]
    for changes in ({"num_octaves": 0}, {"steps": 0}, {"octave_scale": 1.0}):
        with pytest.raises(InvalidArgumentError, match="octave_scale is above 1"):
            VisualizationSettings(**changes)  # type: ignore[arg-type]
