"""Answers and reasons held against scenes whose truth is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seewhy.datasets.nle import TASKS
from seewhy.errors import InvalidArgumentError
from seewhy.rationales.predictions import Prediction, RationaleAnswerer, ask_model
from seewhy.rationales.world_examples import SIZE, WorldExample, stream_world_examples
from seewhy.scores.scoring import score
from seewhy.scores.vqa_accuracy import is_among
from seewhy.world.truth import TruthReport

DEFAULT_METRICS = ("bleu", "rouge-l", "cider-d")


@dataclass(frozen=True)
class WorldAnswer:
    """What a model said to a question about a scene."""

    asked: WorldExample
    said: Prediction

    @property
    def is_right(self) -> bool:
        """Whether the answer is one of the right ones, letters, articles and punctuation apart."""
        return is_among(self.said.answer, self.asked.example.answers)

    def check(self) -> TruthReport:
        """Hold every claim of the reason against the scene graph."""
        return self.asked.check(self.said.explanation)


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


def ask_about_world(
    model: RationaleAnswerer,
    *,
    scenes: int,
    tasks: Sequence[str] = TASKS,
    split: str = "test",
    start: int = 0,
    size: int = SIZE,
    batch_size: int = 32,
    progress: bool = False,
) -> list[WorldAnswer]:
    """Ask a model all questions about scenes of the world.

    Args:
        model: with a method ``answer``.
        scenes: how many.
        tasks: which of the seven.
        split: of the world.
        start: number of the first scene.
        size: height and width of the pictures.
        batch_size: questions asked together.
        progress: whether a bar is shown.

    Raises:
        UnknownNameError: if there is no such task or split.
    """
    tasks = tuple(dict.fromkeys(tasks))
    asked = list(stream_world_examples(split, tasks=tasks, size=size, start=start, count=scenes))
    if not hasattr(model, "answer_examples"):  # it can be asked for one task at a time
        asked.sort(key=lambda one: tasks.index(one.example.task))
    examples = [one.example for one in asked]
    said = ask_model(model, examples, batch_size=batch_size, progress=progress)
    return [WorldAnswer(one, found) for one, found in zip(asked, said, strict=True)]


def judge_by_task(
    answers: Sequence[WorldAnswer], *, metrics: Sequence[str] = DEFAULT_METRICS
) -> dict[str, TaskTruth]:
    """Judge answers task by task, in the order in which the tasks are met; see ``judge_task``."""
    by_task: dict[str, list[WorldAnswer]] = {}
    for one in answers:
        by_task.setdefault(one.asked.example.task, []).append(one)
    return {
        task: judge_task([a.asked for a in mine], [a.said for a in mine], metrics=metrics)
        for task, mine in by_task.items()
    }


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
    answers = [WorldAnswer(one, found) for one, found in zip(truth, said, strict=True)]
    reports = [one.check() for one in answers]
    right = np.array([one.is_right for one in answers])
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
