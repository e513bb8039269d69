"""The world's questions as a data set: answers and reasons known to be true.

Pictures are drawn beforehand, or named (``test-3``) and drawn when they are looked at.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seewhy.datasets.nle import TASKS, NLEExample
from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.question import Question
from seewhy.world.questions import ask_questions
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Scene
from seewhy.world.stream import stream_scenes
from seewhy.world.truth import TruthReport, check_statement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seewhy.datasets.nle import Picture

SIZE = 96


@dataclass(frozen=True)
class WorldExample:
    """An example whose scene is known, so that what is said of it can be checked."""

    example: NLEExample
    scene: Scene
    subject: int
    """Index of the thing that ``it`` means in reasons."""

    def check(self, reason: str) -> TruthReport:
        """Hold every claim of a reason against the scene graph."""
        return check_statement(reason, self.scene, subject=self.subject)


@dataclass(frozen=True)
class WorldQuestions:
    """Examples about scenes of one split; their picture is a name that ``draw_picture`` draws."""

    known: dict[str, WorldExample]
    """By the example's id."""

    @property
    def examples(self) -> tuple[NLEExample, ...]:
        """Scene by scene."""
        return tuple(one.example for one in self.known.values())

    def is_true(self, example: NLEExample, reason: str) -> bool:
        """Whether a reason claims something, and all of it is true of the scene."""
        return self.known[example.id].check(reason).is_true


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
    found = (one for number in scenes for one in _list_named(number, split, tasks))
    return WorldQuestions({one.example.id: one for one in found})


def draw_picture(name: str, size: int) -> NDArray[np.uint8]:
    """The picture of that name, ``SPLIT-NUMBER``, (size, size, 3)."""
    split, _, number = name.rpartition("-")
    return draw_scene(sample_scene(int(number), split=split), size, masks=False).image


def list_world_examples(
    scene: Scene, picture: Picture, *, tasks: Sequence[str] = TASKS, size: int = SIZE
) -> list[WorldExample]:
    """The questions about a scene, task by task, the same ones each time.

    Args:
        scene: what is asked about.
        picture: of the scene, or its name.
        tasks: which of the seven, in this order.
        size: height and width that boxes refer to, in pixels.

    Raises:
        UnknownNameError: if there is no such task.
    """
    for task in tasks:
        if task not in TASKS:
            raise UnknownNameError("task", task, TASKS)
    return [
        WorldExample(_make_example(question, scene, picture, number, size), scene, question.subject)
        for task in tasks
        for number, question in enumerate(ask_questions(scene, task))
    ]


def stream_world_examples(
    split: str = "train",
    *,
    tasks: Sequence[str] = TASKS,
    size: int = SIZE,
    start: int = 0,
    count: int | None = None,
    draw: bool = True,
    workers: int = 0,
) -> Iterator[WorldExample]:
    """Yield the questions about the scenes of a split, scene by scene.

    Args:
        split: ``train``, ``validation``, ``test`` or ``held-out``; no two share a scene.
        tasks: which of the seven.
        size: height and width of the pictures.
        start: number of the first scene.
        count: how many scenes; ``None`` for without end.
        draw: ``False`` gives their names instead, which ``draw_picture`` draws.
        workers: processes that draw, beside this one.

    Raises:
        UnknownNameError: if there is no such task or split.
        InvalidArgumentError: if ``count`` is negative.
    """
    if draw:
        for scene, drawing in stream_scenes(
            split, size=size, start=start, count=count, workers=workers
        ):
            yield from list_world_examples(scene, drawing.image, tasks=tasks, size=size)
        return
    if count is not None and count < 0:
        raise InvalidArgumentError(f"count must not be negative, got {count}.")
    numbers = itertools.count(start) if count is None else range(start, start + count)
    for number in numbers:
        yield from _list_named(number, split, tasks, size)


def _list_named(
    number: int, split: str, tasks: Sequence[str], size: int = SIZE
) -> list[WorldExample]:
    """The questions about one scene, whose picture is a name."""
    picture = Path(f"{split}-{number}")
    return list_world_examples(sample_scene(number, split=split), picture, tasks=tasks, size=size)


def _make_example(
    question: Question, scene: Scene, picture: Picture, number: int, size: int
) -> NLEExample:
    boxes = tuple(
        (b[0] * size, b[1] * size, b[2] * size, b[3] * size)
        for b in (region.box for region in question.regions)
    )
    return NLEExample(
        id=f"{scene.seed}-{question.task}-{number}",
        task=question.task,
        images=(picture,),
        question=question.question,
        answers=question.answers,
        explanations=question.explanations,
        choices=question.choices,
        objects=tuple(region.name for region in question.regions),
        boxes=boxes,
        image_size=(size, size) if boxes else None,
    )
