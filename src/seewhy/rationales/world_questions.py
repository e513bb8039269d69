"""The world's questions by the names of their pictures, which are drawn when they are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seewhy.datasets.nle import TASKS, NLEExample
from seewhy.rationales.world_examples import WorldExample, list_world_examples
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene


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
    found = {}
    for number in scenes:
        scene, picture = sample_scene(number, split=split), Path(f"{split}-{number}")
        for one in list_world_examples(scene, picture, tasks=tasks):
            found[one.example.id] = one
    return WorldQuestions(found)


def draw_picture(name: str, size: int) -> NDArray[np.uint8]:
    """The picture of that name, ``SPLIT-NUMBER``, (size, size, 3)."""
    split, _, number = name.rpartition("-")
    return draw_scene(sample_scene(int(number), split=split), size, masks=False).image
