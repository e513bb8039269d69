"""Answers with reasons judged by scenes whose truth is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seewhy.datasets.nle import TASKS
from seewhy.errors import InvalidArgumentError
from seewhy.rationales.predictions import Prediction, RationaleAnswerer, ask_model
from seewhy.rationales.world_examples import SIZE, WorldExample, stream_world_examples
from seewhy.results import Provenance, Result
from seewhy.scores.scoring import score
from seewhy.scores.vqa_accuracy import is_among

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEFAULT_METRICS = ("bleu", "rouge-l", "cider-d")
MIN_SCENES = 8


@dataclass(frozen=True)
class TaskTruth:
    """How right the answers and how true the reasons of one task are; shares from 0 to 1."""

    questions: int
    accuracy: float
    """Right answers."""
    most_frequent: float
    """What the most frequent answer of the task would get."""
    true_reasons: float
    """Reasons that claim something, all of it true of the scene."""
    elsewhere: float
    """The same of people's reasons about another scene of the task: what luck would get."""
    true_claims: float
    """Claims of the reasons that are true; 0 if there are none."""
    empty_reasons: float
    """Reasons that claim nothing."""
    unknown_words: float
    """Reasons with a word that the world has no sense for."""
    right_and_true: float
    """Right answers with a true reason."""
    scores: dict[str, float]
    """How the reasons read beside the true ones; of all reasons."""


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
    found = {}
    for task in dict.fromkeys(tasks):
        truth = list(
            stream_world_examples(split, tasks=(task,), size=size, start=start, count=scenes)
        )
        examples = [one.example for one in truth]
        said = list(ask_model(model, examples, batch_size=batch_size, progress=progress))
        found[task] = judge_task(truth, said, metrics=metrics)
    provenance = Provenance(
        model=str(getattr(model, "name", type(model).__name__)),
        model_digest=str(getattr(model, "digest", "")),
        settings={"size": size, "start": start},
    )
    return RationaleBench(scenes, split, found, provenance)


def judge_task(
    truth: Sequence[WorldExample],
    said: Sequence[Prediction],
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
) -> TaskTruth:
    """Judge the answers to one task's questions.

    Args:
        truth: the questions, at least two.
        said: one answer for each, in their order.
        metrics: as for ``scores.score``.

    Raises:
        InvalidArgumentError: if there are too few questions, or other answers.
    """
    if len(truth) < 2 or [one.example.id for one in truth] != [found.id for found in said]:
        raise InvalidArgumentError(
            f"{len(said)} answers do not fit {len(truth)} questions; at least two are needed, with "
            "answers in their order."
        )
    reports = [one.check(found.explanation) for one, found in zip(truth, said, strict=True)]
    right = np.array(
        [is_among(p.answer, one.example.answers) for one, p in zip(truth, said, strict=True)]
    )
    true = np.array([report.is_true for report in reports])
    claims = [claim.is_true for report in reports for claim in report.claims]
    counts = Counter(one.example.answers[0] for one in truth)
    frequent = counts.most_common(1)[0][0]
    corpus = score(
        {p.id: p.explanation for p in said},
        {one.example.id: one.example.explanations for one in truth},
        metrics=metrics,
    ).corpus
    return TaskTruth(
        questions=len(truth),
        accuracy=float(right.mean()),
        most_frequent=sum(frequent in one.example.answers for one in truth) / len(truth),
        true_reasons=float(true.mean()),
        elsewhere=_try_other_scenes(truth),
        true_claims=float(np.mean(claims)) if claims else 0.0,
        empty_reasons=float(np.mean([not report.claims for report in reports])),
        unknown_words=float(np.mean([bool(report.unknown) for report in reports])),
        right_and_true=float((right & true).mean()),
        scores=corpus,
    )


def _try_other_scenes(truth: Sequence[WorldExample]) -> float:
    """Share of true reasons that hold in the scene half the list away, too."""
    half = len(truth) // 2
    others = [*truth[half:], *truth[:half]]
    return float(
        np.mean(
            [
                one.check(other.example.explanations[0]).is_true
                for one, other in zip(truth, others, strict=True)
            ]
        )
    )
