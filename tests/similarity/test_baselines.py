"""Baselines know nothing of the encoder, and say what they are said to."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.baselines import (
    CenterSettings,
    EdgeSettings,
    RandomSettings,
    map_at_random,
    map_center,
    map_edges,
)
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair import Effort, Pair

Views = tuple[Tensor, Tensor]


def test_a_random_map_is_the_seed_and_nothing_else(convnet: PairModel, pixels: Views) -> None:
    first, second = (
        map_at_random(Pair(convnet, *views, effort=Effort(seed=4)), RandomSettings(cells=5)).maps
        for views in (pixels, pixels[::-1])
    )
    other = map_at_random(Pair(convnet, *pixels, effort=Effort(seed=5)), RandomSettings(cells=5))
    np.testing.assert_array_equal(first[0].values, second[0].values)
    assert first[0].values.shape == (5, 5)
    assert first[0].to_pixels().shape == (32, 24)
    assert np.abs(first[0].values - first[1].values).max() > 0.1  # two maps, not one
    assert np.abs(first[0].values - other.maps[0].values).max() > 0.1


def test_the_center_map_is_a_hill_in_the_middle(convnet: PairModel, pixels: Views) -> None:
    heat = map_center(Pair(convnet, *pixels), CenterSettings(spread=0.25)).maps[1].values
    assert heat.shape == (32, 24)
    np.testing.assert_allclose(heat, heat[::-1, ::-1], atol=1e-6)
    rows, columns = (np.arange(n) + 0.5 for n in (32, 24))
    expected = np.exp(-0.5 * (((rows[:, None] - 16) / 8) ** 2 + ((columns[None] - 12) / 6) ** 2))
    np.testing.assert_allclose(heat, expected, atol=1e-6)


def test_edges_are_where_brightness_changes(convnet: PairModel) -> None:
    unit = torch.full((1, 3, 32, 24), 0.2)
    unit[..., 12:] = 0.8
    step = convnet.normalize(unit)
    flat = convnet.normalize(torch.full((1, 3, 32, 24), 0.5))
    edges, none = map_edges(Pair(convnet, step, flat), EdgeSettings()).maps
    assert none.values.max() == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(edges.values[:, 11:13], 0.3, atol=1e-5)  # a step of 0.6, two wide
    np.testing.assert_allclose(edges.values[:, :10], 0, atol=1e-6)
    torch.testing.assert_close(
        torch.from_numpy(map_edges(Pair(convnet, step.mT, flat), EdgeSettings()).maps[0].values),
        torch.from_numpy(edges.values.T.copy()),
    )


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="cells must be at least 1"):
        RandomSettings(cells=0)
    with pytest.raises(InvalidArgumentError, match="spread must be above 0"):
        CenterSettings(spread=0)
