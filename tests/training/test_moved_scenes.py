"""The same things before another background, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.training import moved_scenes
from seewhy.training.moved_scenes import find_backgrounds, load_moved, move_scene
from seewhy.world.catalogue import BACKGROUNDS
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(moved_scenes, "SHARD", 4)


def test_things_stay_and_the_background_never_does():
    seen = set()
    for seed in range(60):
        scene = sample_scene(seed)
        moved = move_scene(scene)
        assert moved == move_scene(scene)
        assert (moved.things, moved.style, moved.seed) == (scene.things, scene.style, scene.seed)
        assert moved.background != scene.background
        seen.add(moved.background)
    assert seen == set(find_backgrounds()) == set(BACKGROUNDS)


def test_things_are_where_they_were():
    scene = sample_scene(7)
    before, after = draw_scene(scene, 64), draw_scene(move_scene(scene), 64)
    np.testing.assert_array_equal(before.thing_masks, after.thing_masks)
    outside = ~before.thing_masks.any(0)
    assert (before.image != after.image).any(2)[outside].mean() > 0.5


def test_pictures_are_those_of_the_scenes_whether_drawn_or_read(monkeypatch):
    drawn = load_moved(6, size=32)
    scenes = [move_scene(sample_scene(seed, split="train")) for seed in range(6)]
    expected = np.stack([draw_scene(scene, 32).image for scene in scenes])
    np.testing.assert_array_equal(drawn, expected)
    monkeypatch.delattr(moved_scenes, "draw_scene")  # all is in the cache
    np.testing.assert_array_equal(load_moved(6, size=32), drawn)
    np.testing.assert_array_equal(load_moved(3, size=32), drawn[:3])
