"""A linear unit that learns how alike pictures are: solved, or descended as published."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.errors import InvalidArgumentError

ROUNDING = 1e-5
"""How far the cosine of two equal vectors may lie above 1 in single precision."""


@dataclass(frozen=True, kw_only=True)
class DescentSettings:
    """What the published descent minimizes, and for how long.

    Σ_n BCE(z_n, y_n) + sparsity * (|w|_1 + |b|) + invariance * mean_n (σ(z_n) - ρ_n)²
    """

    sparsity: float = 0.2
    invariance: float = 0.0
    steps: int = 1000
    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        if min(self.sparsity, self.invariance) < 0 or self.steps < 1:
            raise InvalidArgumentError(f"Weights are at least 0, steps at least 1, got {self}.")


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
    *,
    ridge: float = 0.1,
    max_steps: int = 100,
    tolerance: float = 1e-6,
) -> Surrogate:
    """The one minimum of a convex problem, by Newton's method on one unknown for each sample.

        Σ_n BCE(z_n, y_n) + λ/2 |w|²,   z_n = w · x_n + b,   w = Σ_n α_n x_n

    At the minimum λ α_n = y_n - σ(z_n), and Σ α_n = 0; each step solves

        (K + λ / v) α + b = z + (y - σ(z)) / v,   Σ α = 0,   v = σ(z) (1 - σ(z)),   K = X Xᵀ

    Args:
        inputs: X, (samples, inputs); there may be many more inputs than samples.
        targets: y, 0 to 1, (samples,).
        ridge: λ, as a fraction of a quarter of the mean |x_n|² of centered inputs.
        max_steps: after which the fit is given up.
        tolerance: largest |λ α_n - y_n + σ(z_n)| at which it has converged.

    Raises:
        InvalidArgumentError: if a target is not from 0 to 1, or ``ridge`` is not above 0.
    """
    if float(targets.min()) < -ROUNDING or float(targets.max()) > 1 + ROUNDING or not ridge > 0:
        raise InvalidArgumentError(
            f"targets must be from 0 to 1 and ridge above 0, got targets {float(targets.min()):g} "
            f"to {float(targets.max()):g} and ridge {ridge}. Rescale cosines to (1 + cos) / 2."
        )
    center = inputs.mean(0)
    rows, wanted = (inputs - center).double(), targets.double().clamp(0, 1)
    kernel = rows @ rows.T
    weight = ridge * max(float(kernel.diagonal().mean()) / 4, 1e-12)
    dual, bias, error, steps = torch.zeros_like(wanted), torch.zeros_like(wanted[:1]), 1.0, 0
    while error > tolerance and steps < max_steps:
        dual, bias = _improve(kernel, wanted, weight, dual, bias)
        likely = (kernel @ dual + bias).sigmoid()
        error = float((weight * dual - wanted + likely).abs().max())
        steps += 1
    unit = rows.T @ dual
    loss = F.binary_cross_entropy_with_logits(kernel @ dual + bias, wanted)
    offset = float(bias - unit @ center.double())
    return Surrogate(unit.to(inputs.dtype), offset, float(loss), steps, error <= tolerance)


def _improve(
    kernel: Tensor, wanted: Tensor, weight: float, dual: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor]:
    """One step of Newton's method, halved until the objective does not rise."""

    def cost(dual: Tensor, bias: Tensor) -> float:
        logits = kernel @ dual + bias
        fit = F.binary_cross_entropy_with_logits(logits, wanted, reduction="sum")
        return float(fit + weight / 2 * dual @ (logits - bias))

    logits = kernel @ dual + bias
    likely = logits.sigmoid()
    curvature = (likely * (1 - likely)).clamp(min=1e-9)
    system = torch.ones(len(wanted) + 1, len(wanted) + 1, dtype=kernel.dtype, device=kernel.device)
    system[:-1, :-1] = kernel + torch.diag(weight / curvature)
    system[-1, -1] = 0
    aim = torch.cat([logits + (wanted - likely) / curvature, torch.zeros_like(bias)])
    solved = torch.linalg.solve(system, aim)
    before, share = cost(dual, bias), 1.0
    while share > 1e-4:
        moved = torch.lerp(dual, solved[:-1], share), torch.lerp(bias, solved[-1:], share)
        if cost(*moved) <= before + 1e-12 * abs(before):
            return moved
        share /= 2
    return dual, bias


def descend_surrogate(
    inputs: Tensor,
    targets: Tensor,
    settings: DescentSettings,
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
        Converged if over the last tenth of the steps the loss stayed within a hundredth. With
        cosines below 0 the loss has no lower bound, and a fit may run away without end.
    """
    rows = torch.cat([inputs, torch.ones_like(inputs[:, :1])], dim=1)
    unit, losses = start.clone(), []
    for _ in range(settings.steps):
        losses.append(float(F.binary_cross_entropy_with_logits(rows @ unit, targets)))
        slope = _slope(rows, targets, unit, settings, invariance)
        slope = slope + settings.sparsity * unit.sign()
        unit = unit - settings.learning_rate * slope
    loss = float(F.binary_cross_entropy_with_logits(rows @ unit, targets))
    late = [*losses[-max(1, settings.steps // 10) :], loss]
    has_converged = max(late) - min(late) < 1e-2 * abs(loss)
    return Surrogate(unit[:-1], float(unit[-1]), loss, settings.steps, has_converged)


def _slope(
    rows: Tensor,
    targets: Tensor,
    unit: Tensor,
    settings: DescentSettings,
    invariance: Tensor | None,
) -> Tensor:
    """Gradient of all terms but the sparse one."""
    likely = (rows @ unit).sigmoid()
    error = likely - targets
    if settings.invariance and invariance is not None:
        pull = 2 * settings.invariance / len(rows) * (likely - invariance.to(likely))
        error = error + pull * likely * (1 - likely)
    return rows.T @ error
