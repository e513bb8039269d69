"""The world's questions as examples of the seven tasks, and whether reasons are true of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seewhy.datasets.nle import TASKS, NLEExample
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.question import Question
from seewhy.world.questions import ask_questions
from seewhy.world.sampling import sample_scene
from seewhy.world.truth import check_statement

UNITS = 1000
"""Pixels of a picture's side in which boxes are given."""


@dataclass(frozen=True)
class WorldQuestions:
    """Examples about scenes of one split, and what ``it`` means in their reasons.

    The picture of an example is named ``SPLIT-NUMBER``; ``draw_picture`` draws it.
    """

    examples: tuple[NLEExample, ...]
    subjects: dict[str, int]
    """Index of the thing that ``it`` means, by the example's id."""

    def is_true(self, example: NLEExample, reason: str) -> bool:
        """Whether a reason claims something, and all of it is true of the scene."""
        split, number = name_parts(example)
        scene = sample_scene(number, split=split)
        subject = self.subjects[example.id]
        return check_statement(reason, scene, subject=subject).is_true


def read_world_questions(
    scenes: Iterable[int], *, split: str = "train", tasks: Sequence[str] = TASKS
) -> WorldQuestions:
    """The questions of scenes, the same ones each time.

    Args:
        scenes: numbers of scenes in their split.
        split: ``train``, ``validation``, ``test`` or ``held-out``.
        tasks: some of the seven.

    Raises:
        UnknownNameError: if there is no such task or split.
    """
    examples, subjects = [], {}
    for number in scenes:
        scene = sample_scene(number, split=split)
        for task in tasks:
            for place, question in enumerate(ask_questions(scene, task)):
                example = _make_example(question, f"{split}-{number}", f"{task}-{place}")
                examples.append(example)
                subjects[example.id] = question.subject
    return WorldQuestions(tuple(examples), subjects)


def _make_example(question: Question, picture: str, name: str) -> NLEExample:
    boxes = tuple(
        (left * UNITS, top * UNITS, right * UNITS, bottom * UNITS)
        for left, top, right, bottom in (region.box for region in question.regions)
    )
    return NLEExample(
        id=f"{picture}-{name}",
        task=question.task,
        images=(Path(picture),),
        question=question.question,
        answers=question.answers,
        explanations=question.explanations,
        choices=question.choices,
        objects=tuple(region.name for region in question.regions),
        boxes=boxes,
        image_size=(UNITS, UNITS) if boxes else None,
    )


def name_parts(example: NLEExample) -> tuple[str, int]:
    """Split and number of the scene an example is about."""
    split, _, number = str(example.image).rpartition("-")
    return split, int(number)


def draw_picture(name: str, size: int) -> NDArray[np.uint8]:
    """The picture of that name, ``SPLIT-NUMBER``, (size, size, 3)."""
    split, _, number = name.rpartition("-")
    return draw_scene(sample_scene(int(number), split=split), size, masks=False).image
