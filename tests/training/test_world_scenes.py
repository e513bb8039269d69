from __future__ import annotations

import numpy as np
import pytest

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.training import world_scenes
from seewhy.training.world_scenes import SceneTexts, draw_scenes, load_world, write_texts
from seewhy.world.captions import caption_scene
from seewhy.world.catalogue import CLASSES
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene


@pytest.fixture(autouse=True)
def small_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path))
    monkeypatch.setattr(world_scenes, "SHARD", 4)
    return tmp_path


def test_scenes_come_with_their_class_and_captions():
    data = load_world(6, size=64, split="test")
    assert data.images.shape == (6, 64, 64, 3)
    for i in range(6):
        scene = sample_scene(i, split="test")
        assert data.classes[i] == scene.things[0].name
        assert data.captions[i][:5] == caption_scene(scene)
        assert f"a picture of a {scene.things[0].name}" in data.captions[i]
        assert np.array_equal(data.images[i], draw_scene(scene, 64, masks=False).image)


def test_scenes_are_drawn_once(monkeypatch):
    first = load_world(6, size=64)
    monkeypatch.setattr(world_scenes, "draw_scenes", None)  # would fail if it were called
    monkeypatch.setattr(
        world_scenes, "digest_world", lambda digest=world_scenes.digest_world(): digest
    )
    again = load_world(5, size=64)
    assert np.array_equal(again.images, first.images[:5])
    assert again.captions == first.captions[:5]


def test_another_world_is_drawn_anew(small_cache, monkeypatch):
    load_world(1, size=64)
    monkeypatch.setattr(world_scenes, "digest_world", lambda: "another" * 9)
    load_world(1, size=64)
    assert len(list((small_cache / "world").iterdir())) == 2


def test_families_can_be_left_out():
    family = sample_scene(0).things[0].family
    data = load_world(8, size=64, without=[family])
    assert 0 < len(data) < 8
    assert all(CLASSES[name].family != family for name in data.classes)
    for i in range(8):
        scene = sample_scene(i)
        hidden = any(thing.family == family for thing in scene.things)
        assert hidden == (caption_scene(scene) not in [texts[:5] for texts in data.captions])


def test_leaving_everything_out_is_an_error():
    families = sorted({spec.family for spec in CLASSES.values()})
    with pytest.raises(InvalidArgumentError, match="No scenes are left of 2"):
        load_world(2, size=64, without=families)


def test_a_family_that_does_not_exist_is_named():
    with pytest.raises(UnknownNameError, match=r"No family named 'pets'\. Did you mean 'pet'"):
        load_world(2, size=64, without=["pets"])


def test_texts_hold_the_prompts_of_explanations_and_only_true_phrases():
    texts = SceneTexts(8, "owl", ("bird",), ("a", "b", "c", "d", "e"), tuple("uvwxyz"))
    written = write_texts(texts)
    assert written == write_texts(texts)
    assert written[5:7] == ("a picture of a owl", "an owl")
    phrases = written[7].removeprefix("a photo showing ")
    assert phrases in "uvwxyz"
    said = set("".join(written[7:]).replace("a photo showing", "").replace("a picture with", ""))
    assert said >= set("uvwxyz")


def test_the_digest_follows_pictures_and_words(monkeypatch):
    world_scenes.digest_world.cache_clear()
    before = world_scenes.digest_world()
    world_scenes.digest_world.cache_clear()
    assert world_scenes.digest_world() == before

    def say_otherwise(scene):
        return tuple(text.replace("a ", "the ") for text in caption_scene(scene))

    world_scenes.digest_world.cache_clear()
    monkeypatch.setattr(world_scenes, "caption_scene", say_otherwise)
    assert world_scenes.digest_world() != before
    world_scenes.digest_world.cache_clear()


def test_what_is_drawn_says_where_it_is_from():
    ((_, texts),) = draw_scenes([3], 64, "held-out")
    scene = sample_scene(3, split="held-out")
    assert (texts.seed, texts.name) == (scene.seed, scene.things[0].name)
    assert texts.families == tuple(thing.family for thing in scene.things)
