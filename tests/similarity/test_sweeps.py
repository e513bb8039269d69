"""Insertion and deletion against their definition, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.similarity.model import PairModel, cosine
from seewhy.similarity.pair import Effort, Pair
from seewhy.similarity.sweeps import (
    SweepSettings,
    average_sweeps,
    blur,
    find_area,
    rank_pixels,
    sweep_pair,
)

SIZE = (32, 24)


@pytest.fixture
def pair(convnet: PairModel, pixels: Any) -> Pair:
    return Pair(convnet, *pixels, effort=Effort(batch_size=5))


@pytest.fixture
def maps() -> tuple[np.ndarray, np.ndarray]:
    first, second = np.random.default_rng(2).random((2, *SIZE))
    return first, second


def change_by_definition(picture: Any, heat: np.ndarray, kind: str, step: int) -> list[Any]:
    """The changed pictures, one pixel at a time."""
    order = [(y, x) for y in range(SIZE[0]) for x in range(SIZE[1])]
    order.sort(key=lambda place: -heat[place])
    current = picture.clone() if kind == "deletion" else blur(picture)
    steps = [current.clone()]
    for number, (y, x) in enumerate(order, start=1):
        current[0, :, y, x] = 0.0 if kind == "deletion" else picture[0, :, y, x]
        if number % step == 0 or number == len(order):
            steps.append(current.clone())
    return steps


@pytest.mark.parametrize("kind", ["insertion", "deletion"])
@pytest.mark.parametrize("step", [100, 96])
def test_curves_are_those_of_the_definition(pair: Pair, maps: Any, kind: Any, step: int) -> None:
    sweep = sweep_pair(pair, maps, kind, SweepSettings(step=step, fill=0.0))
    first, second = (
        torch.cat([pair.model.embed(x) for x in change_by_definition(view, heat, kind, step)])
        for view, heat in zip(pair.views, maps, strict=True)
    )
    clean1, clean2 = pair.embeddings
    np.testing.assert_allclose(sweep.simultaneous, cosine(first, second), atol=1e-5)
    np.testing.assert_allclose(sweep.first, cosine(first, clean2), atol=1e-5)
    np.testing.assert_allclose(sweep.second, cosine(second, clean1), atol=1e-5)


def test_deletion_begins_and_insertion_ends_with_the_pair_itself(pair: Pair, maps: Any) -> None:
    deletion = sweep_pair(pair, maps, "deletion")
    insertion = sweep_pair(pair, maps, "insertion")
    for name in ("simultaneous", "first", "second"):
        assert getattr(deletion, name)[0] == pytest.approx(pair.score, abs=1e-5)
        assert getattr(insertion, name)[-1] == pytest.approx(pair.score, abs=1e-5)


def test_deleted_pixels_take_the_mean_color(pair: Pair, maps: Any) -> None:
    gray = [view.mean((2, 3), keepdim=True).expand_as(view) for view in pair.views]
    expected = float(cosine(*(pair.model.embed(view) for view in gray)))
    found = sweep_pair(pair, maps, "deletion").simultaneous[-1]
    assert found == pytest.approx(expected, abs=1e-5)


def test_batches_do_not_matter(convnet: PairModel, pixels: Any, maps: Any) -> None:
    small, large = (
        sweep_pair(Pair(convnet, *pixels, effort=Effort(batch_size=size)), maps, "insertion")
        for size in (3, 64)
    )
    np.testing.assert_allclose(small.simultaneous, large.simultaneous, atol=1e-6)


def test_an_area_is_that_of_trapezoids() -> None:
    scores = np.random.default_rng(0).random(9)
    assert find_area(scores) == pytest.approx(np.trapezoid(scores, np.linspace(0, 1, 9)))
    with pytest.raises(InvalidArgumentError, match="two points, got 1"):
        find_area(scores[:1])


@given(st.integers(0, 50), st.integers(1, 6), st.integers(1, 6))
def test_ranks_are_a_permutation_that_sorts(seed: int, height: int, width: int) -> None:
    heat = np.random.default_rng(seed).integers(0, 4, (height, width)).astype(float)
    ranks = rank_pixels(heat, seed=seed)
    assert sorted(ranks.reshape(-1)) == list(range(height * width))
    ordered = np.empty(height * width)
    ordered[ranks.reshape(-1)] = heat.reshape(-1)
    assert (np.diff(ordered) <= 0).all()


def test_equals_go_in_seeded_random_order_and_gaps_last() -> None:
    heat = np.zeros((8, 8))
    heat[0, 0] = np.nan
    ranks = rank_pixels(heat, seed=1)
    assert ranks[0, 0] == 63
    np.testing.assert_array_equal(ranks, rank_pixels(heat, seed=1))
    assert (ranks != rank_pixels(heat, seed=2)).any()
    assert (np.diff(ranks.reshape(-1)[1:]) != 1).any()


def test_sweeps_of_one_kind_are_averaged(pair: Pair, maps: Any) -> None:
    sweeps = [sweep_pair(pair, maps[::order], "deletion") for order in (1, -1)]
    mean = average_sweeps(sweeps)
    np.testing.assert_allclose(mean.first, (sweeps[0].first + sweeps[1].first) / 2)
    other = sweep_pair(pair, maps, "insertion")
    with pytest.raises(InvalidArgumentError, match="one kind"):
        average_sweeps([sweeps[0], other])


def test_maps_of_other_sizes_are_refused(pair: Pair, maps: Any) -> None:
    with pytest.raises(ShapeError, match=r"Map 2 is \(4, 3\), and its picture \(32, 24\)"):
        sweep_pair(pair, (maps[0], maps[1][:4, :3]), "deletion")
    with pytest.raises(InvalidArgumentError, match="at least 1 pixel"):
        SweepSettings(step=0)
