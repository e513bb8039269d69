from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.errors import ShapeError
from seewhy.training.view_losses import barlow_twins, nt_xent, simsiam


@pytest.fixture
def views():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(5, 4, generator=generator), torch.randn(5, 4, generator=generator)


def cosine(a, b):
    return float(a @ b) / math.sqrt(float(a @ a) * float(b @ b))


def test_nt_xent_is_its_definition(views):
    rows, count = [*views[0], *views[1]], 5
    total = 0.0
    for i in range(2 * count):
        j = (i + count) % (2 * count)
        others = sum(math.exp(cosine(rows[i], rows[k]) / 0.3) for k in range(2 * count) if k != i)
        total -= math.log(math.exp(cosine(rows[i], rows[j]) / 0.3) / others)
    assert nt_xent(*views, temperature=0.3).item() == pytest.approx(total / 10, rel=1e-5)


def test_barlow_twins_is_its_definition(views):
    one, other = ([[float(v) for v in column] for column in view.double().T] for view in views)

    def correlate(a, b):
        mean_a, mean_b = sum(a) / 5, sum(b) / 5
        spread = [sum((v - m) ** 2 for v in x) / 5 + 1e-5 for x, m in ((a, mean_a), (b, mean_b))]
        product = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True)) / 5
        return product / math.sqrt(spread[0] * spread[1])

    expected = sum(
        (1 - correlate(a, b)) ** 2 if i == j else 0.01 * correlate(a, b) ** 2
        for i, a in enumerate(one)
        for j, b in enumerate(other)
    )
    assert barlow_twins(*views, redundancy=0.01).item() == pytest.approx(expected, rel=1e-4)


def test_simsiam_is_its_definition_and_stops_gradients_at_projections(views):
    p1, p2 = (view.clone().requires_grad_() for view in views)
    z1, z2 = (view.flip(0).clone().requires_grad_() for view in views)
    loss = simsiam((p1, p2), (z1, z2))
    pairs = [*zip(p1, z2, strict=True), *zip(p2, z1, strict=True)]
    expected = -sum(cosine(p.detach(), z.detach()) for p, z in pairs) / 10
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    loss.backward()
    assert z1.grad is None
    assert z2.grad is None
    assert p1.grad is not None
    assert p1.grad.abs().sum() > 0


def test_views_that_are_all_alike_cannot_be_told_apart():
    same = torch.ones(6, 3)
    assert nt_xent(same, same).item() == pytest.approx(math.log(11), rel=1e-5)
    assert barlow_twins(same, same).item() == pytest.approx(3.0)  # nothing varies: C is 0


def test_what_agrees_and_is_independent_costs_nothing():
    rows = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert barlow_twins(rows, rows).item() == pytest.approx(0.0, abs=1e-6)
    assert simsiam((rows, rows), (rows, rows)).item() == pytest.approx(-1.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.floats(0.5, 20.0), st.integers(0, 100))
def test_lengths_do_not_count(batch, length, seed):
    generator = torch.Generator().manual_seed(seed)
    one, other = (torch.randn(batch, 3, generator=generator) for _ in range(2))
    assert nt_xent(length * one, other).item() == pytest.approx(nt_xent(one, other).item(), 1e-4)
    assert nt_xent(other, one).item() == pytest.approx(nt_xent(one, other).item(), 1e-4)


@pytest.mark.parametrize("loss", [nt_xent, barlow_twins])
def test_views_that_do_not_pair_up_are_refused(loss):
    with pytest.raises(ShapeError, match=r"\(3, 2\) and \(4, 2\)"):
        loss(torch.zeros(3, 2), torch.zeros(4, 2))


def test_predictions_of_another_width_are_refused():
    one, other = torch.zeros(3, 2), torch.zeros(3, 5)
    with pytest.raises(ShapeError, match="one shape"):
        simsiam((one, one), (other, other))
