"""Descriptors: what is said of classes and scenes is in the vocabulary, and true."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.world.catalogue import CLASSES
from seewhy.world.descriptors import (
    describe_class,
    describe_scene,
    is_true,
    part_of_phrase,
    vocabulary,
)
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Part, Scene, Thing

CAT = Thing(
    name="cat",
    family="pet",
    color="orange",
    pattern="striped",
    size="small",
    action="sleeping",
    parts=(Part("ears", ("pointed", "orange")), Part("whiskers", ("long",))),
    center=(0.5, 0.5),
    scale=0.5,
)
SCENE = Scene(7, (CAT,), (), "meadow", "flat", "dusk")
every_class = pytest.mark.parametrize("name", list(CLASSES))


def test_a_scene_of_a_cat_is_described_by_these_phrases_and_no_others() -> None:
    assert describe_scene(SCENE) == {
        "pointed orange ears",
        "pointed ears",
        "long whiskers",
        "fur",
        "orange fur",
        "striped fur",
        "an orange animal",
        "a striped animal",
        "a small animal",
        "an animal that catches mice",
        "a pet",
        "an animal",
        "sleeping",
        "in a meadow",
        "at dusk",
        "a flat drawing",
    }


@every_class
def test_a_class_has_at_least_six_phrases_without_its_name(name: str) -> None:
    phrases = describe_class(name)
    assert len(set(phrases)) == len(phrases) >= 6
    assert not [phrase for phrase in phrases if name in phrase.split()]


@pytest.mark.parametrize("split", ["train", "held-out"])
def test_what_is_said_of_a_class_is_true_of_every_member(split: str) -> None:
    for seed in range(300):
        scene = sample_scene(seed, split=split)
        for thing in scene.things:
            assert describe_scene(scene).issuperset(describe_class(thing.name))


def test_the_vocabulary_is_sorted_large_and_what_scenes_say() -> None:
    words = vocabulary()
    assert len(words) >= 200
    assert list(words) == sorted(set(words))
    said = frozenset().union(*(describe_scene(sample_scene(seed)) for seed in range(1200)))
    assert said <= set(words)
    assert len(said) > 0.9 * len(words)  # the rest are looks kept for the held-out split


def test_a_part_that_is_not_there_is_not_claimed() -> None:
    assert is_true("long whiskers", SCENE)
    shaved = replace(SCENE, things=(replace(CAT, parts=CAT.parts[:1]),))
    assert not is_true("long whiskers", shaved)


@pytest.mark.parametrize("phrase", ["an orange animal", "orange animal", " An orange Animal "])
def test_articles_and_capitals_do_not_matter(phrase: str) -> None:
    assert is_true(phrase, SCENE)


@pytest.mark.parametrize(
    ("phrase", "part"),
    [
        ("a curled tail", "tail"),
        ("curled orange tail", "tail"),
        ("a gray stone tower", "tower"),
        ("tall eye stalks", "eye stalks"),
        ("orange fur", None),
        ("in a meadow", None),
    ],
)
def test_a_phrase_knows_its_part(phrase: str, part: str | None) -> None:
    assert part_of_phrase(phrase) == part


def test_unknown_names_are_refused_with_a_guess() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'rabbit'"):
        describe_class("rabit")
    with pytest.raises(InvalidArgumentError, match="Did you mean 'long whiskers'"):
        is_true("long wiskers", SCENE)
