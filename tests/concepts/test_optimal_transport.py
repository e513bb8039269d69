"""The transport plan against a plain twin, and against what it must keep."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seewhy.concepts.optimal_transport import transport
from seewhy.errors import InvalidArgumentError, ShapeError


def make_logits(parts: int = 4, descriptors: int = 9, seed: int = 0) -> torch.Tensor:
    return torch.randn(parts, descriptors, generator=torch.Generator().manual_seed(seed))


def transport_by_definition(
    logits: np.ndarray, scale: float, temperature: float, rounds: int
) -> np.ndarray:
    plan = [[np.exp(scale * value / temperature) for value in row] for row in logits]
    for _ in range(rounds):
        plan = [[value / sum(row) for value in row] for row in plan]
        columns = [sum(column) for column in zip(*plan, strict=True)]
        plan = [[v / total for v, total in zip(row, columns, strict=True)] for row in plan]
    return np.array(plan)


@pytest.mark.parametrize("rounds", [0, 1, 2, 7, 1000])
@pytest.mark.parametrize(("scale", "temperature"), [(2.5, 1.0), (0.5, 1.0), (2.5, 5.0)])
def test_the_plan_is_that_of_the_definition(scale: float, temperature: float, rounds: int) -> None:
    logits = make_logits()
    found = transport(logits, scale=scale, temperature=temperature, iterations=rounds)
    expected = transport_by_definition(logits.double().numpy(), scale, temperature, rounds)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@given(st.integers(1, 6), st.integers(1, 12), st.integers(0, 1000), st.floats(0.1, 3))
def test_columns_sum_to_one_and_rows_share_them_out(
    parts: int, descriptors: int, seed: int, scale: float
) -> None:
    plan = transport(make_logits(parts, descriptors, seed), scale=scale)
    np.testing.assert_allclose(plan.sum(0), 1, atol=1e-9)
    np.testing.assert_allclose(plan.sum(1), descriptors / parts, rtol=0.05)
    assert (plan >= 0).all()


def test_stopping_early_agrees_with_going_on() -> None:
    logits = make_logits(5, 30)
    expected = transport_by_definition(logits.double().numpy(), 2.5, 1.0, 3000)
    np.testing.assert_allclose(transport(logits, iterations=3000), expected, atol=1e-9)


def test_what_all_parts_gain_or_lose_alike_changes_nothing() -> None:
    logits, extra = make_logits().double(), torch.tensor([3.0, 0, -7, 0, 0, 1, 0, 0, 2])
    torch.testing.assert_close(transport(logits + extra), transport(logits), atol=1e-8, rtol=0)


def test_no_similarity_is_too_large() -> None:
    plan = transport(make_logits() * 1000)
    assert plan.isfinite().all()
    np.testing.assert_allclose(plan.sum(0), 1, atol=1e-9)


def test_one_part_takes_everything_and_one_descriptor_is_shared() -> None:
    assert transport(make_logits(1, 5)).tolist() == [[1.0] * 5]
    np.testing.assert_allclose(transport(make_logits(5, 1)), 0.2, atol=1e-9)


def test_a_high_temperature_shares_evenly() -> None:
    np.testing.assert_allclose(transport(make_logits(), temperature=1e6), 0.25, atol=1e-4)


def test_wrong_tables_and_options_are_named() -> None:
    with pytest.raises(ShapeError, match=r"\(4,\)"):
        transport(torch.zeros(4))
    with pytest.raises(ShapeError, match=r"\(3, 0\)"):
        transport(torch.zeros(3, 0))
    with pytest.raises(InvalidArgumentError, match="got 0 and 5"):
        transport(make_logits(), temperature=0, iterations=5)
    with pytest.raises(InvalidArgumentError, match="-1"):
        transport(make_logits(), iterations=-1)
