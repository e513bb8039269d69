"""A linear unit that learns how alike pictures are: solved, or descended as published."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.errors import InvalidArgumentError


@dataclass(frozen=True, kw_only=True)
class SurrogateSettings:
    """What is minimized, and for how long.

    Σ_n BCE(z_n, y_n) + sparsity * |w|_1 + invariance * mean_n (σ(z_n) - ρ_n)²
    """

    sparsity: float = 0.2
    invariance: float = 0.0
    max_steps: int = 1000
    """Steps of the solver; of descent, all of them."""
    tolerance: float = 1e-5
    """Relative change of the unit in a step at which the solver has converged."""
    learning_rate: float = 0.1
    """Of descent."""

    def __post_init__(self) -> None:
        if min(self.sparsity, self.invariance, self.tolerance) < 0 or self.max_steps < 1:
            raise InvalidArgumentError(f"Weights are at least 0, max_steps at least 1, got {self}.")


@dataclass(frozen=True, eq=False)
class Surrogate:
    """A linear unit, and how its fit went."""

    weights: Tensor
    """(inputs,)."""
    bias: float
    loss: float
    """Mean cross-entropy of the fit."""
    steps: int
    has_converged: bool


def solve_surrogate(
    inputs: Tensor,
    targets: Tensor,
    settings: SurrogateSettings,
    *,
    invariance: Tensor | None = None,
) -> Surrogate:
    """The minimum of the convex problem, by accelerated proximal gradient (FISTA).

    The bias is not made sparse, and inputs are centered, which only changes the bias.

    Args:
        inputs: (samples, inputs).
        targets: 0 to 1, (samples,).
        settings: what is minimized.
        invariance: ρ, 0 or more, (samples,); only used where ``settings.invariance`` weighs it,
            which makes the problem not convex.

    Raises:
        InvalidArgumentError: if a target is not from 0 to 1.

    Source: Beck and Teboulle (SIAM J. Imaging Sciences 2009).
    """
    if float(targets.min()) < 0 or float(targets.max()) > 1:
        raise InvalidArgumentError(
            f"targets must be from 0 to 1, got {float(targets.min()):g} to "
            f"{float(targets.max()):g}. Rescale cosines to (1 + cos) / 2."
        )
    center = inputs.mean(0)
    rows = torch.cat([inputs - center, torch.ones_like(inputs[:, :1])], dim=1).double()
    largest = torch.linalg.eigvalsh(rows @ rows.T)[-1]
    step = float(4 / (largest * (1 + 4 * settings.invariance / len(rows))))
    unit = torch.zeros_like(rows[0])
    ahead, momentum = unit, 1.0
    steps, change = 0, float("inf")
    while steps < settings.max_steps and change > settings.tolerance:
        slope = _slope(rows, targets.double(), ahead, settings, invariance)
        moved = ahead - step * slope
        moved[:-1] = F.softshrink(moved[:-1], step * settings.sparsity)
        if float((ahead - moved) @ (moved - unit)) > 0:  # overshot: begin to accelerate anew
            momentum = 1.0
        following = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead = moved + (momentum - 1) / following * (moved - unit)
        change = float((moved - unit).norm() / moved.norm().clamp(min=1e-12))
        unit, momentum, steps = moved, following, steps + 1
    loss = F.binary_cross_entropy_with_logits(rows @ unit, targets.double())
    weights = unit[:-1].to(inputs.dtype)
    bias = float(unit[-1] - unit[:-1] @ center.double())
    return Surrogate(weights, bias, float(loss), steps, change <= settings.tolerance)


def descend_surrogate(
    inputs: Tensor,
    targets: Tensor,
    settings: SurrogateSettings,
    *,
    start: Tensor,
    invariance: Tensor | None = None,
) -> Surrogate:
    """Plain gradient descent on all samples, as published; at the published rate it diverges.

    Args:
        inputs: (samples, inputs).
        targets: as published cosines, which may be negative, (samples,).
        settings: what is minimized; here the bias counts as a weight.
        start: weights and bias to begin with, (inputs + 1,).
        invariance: ρ, (samples,).

    Returns:
        Converged if the last step made the loss smaller and changed it by less than a thousandth.
    """
    rows = torch.cat([inputs, torch.ones_like(inputs[:, :1])], dim=1)
    unit, losses = start.clone(), []
    for _ in range(settings.max_steps):
        losses.append(float(F.binary_cross_entropy_with_logits(rows @ unit, targets)))
        slope = _slope(rows, targets, unit, settings, invariance)
        slope = slope + settings.sparsity * unit.sign()
        unit = unit - settings.learning_rate * slope
    loss = float(F.binary_cross_entropy_with_logits(rows @ unit, targets))
    has_converged = 0 <= losses[-1] - loss < 1e-3 * abs(loss)
    return Surrogate(unit[:-1], float(unit[-1]), loss, settings.max_steps, has_converged)


def _slope(
    rows: Tensor,
    targets: Tensor,
    unit: Tensor,
    settings: SurrogateSettings,
    invariance: Tensor | None,
) -> Tensor:
    """Gradient of all terms but the sparse one."""
    likely = (rows @ unit).sigmoid()
    error = likely - targets
    if settings.invariance and invariance is not None:
        pull = 2 * settings.invariance / len(rows) * (likely - invariance.to(likely))
        error = error + pull * likely * (1 - likely)
    return rows.T @ error
