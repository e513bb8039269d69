"""Pairs of drawn scenes that share one thing and nothing else, with masks of what they share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import InvalidArgumentError
from seewhy.world.drawing.scenes import Drawing, draw_scene
from seewhy.world.pairs import PairTruth, compare_scenes
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Scene

LOOKED_AT = 60
"""Scenes that are looked at for each pair, at most."""


@dataclass(frozen=True, eq=False)
class ScenePair:
    """Two scenes whose main things look the same, before different backgrounds."""

    seeds: tuple[int, int]
    """What ``sample_scene`` is given for each."""
    name: str
    """Class of the thing that both show."""
    truth: PairTruth
    pictures: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    """(size, size, 3) each."""
    parts: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    """Where the shared parts of the thing are, (size, size) each; at least one pixel."""
    things: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    """Where the whole thing is."""


def find_scene_pairs(
    count: int, *, size: int, split: str = "test", start: int = 0
) -> Iterator[ScenePair]:
    """Scenes in the order of their seeds, each with the first later one that shares its thing only.

    Two scenes are a pair if their main things are of one class with at least one part that both
    show, their backgrounds differ, and no other class stands in both. The second's main thing is
    then given the looks of the first's: what both share is known, since nothing else was shared.
    No scene is in two pairs.

    Args:
        count: of pairs.
        size: height and width they are drawn at, in pixels.
        split: of the world.
        start: seed of the first scene.

    Raises:
        InvalidArgumentError: if ``count`` is below 1, or so many pairs are not found.
    """
    if count < 1:
        raise InvalidArgumentError(f"The number of pairs must be at least 1, got {count}.")
    waiting: dict[int, Scene] = {}
    found = 0
    for seed in itertools.count(start):
        if found == count:
            return
        if seed - start >= LOOKED_AT * count:
            raise InvalidArgumentError(
                f"Only {found} of {count} pairs are among {seed - start} scenes of {split}. "
                "Ask for fewer, or begin elsewhere."
            )
        scene = sample_scene(seed, split=split)
        fits = (early for early, other in waiting.items() if shares_only_its_thing(other, scene))
        partner = next(fits, None)
        pair = (
            None if partner is None else _draw_pair({partner: waiting[partner], seed: scene}, size)
        )
        if partner is None or pair is None:
            waiting[seed] = scene
            continue
        del waiting[partner]
        found += 1
        yield pair


def shares_only_its_thing(first: Scene, second: Scene) -> bool:
    """Whether two scenes are alike in their main thing's class, and in no other class or place."""
    truth = compare_scenes(first, second)
    is_alone = truth.classes == {first.things[0].name}
    return truth.same_class and is_alone and not truth.same_background and bool(truth.parts)


def _draw_pair(scenes: dict[int, Scene], size: int) -> ScenePair | None:
    """Two scenes by their seeds, drawn; ``None`` where something hides all shared parts of one."""
    first, second = scenes.values()
    second = give_looks(first, second)
    truth = compare_scenes(first, second)
    drawings = tuple(draw_scene(scene, size) for scene in (first, second))
    parts = tuple(mask_parts(drawing, truth.parts) for drawing in drawings)
    if not all(mask.any() for mask in parts):
        return None
    return ScenePair(
        seeds=(min(scenes), max(scenes)),
        name=first.things[0].name,
        truth=truth,
        pictures=(drawings[0].image, drawings[1].image),
        parts=(parts[0], parts[1]),
        things=(drawings[0].thing_masks[0], drawings[1].thing_masks[0]),
    )


def give_looks(first: Scene, second: Scene) -> Scene:
    """The second scene, its main thing with color, pattern and parts of the first's."""
    giver, main = first.things[0], second.things[0]
    main = replace(main, color=giver.color, pattern=giver.pattern, parts=giver.parts)
    return replace(second, things=(main, *second.things[1:]))


def mask_parts(drawing: Drawing, names: frozenset[str]) -> NDArray[np.bool_]:
    """Where parts of the main thing are, by their names, (size, size)."""
    masks = [mask for name, mask in drawing.part_masks[0].items() if name in names]
    empty = np.zeros(drawing.image.shape[:2], bool)
    return np.logical_or.reduce([empty, *masks])
