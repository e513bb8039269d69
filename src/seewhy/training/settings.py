"""Settings of the training loop, and the learning rate they give at each step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from seewhy.errors import InvalidArgumentError


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How long, how fast and from which seed a model is trained."""

    steps: int = 1000
    batch_size: int = 128
    """Pairs in a step, over all processes together."""
    learning_rate: float = 1e-3
    """Highest learning rate, reached at the end of the warmup."""
    warmup: float = 0.05
    """Fraction of all steps, from 0 to 1, in which the learning rate climbs."""
    weight_decay: float = 0.05
    """Of matrices and kernels; biases, norms and scalars are never decayed."""
    clip: float = 1.0
    """Longest gradient allowed, as a norm over all parameters."""
    use_bf16: bool = False
    """Compute forward passes in bfloat16 (autocast); weights stay in single precision."""
    seed: int = 0
    log_every: int = 20
    """Steps between two lines of the log."""
    evaluate_every: int = 0
    """Steps between two evaluations; 0: only at the end."""
    checkpoint_every: int = 200
    """Steps between two checkpoints; there is always one at the end."""
    device: str = "cpu"
    """``cpu``, or ``auto`` for what `accelerate` finds."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "log_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise InvalidArgumentError(f"{name} must be at least 1, got {getattr(self, name)}.")
        for name in ("learning_rate", "clip"):
            if not getattr(self, name) > 0:
                raise InvalidArgumentError(f"{name} must be above 0, got {getattr(self, name)}.")
        for name in ("weight_decay", "evaluate_every"):
            if not getattr(self, name) >= 0:
                raise InvalidArgumentError(f"{name} must not be negative: {getattr(self, name)}.")
        if not 0 <= self.warmup <= 1:
            raise InvalidArgumentError(f"warmup is a fraction from 0 to 1, got {self.warmup}.")
        if self.device not in ("cpu", "auto"):
            raise InvalidArgumentError(f"device must be 'cpu' or 'auto', got {self.device!r}.")


def find_learning_rate(step: int, settings: TrainingSettings) -> float:
    """The learning rate of a step (from 0): a linear warmup, then half a cosine down to 0.

    Example:
        >>> settings = TrainingSettings(steps=100, warmup=0.1, learning_rate=1.0)
        >>> [round(find_learning_rate(step, settings), 3) for step in (0, 9, 10, 55, 99)]
        [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    climb = round(settings.warmup * settings.steps)
    if step < climb:
        return settings.learning_rate * (step + 1) / climb
    done = (step - climb) / max(1, settings.steps - climb)
    return settings.learning_rate * (1 + math.cos(math.pi * done)) / 2
