"""Optimal transport between parts and descriptors, by alternating normalization."""

from __future__ import annotations

import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError, ShapeError

ITERATIONS = 1000
_SETTLED = 1e-12


def transport(
    logits: Tensor, *, scale: float = 2.5, temperature: float = 1.0, iterations: int = ITERATIONS
) -> Tensor:
    """Share descriptors out among parts.

        P ← exp(scale · logits / temperature);  then, again and again,
        rows of P to sum 1, columns of P to sum 1

    Computed in logarithms, so that no scale overflows; stops early once nothing moves.

    Args:
        logits: similarity of each part and descriptor, (parts, descriptors).
        scale: what similarities are multiplied with.
        temperature: λ; a large one shares evenly.
        iterations: rounds at the most.

    Returns:
        (parts, descriptors); columns sum to 1, rows to descriptors / parts. Float64.

    Raises:
        ShapeError: if ``logits`` is not a table.
        InvalidArgumentError: if ``temperature`` is not positive or ``iterations`` is negative.

    Source: CLIP mutual knowledge (NeurIPS 2024), arXiv:2410.13016; Cuturi (NeurIPS 2013).
    """
    if logits.ndim != 2 or not logits.numel():
        raise ShapeError(f"logits must be (parts, descriptors), got {tuple(logits.shape)}.")
    if temperature <= 0 or iterations < 0:
        raise InvalidArgumentError(
            f"temperature must be positive and iterations not negative, got {temperature} and "
            f"{iterations}."
        )
    log_plan = logits.to(torch.float64) * (scale / temperature)
    for _ in range(iterations):
        before = log_plan
        log_plan = log_plan - log_plan.logsumexp(1, keepdim=True)
        log_plan = log_plan - log_plan.logsumexp(0, keepdim=True)
        if float((log_plan - before).abs().max()) < _SETTLED:
            break
    return log_plan.exp()
