"""Answers with reasons judged by scenes whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seewhy.datasets.nle import TASKS
from seewhy.errors import InvalidArgumentError
from seewhy.rationales.predictions import RationaleAnswerer
from seewhy.rationales.world_examples import SIZE
from seewhy.rationales.world_truth import (
    DEFAULT_METRICS,
    TaskTruth,
    ask_about_world,
    judge_by_task,
)
from seewhy.results import Provenance, Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MIN_SCENES = 8


@dataclass(frozen=True)
class RationaleBench(Result):
    """What a model's answers and reasons about drawn scenes are worth."""

    scenes: int
    split: str
    tasks: dict[str, TaskTruth]
    provenance: Provenance

    @property
    def accuracy(self) -> float:
        """Mean over tasks of the share of right answers."""
        return float(np.mean([task.accuracy for task in self.tasks.values()]))

    @property
    def true_reasons(self) -> float:
        """Mean over tasks of the share of true reasons."""
        return float(np.mean([task.true_reasons for task in self.tasks.values()]))

    def figure(self) -> Figure:
        """Right answers and true reasons of each task, with what luck would get."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 1.2 + 0.35 * len(self.tasks)), layout="constrained")
        sides = (
            ("right answers", "accuracy", "most_frequent", "most frequent answer"),
            ("true reasons", "true_reasons", "elsewhere", "reasons about another scene"),
        )
        for place, (title, value, floor, label) in enumerate(sides, start=1):
            axes = figure.add_subplot(1, 2, place)
            rows = list(range(len(self.tasks)))
            values = [getattr(task, value) for task in self.tasks.values()]
            bars = axes.barh(rows, values, color="#0072b2")
            axes.bar_label(bars, fmt="%.3f", padding=3)
            floors = [getattr(task, floor) for task in self.tasks.values()]
            axes.plot(floors, rows, "|", color="#d55e00", markersize=14, label=label)
            axes.set_yticks(rows, list(self.tasks) if place == 1 else [])
            axes.set_xlim(0, 1.15)
            axes.invert_yaxis()
            axes.set_title(title, fontsize=11)
            axes.legend(frameon=False, fontsize=8, loc="lower right")
            axes.spines[["top", "right"]].set_visible(False)
        return figure


def bench_rationales(
    model: RationaleAnswerer,
    *,
    scenes: int = 200,
    tasks: Sequence[str] = TASKS,
    split: str = "test",
    start: int = 0,
    size: int = SIZE,
    metrics: Sequence[str] = DEFAULT_METRICS,
    batch_size: int = 32,
    progress: bool = False,
) -> RationaleBench:
    """Ask a model about scenes of the world, and hold what it says against the scene graphs.

    An answer is right that equals one of the right ones, letters, articles and punctuation
    apart. A reason is true if everything that it claims is: objects, looks, parts, actions,
    relations, places.

    Args:
        model: with a method ``answer``.
        scenes: how many, at least 8.
        tasks: which of the seven.
        split: of the world.
        start: number of the first scene.
        size: height and width of the pictures.
        metrics: as for ``scores.score``.
        batch_size: questions asked together.
        progress: whether a bar is shown.

    Raises:
        InvalidArgumentError: if ``scenes`` is too small.
        UnknownNameError: if there is no such task, split or metric.
    """
    if scenes < MIN_SCENES:
        raise InvalidArgumentError(f"scenes must be at least {MIN_SCENES}, got {scenes}.")
    answers = ask_about_world(
        model,
        scenes=scenes,
        tasks=tasks,
        split=split,
        start=start,
        size=size,
        batch_size=batch_size,
        progress=progress,
    )
    provenance = Provenance(
        model=str(getattr(model, "name", type(model).__name__)),
        model_digest=str(getattr(model, "digest", "")),
        settings={"size": size, "start": start},
    )
    return RationaleBench(scenes, split, judge_by_task(answers, metrics=metrics), provenance)
