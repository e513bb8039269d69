"""Scenes of the small world before another background: the same things, elsewhere."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seewhy.encoders.text_cache import find_cache_folder
from seewhy.training.world_scenes import SHARD, digest_world
from seewhy.world.catalogue import CLASSES
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Scene

LIGHTS = ("day", "dusk", "night")


def load_moved(scenes: int, *, size: int, split: str = "train") -> NDArray[np.uint8]:
    """The pictures that ``world_scenes.load_world`` gives, each before another background.

    Drawn once and kept in the cache, as those are.

    Args:
        scenes: how many.
        size: height and width, in pixels.
        split: of the world.

    Returns:
        (scenes, size, size, 3).
    """
    shards = [load_moved_shard(n, size=size, split=split) for n in range(-(-scenes // SHARD))]
    return np.concatenate(shards)[:scenes]


def load_moved_shard(number: int, *, size: int, split: str) -> NDArray[np.uint8]:
    """Scenes ``number * SHARD`` and following, drawn now or read from the cache."""
    folder = find_cache_folder() / "world" / digest_world()[:16]
    path = folder / f"{split}-{size}-moved-{number:04d}.npy"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        seeds = range(number * SHARD, (number + 1) * SHARD)
        moved = (move_scene(sample_scene(seed, split=split)) for seed in seeds)
        images = np.stack([draw_scene(scene, size, masks=False).image for scene in moved])
        partial = path.with_suffix(f".{os.getpid()}.partial")
        with partial.open("wb") as file:
            np.save(file, images)
        partial.replace(path)
    return np.load(path, allow_pickle=False)


def move_scene(scene: Scene) -> Scene:
    """The same things before another background, in any light; the same for the same scene."""
    numbers = np.random.default_rng([scene.seed, 0xB6])
    places = find_backgrounds()
    places.remove(scene.background)
    background = places[int(numbers.integers(len(places)))]
    return replace(scene, background=background, light=LIGHTS[int(numbers.integers(len(LIGHTS)))])


def find_backgrounds() -> list[str]:
    """All backgrounds of the world, sorted."""
    return sorted(
        {place for spec in CLASSES.values() for places in spec.actions.values() for place in places}
    )
