"""Which of its reasons an example is learned with, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seewhy.rationales.tasks import Compat


@dataclass(frozen=True)
class Sample:
    """One of an example's turns in an epoch; it has as many as it has reasons."""

    example: int
    turn: int


def list_samples(counts: Sequence[int]) -> list[Sample]:
    """The turns of an epoch: every example once, then the further turns of each.

    Args:
        counts: number of reasons of each example.

    Example:
        >>> [(sample.example, sample.turn) for sample in list_samples([2, 1, 3])]
        [(0, 0), (1, 0), (2, 0), (0, 1), (2, 1), (2, 2)]
    """
    first = [Sample(example, 0) for example, count in enumerate(counts) if count]
    further = [
        Sample(example, turn) for example, count in enumerate(counts) for turn in range(1, count)
    ]
    return first + further


def choose_explanation(turn: int, count: int, *, epoch: int, compat: Compat = None) -> int:
    """Number of the reason of a turn: each reason has one turn in every epoch.

    In the released code a counter runs out: the first epoch takes the reasons from the last to
    the first, and from the second epoch on every turn takes the first reason again.

    Args:
        turn: of the example, from 0.
        count: of its reasons.
        epoch: from 0.
        compat: ``"published"`` does as the released code.

    Differs: docs/decisions/explanation-turns.md.
    """
    if compat is None:
        return turn
    return count - 1 - turn if epoch == 0 else 0
