"""The world's questions as a data set: pictures in memory, answers and reasons known to be true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seewhy.datasets.nle import TASKS, NLEExample
from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.world.question import Question
from seewhy.world.questions import ask_questions
from seewhy.world.sampling import MAX_THINGS, sample_scene
from seewhy.world.scene import Scene
from seewhy.world.stream import stream_scenes
from seewhy.world.truth import TruthReport, check_statement

if TYPE_CHECKING:
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


def list_world_examples(
    scene: Scene, picture: Picture | None, *, tasks: Sequence[str] = TASKS, size: int = SIZE
) -> list[WorldExample]:
    """The questions about a scene, task by task, the same ones each time.

    Args:
        scene: what is asked about.
        picture: of the scene; ``None`` for those who only need the texts.
        tasks: which of the seven, in this order.
        size: height and width that boxes refer to, in pixels.

    Raises:
        UnknownNameError: if there is no such task.
    """
    for task in tasks:
        if task not in TASKS:
            raise UnknownNameError("task", task, TASKS)
    images = () if picture is None else (picture,)
    return [
        WorldExample(_make_example(question, scene, images, number, size), scene, question.subject)
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
    max_things: int = MAX_THINGS,
    workers: int = 0,
) -> Iterator[WorldExample]:
    """Yield the questions about the scenes of a split, scene by scene.

    Args:
        split: ``train``, ``validation``, ``test`` or ``held-out``; no two share a scene.
        tasks: which of the seven.
        size: height and width of the pictures.
        start: number of the first scene.
        count: how many scenes; ``None`` for without end.
        draw: ``False`` leaves the pictures out, for those who only need the texts.
        max_things: 1 to 3 things in a scene.
        workers: processes that draw, beside this one.

    Raises:
        UnknownNameError: if there is no such task or split.
        InvalidArgumentError: if ``count`` is negative.
    """
    if draw:
        for scene, drawing in stream_scenes(
            split, size=size, start=start, count=count, max_things=max_things, workers=workers
        ):
            yield from list_world_examples(scene, drawing.image, tasks=tasks, size=size)
        return
    if count is not None and count < 0:
        raise InvalidArgumentError(f"count must not be negative, got {count}.")
    seed = start
    while count is None or seed < start + count:
        scene = sample_scene(seed, split=split, max_things=max_things)
        yield from list_world_examples(scene, None, tasks=tasks, size=size)
        seed += 1


def _make_example(
    question: Question, scene: Scene, images: tuple[Picture, ...], number: int, size: int
) -> NLEExample:
    boxes = tuple(
        (b[0] * size, b[1] * size, b[2] * size, b[3] * size)
        for b in (region.box for region in question.regions)
    )
    return NLEExample(
        id=f"{scene.seed}-{question.task}-{number}",
        task=question.task,
        images=images,
        question=question.question,
        answers=question.answers,
        explanations=question.explanations,
        choices=question.choices,
        objects=tuple(region.name for region in question.regions),
        boxes=boxes,
        image_size=(size, size) if boxes else None,
    )
