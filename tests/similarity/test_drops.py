"""Average drop and increase against their definition."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from seewhy.similarity.drops import find_drop, measure_drops, scale_heat
from seewhy.similarity.model import PairModel, cosine
from seewhy.similarity.pair import Pair


@pytest.mark.parametrize("seed", range(3))
def test_drops_are_those_of_the_definition(convnet: PairModel, pixels: Any, seed: int) -> None:
    pair = Pair(convnet, *pixels)
    maps = np.random.default_rng(seed).normal(size=(2, 32, 24))
    found = measure_drops(pair, (maps[0], maps[1]))
    masks = [torch.from_numpy((m - m.min()) / np.ptp(m)).float() for m in maps]
    first, second = (
        pair.model.embed(view * mask) for view, mask in zip(pair.views, masks, strict=True)
    )
    clean1, clean2 = pair.embeddings
    for drop, after in (
        (found.simultaneous, float(cosine(first, second))),
        (found.first, float(cosine(first, clean2))),
        (found.second, float(cosine(clean1, second))),
    ):
        assert drop.drop == pytest.approx(max(0, pair.score - after) / pair.score, abs=1e-5)
        assert drop.increases == (after > pair.score)


def test_a_pair_that_is_not_alike_has_no_drop() -> None:
    assert math.isnan(find_drop(-0.2, -0.5).drop)
    assert find_drop(-0.2, -0.5, compat="published").drop < 0
    assert find_drop(-0.2, 0.5).increases
    assert math.isnan(find_drop(0.0, 0.5, compat="published").drop)
    assert find_drop(0.5, 0.5).drop == 0
    assert not find_drop(0.5, 0.5).increases


def test_a_flat_map_keeps_nothing_and_gaps_neither() -> None:
    flat = np.full((2, 3), 4.0)
    assert not scale_heat(flat).any()
    assert scale_heat(flat, compat="published").isnan().all()
    assert scale_heat(np.array([[1.0, np.nan], [3.0, 2.0]])).tolist() == [[0, 0], [1, 0.5]]
