"""The linear unit: the one minimum of its problem, and the published descent step by step."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import minimize
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.linear_surrogate import DescentSettings, descend_surrogate, solve_surrogate


def draw_problem(samples: int = 30, inputs: int = 50) -> tuple[Tensor, Tensor]:
    """Inputs around 3, and targets that a unit of them explains in part."""
    numbers = np.random.default_rng(0)
    rows = torch.from_numpy(3 + numbers.standard_normal((samples, inputs)))
    unit = torch.from_numpy(numbers.standard_normal(inputs)) / 4
    noise = torch.from_numpy(numbers.standard_normal(samples))
    return rows, ((rows - 3) @ unit + 0.3 * noise).sigmoid()


def cost(packed: Tensor, rows: Tensor, targets: Tensor, weight: float) -> Tensor:
    """Σ BCE + λ/2 |w|², of weights and, last, a bias."""
    unit, bias = packed[:-1], packed[-1]
    fit = F.binary_cross_entropy_with_logits(rows @ unit + bias, targets, reduction="sum")
    return fit + weight / 2 * unit.square().sum()


def solve_by_definition(rows: Tensor, targets: Tensor, ridge: float) -> Tensor:
    """Weights and bias by a general minimizer, the way the docstring states the problem."""
    centered = rows - rows.mean(0)
    weight = ridge * float(centered.square().sum(1).mean()) / 4

    def of_numbers(values: np.ndarray) -> tuple[float, np.ndarray]:
        packed = torch.from_numpy(values).requires_grad_()
        loss = cost(packed, centered, targets, weight)
        (slope,) = torch.autograd.grad(loss, packed)
        return float(loss.detach()), slope.numpy()

    found = minimize(
        of_numbers, np.zeros(rows.shape[1] + 1), jac=True, options={"gtol": 1e-10, "maxiter": 5000}
    ).x
    return torch.from_numpy(found)


@pytest.mark.parametrize(("samples", "inputs"), [(30, 50), (60, 5)])
@pytest.mark.parametrize("ridge", [0.01, 0.1, 1.0])
def test_the_solution_is_the_minimum(samples: int, inputs: int, ridge: float) -> None:
    rows, targets = draw_problem(samples, inputs)
    found = solve_surrogate(rows, targets, ridge=ridge)
    expected = solve_by_definition(rows, targets, ridge)
    assert found.has_converged
    assert found.steps < 15  # Newton's method, not a descent
    torch.testing.assert_close(found.weights, expected[:-1], atol=2e-5, rtol=1e-4)
    offset = float(expected[-1] - expected[:-1] @ rows.mean(0))
    assert found.bias == pytest.approx(offset, abs=2e-4)
    logits = rows @ found.weights + found.bias
    loss = F.binary_cross_entropy_with_logits(logits, targets)
    assert found.loss == pytest.approx(float(loss), abs=1e-8)


def test_a_cosine_that_rounding_brought_above_one_counts_as_one() -> None:
    rows, targets = draw_problem(12, 5)
    targets[3] = 1.0
    rounded = targets.clone()
    rounded[3] = 1 + 1e-6
    expected, found = solve_surrogate(rows, targets), solve_surrogate(rows, rounded)
    torch.testing.assert_close(found.weights, expected.weights)
    rounded[3] = 1.01
    with pytest.raises(InvalidArgumentError, match="from 0 to 1"):
        solve_surrogate(rows, rounded)


def test_targets_that_are_all_alike_leave_only_the_bias() -> None:
    rows, _ = draw_problem()
    found = solve_surrogate(rows, torch.full((len(rows),), 0.8, dtype=torch.float64))
    assert found.has_converged
    assert found.weights.abs().max() < 1e-6
    assert torch.tensor(found.bias).sigmoid().item() == pytest.approx(0.8, abs=1e-5)


def test_samples_that_are_all_alike_are_answered() -> None:
    rows = torch.ones(6, 4)
    found = solve_surrogate(rows, torch.tensor([0.2, 0.4, 0.6, 0.8, 0.5, 0.5]))
    assert found.has_converged
    assert not found.weights.any()
    assert found.bias == pytest.approx(0, abs=1e-5)


def test_targets_at_their_limits_converge_too() -> None:
    rows, targets = draw_problem()
    found = solve_surrogate(rows, (targets > 0.5).double(), ridge=1e-3)
    assert found.has_converged
    assert torch.isfinite(found.weights).all()
    assert found.loss < 0.1  # more inputs than samples: separable


def test_a_unit_is_found_again_that_made_the_targets() -> None:
    numbers = np.random.default_rng(1)
    rows = torch.from_numpy(numbers.standard_normal((500, 3)))
    unit = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    found = solve_surrogate(rows, (rows @ unit + 0.7).sigmoid(), ridge=1e-7)
    torch.testing.assert_close(found.weights, unit, atol=1e-3, rtol=0)
    assert found.bias == pytest.approx(0.7, abs=1e-3)


def test_a_fit_that_is_given_up_says_so() -> None:
    rows, targets = draw_problem()
    found = solve_surrogate(rows, targets, max_steps=1)
    assert not found.has_converged
    assert found.steps == 1


@pytest.mark.parametrize(
    ("targets", "ridge"), [([-0.1, 0.5], 0.1), ([0.5, 1.1], 0.1), ([0.5, 0.5], 0.0)]
)
def test_cosines_that_were_not_rescaled_are_refused(targets: list[float], ridge: float) -> None:
    with pytest.raises(InvalidArgumentError, match="Rescale cosines"):
        solve_surrogate(torch.eye(2), torch.tensor(targets), ridge=ridge)


def descend_by_definition(
    rows: Tensor, targets: Tensor, start: Tensor, settings: DescentSettings, invariance: Tensor
) -> Tensor:
    packed = start.clone().requires_grad_()
    optimizer = torch.optim.SGD([packed], lr=settings.learning_rate)
    for _ in range(settings.steps):
        logits = rows @ packed[:-1] + packed[-1]
        loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="sum")
        loss = loss + settings.sparsity * packed.abs().sum()
        loss = loss + settings.invariance * (logits.sigmoid() - invariance).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return packed.detach()


@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_the_descent_takes_the_steps_of_its_definition(weight: float) -> None:
    rows, targets = draw_problem(inputs=8)
    targets = 2 * targets - 1  # cosines, some of them negative
    numbers = np.random.default_rng(2)
    start = torch.from_numpy(numbers.uniform(-0.3, 0.3, 9))
    invariance = torch.from_numpy(numbers.uniform(0, 1, len(rows)))
    settings = DescentSettings(sparsity=0.05, invariance=weight, steps=7, learning_rate=0.002)
    found = descend_surrogate(rows, targets, settings, start=start, invariance=invariance)
    expected = descend_by_definition(rows, targets, start, settings, invariance)
    torch.testing.assert_close(found.weights, expected[:-1])
    assert found.bias == pytest.approx(float(expected[-1]))
    assert found.steps == 7


def test_a_short_step_converges_and_the_published_one_does_not() -> None:
    rows, targets = draw_problem(samples=100)
    start = torch.zeros(51, dtype=torch.float64)
    short = DescentSettings(sparsity=0.0, steps=800, learning_rate=1e-4)
    assert descend_surrogate(rows, targets, short, start=start).has_converged
    published = descend_surrogate(rows, targets, DescentSettings(), start=start)
    assert not published.has_converged
    assert published.loss > 2  # chance is ln 2


def test_a_fit_that_runs_away_below_every_bound_has_not_converged() -> None:
    rows, _ = draw_problem(samples=40, inputs=4)
    start = torch.zeros(5, dtype=torch.float64)
    targets = torch.full((40,), -0.5, dtype=torch.float64)
    for steps in range(990, 1000):  # single steps change the loss by less and less of it
        found = descend_surrogate(rows, targets, DescentSettings(steps=steps), start=start)
        assert found.loss < -100
        assert not found.has_converged


def test_settings_that_make_no_sense_are_refused() -> None:
    for changes in ({"sparsity": -1.0}, {"invariance": -0.1}, {"steps": 0}):
        with pytest.raises(InvalidArgumentError, match="Weights are at least 0"):
            DescentSettings(**changes)  # type: ignore[arg-type]
