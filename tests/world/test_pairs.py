"""Pairs of scenes: symmetric, 1 with oneself, and lower with every difference."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from seewhy.world.pairs import WEIGHTS, compare_scenes, jaccard
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Part, Scene, Thing

PARTS = (Part("ears", ("long", "white")), Part("tail", ("fluffy",)))
RABBIT = Thing("rabbit", "pet", "white", "plain", "small", "sitting", PARTS, (0.5, 0.5), 0.5)
SCENE = Scene(1, (RABBIT,), (), "meadow", "flat", "day")


def test_the_weights_sum_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_a_scene_is_wholly_like_itself_and_likeness_has_no_direction() -> None:
    scenes = [sample_scene(seed) for seed in range(60)]
    for a, b in itertools.pairwise(scenes):
        assert compare_scenes(a, a).score == pytest.approx(1)
        assert compare_scenes(a, b) == compare_scenes(b, a)
        assert 0 <= compare_scenes(a, b).score <= 1


def test_a_cat_and_a_rabbit_share_what_the_table_says() -> None:
    cat = replace(
        RABBIT,
        name="cat",
        parts=(Part("ears", ("pointed", "white")), Part("tail", ("curled",)), Part("paws")),
    )
    truth = compare_scenes(SCENE, replace(SCENE, things=(cat,)))
    assert truth.parts == {"ears", "tail"}
    assert truth.attributes == {("ears", "white")}
    assert (truth.same_class, truth.same_family, truth.same_background) == (False, True, True)
    assert truth.colors == {"white"}
    assert truth.classes == frozenset()
    # all but the class; 2 of 3 part names, 1 of 5 attributes
    assert truth.score == pytest.approx(0.15 + 0.20 * 2 / 3 + 0.10 / 5 + 0.10 + 0.05 + 0.10 + 0.05)


@pytest.mark.parametrize("change", [{"background": "street"}, {"light": "night"}])
def test_every_difference_lowers_the_score(change: dict[str, str]) -> None:
    assert compare_scenes(SCENE, replace(SCENE, **change)).score < 1


def test_two_empty_sets_agree() -> None:
    assert jaccard(frozenset(), frozenset()) == 1
