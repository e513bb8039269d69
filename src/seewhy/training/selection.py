"""Which weights of a run are kept: the last, or those that an evaluation liked best."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from seewhy.errors import InvalidArgumentError
from seewhy.training.checkpoints import write_whole
from seewhy.training.settings import TrainingSettings

BEST_NAME = "best.pt"


class Selection:
    """The best evaluation so far, whose weights lie in ``best.pt`` of the run's folder."""

    def __init__(self, folder: Path, settings: TrainingSettings) -> None:
        self.path, self.settings = folder / BEST_NAME, settings
        self.best = float("-inf")
        self.waited = 0
        """Evaluations in a row that were no better."""
        self.plateaus = 0
        """Evaluations that were no better, over the whole run."""

    @property
    def is_over(self) -> bool:
        """Whether the run has waited long enough."""
        return 0 < self.settings.patience <= self.waited

    def judge(self, scores: Mapping[str, float], model: nn.Module, *, writes: bool) -> None:
        """Take note of an evaluation.

        Args:
            scores: of the model now.
            model: whose weights are kept if they are the best.
            writes: whether this process keeps them.

        Raises:
            InvalidArgumentError: if the score to select by is none of them.
        """
        name = self.settings.select_by
        if not name:
            return
        if name not in scores:
            raise InvalidArgumentError(
                f"select_by={name!r} is no score of this task. It has: {', '.join(scores)}."
            )
        if scores[name] > self.best:
            self.best, self.waited = scores[name], 0
            if writes:
                state = {"model": model.state_dict(), "scores": dict(scores)}
                write_whole(self.path, state)
        else:
            self.waited += 1
            self.plateaus += 1

    def take_best(self, model: nn.Module) -> dict[str, float] | None:
        """Give the model the best weights; its scores then, or ``None`` where none were kept."""
        if not self.settings.select_by or not self.path.is_file():
            return None
        state: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        return state["scores"]

    def to_dict(self) -> dict[str, float]:
        """What a checkpoint keeps."""
        return {"best": self.best, "waited": self.waited, "plateaus": self.plateaus}

    def restore(self, kept: Mapping[str, float]) -> None:
        """Take up what ``to_dict`` gave."""
        if kept:
            self.best = kept["best"]
            self.waited, self.plateaus = int(kept["waited"]), int(kept["plateaus"])
