"""The sanity check tells methods that look at the encoder from those that do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from seewhy.similarity.gradients import GradientSettings, multiply_gradients
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair import Pair
from seewhy.similarity.sanity import check_sanity, list_stages


def explain_by_gradient(pair: Pair) -> tuple[Any, Any]:
    first, second = multiply_gradients(pair, GradientSettings()).maps
    return first.values, second.values


def explain_by_color(pair: Pair) -> tuple[Any, Any]:
    first, second = (view[0].abs().sum(0).numpy() for view in pair.views)
    return first, second


def test_a_map_of_the_encoder_changes_and_one_of_the_picture_does_not(
    convnet: PairModel, pixels: Any
) -> None:
    pair = Pair(convnet, *pixels)
    learned = check_sanity(pair, explain_by_gradient)
    assert learned.is_passed
    assert learned.correlations[-1] < 0.8
    blind = check_sanity(pair, explain_by_color)
    assert not blind.is_passed
    np.testing.assert_allclose(blind.correlations, 1)


def test_the_encoder_is_left_as_it_is(convnet: PairModel, pixels: Any) -> None:
    before = {name: value.clone() for name, value in convnet.encoder.module.state_dict().items()}
    check_sanity(Pair(convnet, *pixels), explain_by_gradient)
    for name, value in convnet.encoder.module.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def test_it_is_the_same_for_the_same_seed(class_transformer: PairModel, pixels: Any) -> None:
    pair = Pair(class_transformer, *pixels)
    first, again = (check_sanity(pair, explain_by_gradient, seed=5) for _ in range(2))
    assert first == again
    assert check_sanity(pair, explain_by_gradient, seed=6) != first


def test_every_weight_is_in_one_stage(
    convnet: PairModel, class_transformer: PairModel, mean_transformer: PairModel
) -> None:
    for model in (convnet, class_transformer, mean_transformer):
        seen = [
            id(weights)
            for _, parts in list_stages(model)
            for part in parts
            for weights in part.parameters(recurse=False)
        ]
        assert sorted(seen) == sorted(id(weights) for weights in model.encoder.module.parameters())


def test_a_flat_map_of_random_weights_counts_as_another(convnet: PairModel, pixels: Any) -> None:
    calls = []

    def flat_later(pair: Pair) -> tuple[Any, Any]:
        calls.append(1)
        heat = np.random.default_rng(0).random((4, 4)) if len(calls) == 1 else np.zeros((4, 4))
        return heat, heat

    found = check_sanity(Pair(convnet, *pixels), flat_later)
    assert np.isnan(found.correlations[-1])
    assert found.is_passed
