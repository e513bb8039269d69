"""Settings of the training loop, and the learning rate they give at each step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from seewhy.errors import InvalidArgumentError

Schedule = Literal["cosine", "linear", "stairs", "plateau", "constant", "cooldown"]
"""How the learning rate falls after the warmup: half a cosine to 0; a line to 0; times ``decay``
every ``decay_every`` steps; times ``decay`` after each evaluation that was no better than the best;
not at all; not before the last quarter, then a line to 0, so that until then short runs and long
ones are the same (arXiv:2405.18392)."""
COOLDOWN = 0.25
"""Fraction of all steps in which the learning rate falls at the end."""


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
    schedule: Schedule = "cosine"
    decay: float = 0.8
    """What the learning rate is multiplied with at each stair, or on a plateau."""
    decay_every: int = 0
    """Steps between two stairs."""
    betas: tuple[float, float] = (0.9, 0.98)
    """Of AdamW; without weight decay it is Adam."""
    epsilon: float = 1e-8
    accumulate: int = 1
    """Batches whose gradients make one step."""
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
    select_by: str = ""
    """Score whose highest value decides which weights are kept; empty: the last ones are."""
    patience: int = 0
    """Evaluations in a row without a better score after which the run ends; 0: never."""
    checkpoint_every: int = 200
    """Steps between two checkpoints; there is always one at the end."""
    device: str = "cpu"
    """``cpu``, or ``auto`` for what `accelerate` finds."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "accumulate", "log_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise InvalidArgumentError(f"{name} must be at least 1, got {getattr(self, name)}.")
        for name in ("learning_rate", "clip", "decay", "epsilon"):
            if not getattr(self, name) > 0:
                raise InvalidArgumentError(f"{name} must be above 0, got {getattr(self, name)}.")
        for name in ("weight_decay", "evaluate_every", "patience"):
            if not getattr(self, name) >= 0:
                raise InvalidArgumentError(f"{name} must not be negative: {getattr(self, name)}.")
        if not 0 <= self.warmup <= 1:
            raise InvalidArgumentError(f"warmup is a fraction from 0 to 1, got {self.warmup}.")
        if self.device not in ("cpu", "auto"):
            raise InvalidArgumentError(f"device must be 'cpu' or 'auto', got {self.device!r}.")
        self._check_schedule()

    def _check_schedule(self) -> None:
        if self.schedule not in get_args(Schedule):
            raise InvalidArgumentError(
                f"schedule must be one of {', '.join(get_args(Schedule))}, got {self.schedule!r}."
            )
        if self.schedule == "stairs" and self.decay_every < 1:
            raise InvalidArgumentError(
                f"stairs need decay_every of at least 1 step, got {self.decay_every}."
            )
        if (self.patience or self.schedule == "plateau") and not self.select_by:
            raise InvalidArgumentError(
                f"patience={self.patience} and schedule={self.schedule!r} need select_by, the "
                "score that has to get better."
            )


def find_learning_rate(step: int, settings: TrainingSettings, *, plateaus: int = 0) -> float:
    """The learning rate of a step (from 0): a linear warmup, then what the schedule says.

    Args:
        step: number of steps before it.
        settings: of the run.
        plateaus: evaluations so far that were no better than the best before them.

    Example:
        >>> settings = TrainingSettings(steps=100, warmup=0.1, learning_rate=1.0)
        >>> [round(find_learning_rate(step, settings), 3) for step in (0, 9, 10, 55, 99)]
        [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    climb = round(settings.warmup * settings.steps)
    if step < climb:
        return settings.learning_rate * (step + 1) / climb
    done = (step - climb) / max(1, settings.steps - climb)
    if settings.schedule == "cosine":
        return settings.learning_rate * (1 + math.cos(math.pi * done)) / 2
    if settings.schedule == "linear":
        return settings.learning_rate * (1 - done)
    if settings.schedule == "stairs":
        return settings.learning_rate * settings.decay ** ((step - climb) // settings.decay_every)
    if settings.schedule == "plateau":
        return settings.learning_rate * settings.decay**plateaus
    if settings.schedule == "cooldown":
        return settings.learning_rate * min(1.0, (1 - step / settings.steps) / COOLDOWN)
    return settings.learning_rate
