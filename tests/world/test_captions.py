"""Captions: five of them, different, true, and together all the words of the world."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from seewhy.world.captions import caption_scene
from seewhy.world.catalogue import CLASSES, COLORS, PATTERNS
from seewhy.world.phrases import COVERS, KINDS, LIGHTS, NATURES, PLACES, SIZES, STYLES
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Part, Relation, Scene, Thing
from seewhy.world.truth import check_statement

RABBIT = Thing(
    name="rabbit",
    family="pet",
    color="white",
    pattern="plain",
    size="small",
    action="sleeping",
    parts=(Part("ears", ("long", "white")), Part("tail", ("fluffy",))),
    center=(0.3, 0.6),
    scale=0.5,
)
OWL = Thing(
    name="owl",
    family="bird",
    color="brown",
    pattern="spotted",
    size="large",
    action="sitting",
    parts=(Part("eyes", ("round",)),),
    center=(0.7, 0.5),
    scale=0.5,
)
SCENE = Scene(5, (RABBIT, OWL), (Relation(0, "left of", 1),), "meadow", "flat", "dusk")
splits = pytest.mark.parametrize("split", ["train", "held-out"])


@splits
def test_five_captions_differ_and_are_true(split: str) -> None:
    for seed in range(400):
        scene = sample_scene(seed, split=split)
        captions = caption_scene(scene)
        assert len(set(captions)) == 5
        for caption in captions:
            report = check_statement(caption, scene)
            assert report.is_true, (caption, report.false_claims)
            assert not report.unknown, caption


def test_captions_come_from_the_seed_alone() -> None:
    scene = sample_scene(11)
    assert caption_scene(scene) == caption_scene(sample_scene(11))
    assert caption_scene(scene) != caption_scene(replace(scene, seed=scene.seed + 1))


def test_the_captions_of_many_scenes_say_every_word_of_the_world() -> None:
    said = " ".join(
        f" {caption.replace(',', '').replace(':', '')} "
        for seed in range(1500)
        for caption in caption_scene(sample_scene(seed))
    )
    parts = {part for spec in CLASSES.values() for part in spec.parts}
    words = {
        *CLASSES,
        *COLORS,
        *PATTERNS,
        *SIZES.values(),
        *COVERS.values(),
        *(kind for kinds in KINDS.values() for kind in kinds),
        *(action for spec in CLASSES.values() for action in spec.actions if action),
        *(part.name for part in parts),
        *(word for part in parts for word in part.attributes),
        *(phrase for table in (LIGHTS, STYLES, NATURES) for phrase in _said(table)),
        *(phrases[0].split(" ", 1)[1] for phrases in PLACES.values()),
    }
    assert not {word for word in words if f" {word} " not in said}


def _said(table: dict[str, tuple[str, ...]] | dict[str, str]) -> list[str]:
    return [
        phrase for said in table.values() for phrase in ([said] if isinstance(said, str) else said)
    ]


def test_nothing_is_sleeping_in_the_night_sky_unless_it_flies() -> None:
    for seed in range(600):
        scene = sample_scene(seed)
        if scene.background == "night sky" and scene.things[0].action != "flying":
            assert not [c for c in caption_scene(scene) if " in the night sky" in c]


def test_articles_fit_what_follows() -> None:
    for seed in range(500):
        for caption in caption_scene(sample_scene(seed)):
            words = caption.replace(",", "").split()
            for first, second in itertools.pairwise(words):
                if first in ("a", "an"):
                    assert (first == "an") == (second[0] in "aeiou"), caption


def test_the_captions_of_this_scene_read_so() -> None:
    assert caption_scene(SCENE) == (
        "a small plain white rabbit sleeping in the meadow",
        "a rabbit with plain fur and long ears",
        "a small animal sleeping in a meadow: it is a rabbit",
        "this is a rabbit sleeping on the grass at sunset",
        "a flat drawing of a small white rabbit with long white ears and a "
        "fluffy tail, sleeping in a meadow at dusk, on the left of a large brown owl",
    )
