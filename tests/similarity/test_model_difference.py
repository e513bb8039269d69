"""Model difference: pictures painted until a layer cannot tell them from the second one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.model import PairModel
from seewhy.similarity.model_difference import (
    PUBLISHED_DIFFERENCE,
    DifferenceSettings,
    synthesize,
    visualize_difference,
)
from seewhy.similarity.pair import Effort, Pair

Views = tuple[Tensor, Tensor]
SHORT = DifferenceSettings(layers=(0,), steps=4, drops=(2,))


def synthesize_by_definition(
    model: PairModel, target: Tensor, start: Tensor, settings: DifferenceSettings, drops: Any
) -> tuple[Tensor, list[list[float]]]:
    picture, rate, velocity, losses = start.clone(), settings.learning_rate, 0.0, []
    wanted = model.feature_map(target, layer=0).detach()
    for step in range(1, settings.steps + 1):
        picture = picture.clamp(0, 1).requires_grad_()
        seen = model.normalize(picture) if settings.normalizes else picture
        features = model.feature_map(seen, layer=0)
        rough = sum((picture.diff(dim=axis) ** 2).sum() for axis in (2, 3))
        terms = [
            settings.feature_weight * ((features - wanted) ** 2).sum() / (wanted**2).sum(),
            settings.power_weight * (picture**settings.power).sum(),
            settings.smoothness * rough,
        ]
        (slope,) = torch.autograd.grad(terms[0] + terms[1] + terms[2], picture)
        velocity = 0.9 * velocity + slope
        picture = (picture - rate * velocity).detach()
        losses.append([float(term.detach()) for term in terms])
        rate = rate / 10 if step in drops else rate
    return picture, losses


@pytest.mark.parametrize("normalizes", [True, False])
def test_steps_are_those_of_the_definition(
    normalizes: bool, convnet: PairModel, pixels: Views
) -> None:
    settings = replace(
        PUBLISHED_DIFFERENCE, layers=(0,), steps=4, learning_rate=50.0, normalizes=normalizes
    )
    start = torch.full((1, 3, 32, 24), 0.5) + 0.1 * pixels[0]
    found = synthesize(convnet, pixels[1], start, 0, settings, drops=(2,))
    expected, losses = synthesize_by_definition(convnet, pixels[1], start, settings, (2,))
    torch.testing.assert_close(found.picture, expected, atol=1e-5, rtol=1e-4)
    np.testing.assert_allclose(found.losses, losses, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("kind", ["convnet", "class_transformer"])
def test_the_defaults_reach_the_features_of_the_picture(
    kind: str, pixels: Views, request: pytest.FixtureRequest
) -> None:
    model = request.getfixturevalue(kind)
    unit = model.to_unit_range(pixels[1]).clamp(0, 1)
    pair = Pair(model, pixels[0], model.normalize(unit))
    found = visualize_difference(pair, DifferenceSettings(layers=(0,)))
    (made,) = found.made
    assert made.loss.shape == (201, 3)
    assert made.loss[-1, 0] < 0.2 * made.loss[0, 0]
    assert found.facts["feature_error_encoder_0"] == pytest.approx(made.loss[-1, 0] / 0.1)
    assert "No other encoder" in found.notes[0]


def test_pictures_begin_gray_by_default_and_half_black_as_published(
    convnet: PairModel, pixels: Views
) -> None:
    still = {"layers": (0,), "steps": 1, "learning_rate": 1e-12, "drops": ()}
    pair = Pair(convnet, *pixels)
    ours = visualize_difference(pair, replace(DifferenceSettings(), **still)).made[0].picture
    published = visualize_difference(pair, replace(PUBLISHED_DIFFERENCE, **still)).made[0].picture
    assert ours.mean() == pytest.approx(0.5, abs=0.01)
    assert ours.std() == pytest.approx(0.01, abs=0.002)
    assert (published <= 1e-6).mean() == pytest.approx(0.5, abs=0.05)


def test_two_encoders_are_shown_layer_by_layer_from_the_same_noise(
    convnet: PairModel, mean_transformer: PairModel, pixels: Views
) -> None:
    pair = Pair(convnet, *pixels, other=mean_transformer)
    found = visualize_difference(pair, replace(SHORT, layers=(0, 1)))
    assert [each.title for each in found.made] == [
        "module:Headed, layer 0", "module:Headed, layer 1",
        "module:Transformer, layer 0", "module:Transformer, layer 1",
    ]  # fmt: skip
    assert not found.notes
    assert set(found.facts) == {
        f"feature_error_{role}_{layer}" for role in ("encoder", "other") for layer in (0, 1)
    }
    twin = visualize_difference(Pair(convnet, *pixels, other=convnet), SHORT)
    np.testing.assert_array_equal(twin.made[0].picture, twin.made[1].picture)
    seeded = visualize_difference(Pair(convnet, *pixels, effort=Effort(seed=1)), SHORT)
    assert np.abs(seeded.made[0].picture - twin.made[0].picture).max() > 1e-3


def test_as_published_the_rate_falls_for_the_encoder_only(
    convnet: PairModel, pixels: Views
) -> None:
    settings = replace(PUBLISHED_DIFFERENCE, layers=(0,), steps=5, learning_rate=1.0, drops=(1, 2))
    made = visualize_difference(Pair(convnet, *pixels, other=convnet), settings).made
    assert made[0].loss[1] == pytest.approx(made[1].loss[1])  # after one step nothing fell yet
    assert made[0].loss[-1, 0] > made[1].loss[-1, 0]  # the encoder's steps became short


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="optimizer must be"):
        DifferenceSettings(optimizer="lbfgs")  # type: ignore[arg-type]
    for changes in ({"steps": 0}, {"layers": ()}):
        with pytest.raises(InvalidArgumentError, match="layers not empty"):
            DifferenceSettings(**changes)  # type: ignore[arg-type]
