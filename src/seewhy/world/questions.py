"""Questions, answers and reasons about a scene, for the seven tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from seewhy.errors import UnknownNameError
from seewhy.world.question import Question
from seewhy.world.question_tasks import (
    ask_act_x,
    ask_aokvqa,
    ask_esnli_ve,
    ask_imagenet_x,
    ask_vcr,
    ask_vqa_parax,
    ask_vqa_x,
)
from seewhy.world.scene import Scene

TASKS: dict[str, Callable[[Scene, Random], Iterable[Question]]] = {
    "vqa-x": ask_vqa_x,
    "vqa-parax": ask_vqa_parax,
    "a-okvqa": ask_aokvqa,
    "imagenet-x": ask_imagenet_x,
    "act-x": ask_act_x,
    "e-snli-ve": ask_esnli_ve,
    "vcr": ask_vcr,
}
"""The seven tasks, named after the data sets whose shape they have."""


def ask_questions(scene: Scene, task: str) -> tuple[Question, ...]:
    """The questions of one task about a scene, the same ones each time.

    Every explanation is true of the scene (``truth.check_statement`` agrees), and yes and no
    are as likely as each other. ``act-x`` asks nothing of a scene where nobody acts.

    Raises:
        UnknownNameError: if ``task`` is not in ``TASKS``.

    Example:
        >>> from seewhy.world.sampling import sample_scene
        >>> [question.answers for question in ask_questions(sample_scene(0), "imagenet-x")]
        [('castle',)]
    """
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    return tuple(TASKS[task](scene, Random(f"{task} of {scene.seed}")))
