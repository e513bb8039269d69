"""Scenes with their pictures, one after another, in several processes if wanted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

from seewhy.errors import InvalidArgumentError
from seewhy.world.drawing.scenes import Drawing, draw_scene
from seewhy.world.sampling import MAX_THINGS, sample_scene
from seewhy.world.scene import Scene

CHUNK = 32


def stream_scenes(
    split: str = "train",
    *,
    size: int = 96,
    start: int = 0,
    count: int | None = None,
    masks: bool = False,
    max_things: int = MAX_THINGS,
    workers: int = 0,
) -> Iterator[tuple[Scene, Drawing]]:
    """Yield scenes of a split and their drawings, in the order of their seeds.

    Nothing is stored, and the scenes are the same whatever the number of workers.

    Args:
        split: ``train``, ``validation``, ``test`` or ``held-out``.
        size: height and width in pixels.
        start: seed of the first scene.
        count: how many; ``None`` for without end.
        masks: whether to work out masks and boxes.
        max_things: 1 to 3 things in a scene.
        workers: processes beside this one; 0 draws here.

    Raises:
        InvalidArgumentError: if ``workers`` or ``count`` is negative.
    """
    if workers < 0 or (count is not None and count < 0):
        raise InvalidArgumentError(
            f"workers and count must not be negative, got {workers}, {count}."
        )
    seeds = itertools.count(start) if count is None else iter(range(start, start + count))
    if workers == 0:
        for seed in seeds:
            yield from _draw_chunk(split, [seed], size, masks, max_things)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        pending: list[Future[list[tuple[Scene, Drawing]]]] = []
        try:
            while chunk := list(itertools.islice(seeds, CHUNK)):
                pending.append(pool.submit(_draw_chunk, split, chunk, size, masks, max_things))
                if len(pending) > 2 * workers:
                    yield from pending.pop(0).result()
            while pending:
                yield from pending.pop(0).result()
        finally:  # whoever stops early does not wait for what was only begun
            for future in pending:
                future.cancel()


def _draw_chunk(
    split: str, seeds: list[int], size: int, masks: bool, max_things: int
) -> list[tuple[Scene, Drawing]]:
    scenes = [sample_scene(seed, split=split, max_things=max_things) for seed in seeds]
    return [(scene, draw_scene(scene, size, masks=masks)) for scene in scenes]
