"""What became of the study: one model for all tasks beside one for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seewhy.rationales.study_plan import UNIFIED, StudySettings
from seewhy.rationales.world_truth import TaskTruth, WorldAnswer, judge_by_task
from seewhy.results import Provenance, Result
from seewhy.scores.comparison import Difference, SystemStatistics, compare_metrics
from seewhy.scores.ngrams import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN = 0.02
"""The unified model is as good if its accuracy is at most so much lower."""
Answers = Mapping[tuple[int, str], Sequence[WorldAnswer]]
"""By seed and name of the model."""


@dataclass(frozen=True)
class StudiedModel:
    """One of the models, and what it costs."""

    name: str
    """``unified`` or its task."""
    seed: int
    source: str
    """Folder or name it was loaded from."""
    digest: str
    parameters: int
    """Its own, without an encoder that stayed as it was."""
    megabytes: float
    """Memory of these weights."""
    training_steps: int | None
    """``None`` for a model that was given."""
    training_seconds: float | None
    questions: int
    answering_seconds: float


@dataclass(frozen=True)
class Cost:
    """What one run of all that is needed to answer every task costs."""

    models: int
    parameters: int
    megabytes: float
    training_seconds: float | None
    """``None`` if a model was given."""
    seconds_per_1000: float
    """To answer 1,000 questions, reading their pictures included."""


@dataclass(frozen=True)
class TaskComparison:
    """One task; of several seeds the means. Differences are unified less separate."""

    questions: int
    most_frequent: float
    """What the most frequent answer would get."""
    accuracy: Difference
    """Share of right answers: ``first`` separate, ``second`` unified."""
    true_reasons: Difference
    """Share of reasons that claim something, all of it true of the scene; likewise."""
    separate_scores: dict[str, float]
    """How reasons read beside the true ones."""
    unified_scores: dict[str, float]


@dataclass(frozen=True)
class RationaleStudy(Result):
    """One model for all tasks against one for each, on unseen scenes of the world."""

    scenes: int
    split: str
    seeds: int
    budget: str
    tasks: dict[str, TaskComparison]
    accuracy: Difference
    """Means over tasks: ``first`` separate, ``second`` unified; resampled by scenes."""
    true_reasons: Difference
    """Likewise."""
    by_seed: tuple[float, ...]
    """``accuracy.difference`` of each seed alone."""
    is_within_margin: bool
    """Whether the unified model's accuracy is at most two points lower."""
    separate: Cost
    unified: Cost
    models: tuple[StudiedModel, ...]
    provenance: Provenance

    @classmethod
    def compare(
        cls,
        settings: StudySettings,
        models: Sequence[StudiedModel],
        answers: Answers,
        provenance: Provenance,
    ) -> RationaleStudy:
        """Hold the models' answers against the scenes and against each other."""
        tasks = settings.recipe.tasks
        seeds = sorted({seed for seed, _ in answers})
        found = compare_answers(answers, tasks)
        worth = {key: judge_by_task(said) for key, said in answers.items()}
        alone = [compare_answers({k: v for k, v in answers.items() if k[0] == s}, tasks, rounds=1)
                 for s in seeds]  # fmt: skip
        return cls(
            scenes=settings.scenes,
            split=settings.split,
            seeds=len(seeds),
            budget=settings.budget,
            tasks={
                task: TaskComparison(
                    questions=worth[seeds[0], task][task].questions,
                    most_frequent=worth[seeds[0], task][task].most_frequent,
                    accuracy=found[f"accuracy {task}"],
                    true_reasons=found[f"true reasons {task}"],
                    separate_scores=_average([worth[seed, task][task] for seed in seeds]),
                    unified_scores=_average([worth[seed, UNIFIED][task] for seed in seeds]),
                )
                for task in tasks
            },
            accuracy=found["accuracy"],
            true_reasons=found["true reasons"],
            by_seed=tuple(one["accuracy"].difference for one in alone),
            is_within_margin=found["accuracy"].difference >= -MARGIN,
            separate=_add_up([one for one in models if one.name != UNIFIED], len(seeds)),
            unified=_add_up([one for one in models if one.name == UNIFIED], len(seeds)),
            models=tuple(models),
            provenance=provenance,
        )

    def figure(self) -> Figure:
        """Right answers and true reasons of each task, by the unified model and a separate one."""
        from seewhy.rationales.study_pages import draw_study

        return draw_study(self)

    def to_markdown(self) -> str:
        """The tables as Markdown."""
        from seewhy.rationales.study_pages import write_study

        return write_study(self)

    def save(self, folder: str | Path) -> Path:
        """As every result, and ``table.md``."""
        folder = super().save(folder)
        (folder / "table.md").write_text(self.to_markdown(), encoding="utf-8")
        return folder


def compare_answers(
    answers: Answers, tasks: Sequence[str], *, rounds: int = 10_000
) -> dict[str, Difference]:
    """Shares of right answers and true reasons, of separate models against the unified one.

    Scenes are resampled, not questions: those about one scene are right or wrong together. Of
    several seeds, a question counts by the share of them that got it right.

    Args:
        answers: of every model, to the same questions.
        tasks: each with a model of its own.
        rounds: of the bootstrap.

    Returns:
        ``accuracy`` and ``true reasons``, means over tasks, and both of each task.
    """
    first, second = (_count(answers, tasks, unified=which) for which in (False, True))
    columns = {name: list(range(n * len(tasks), (n + 1) * len(tasks)))
               for n, name in enumerate(("accuracy", "true reasons", "questions"))}  # fmt: skip
    counts = columns.pop("questions")
    metrics = []
    for name, places in columns.items():
        share = _make_share(places, counts)
        metrics.append(SystemStatistics(name, first, second, share))
        for task, place, count in zip(tasks, places, counts, strict=True):
            share = _make_share([place], [count])
            metrics.append(SystemStatistics(f"{name} {task}", first, second, share))
    return {one.metric: one for one in compare_metrics(metrics, rounds=rounds)}


def _count(answers: Answers, tasks: Sequence[str], *, unified: bool) -> Floats:
    """Right answers, true reasons and questions of each scene, by task: (scenes, 3 * tasks)."""
    rows: dict[int, Floats] = {}
    for (_, name), said in answers.items():
        if (name == UNIFIED) != unified:
            continue
        for one in said:
            row = rows.setdefault(one.asked.scene.seed, np.zeros((3, len(tasks))))
            task = tasks.index(one.asked.example.task)
            row[:, task] += (one.is_right, one.check().is_true, 1)
    return np.stack([rows[scene].ravel() for scene in sorted(rows)])


def _make_share(places: list[int], counts: list[int]) -> Callable[[Floats, int], Floats]:
    """The mean over tasks of a share, from sums over scenes."""

    def share(sums: Floats, scenes: int) -> Floats:
        with np.errstate(invalid="ignore"):  # a resample may have no question of a task
            return (sums[:, places] / sums[:, counts]).mean(1)

    return share


def _average(found: Sequence[TaskTruth]) -> dict[str, float]:
    return {name: float(np.mean([one.scores[name] for one in found])) for name in found[0].scores}


def _add_up(models: Sequence[StudiedModel], seeds: int) -> Cost:
    seconds = [one.training_seconds for one in models]
    asked = sum(one.questions for one in models)
    return Cost(
        models=len(models) // seeds,
        parameters=sum(one.parameters for one in models) // seeds,
        megabytes=sum(one.megabytes for one in models) / seeds,
        training_seconds=None if None in seconds else sum(filter(None, seconds)) / seeds,
        seconds_per_1000=1000 * sum(one.answering_seconds for one in models) / asked,
    )
