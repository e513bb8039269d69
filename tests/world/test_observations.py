"""Observations: the truth holds, the lie does not, and every reason is true."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from seewhy.world.observation import Observation, draw_observation, refer
from seewhy.world.observations import observe
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Part, Scene, Thing
from seewhy.world.truth import check_statement

KINDS = {"action", "color", "pattern", "place", "part", "presence", "relation", "count", "light"}


def observations(split: str, number: int = 200) -> list[tuple[Scene, Observation]]:
    scenes = [sample_scene(seed, split=split) for seed in range(number)]
    return [(scene, one) for scene in scenes for one in observe(scene, Random(scene.seed))]


@pytest.mark.parametrize("split", ["train", "held-out"])
def test_truth_lie_reasons_and_refutation_are_what_they_are_called(split: str) -> None:
    for scene, one in observations(split):
        for text in (one.state(one.truth), one.refutation, *one.reasons):
            report = check_statement(text, scene, subject=one.thing)
            assert report.is_true, (text, report)
            assert not report.unknown, text
        lie = check_statement(one.state(one.lie), scene, subject=one.thing)
        assert lie.false_claims, one


def test_every_kind_is_observed() -> None:
    assert {one.kind for _, one in observations("train")} == KINDS


def test_a_name_fits_one_thing_only() -> None:
    for seed in range(400):
        scene = sample_scene(seed)
        for index in range(len(scene.things)):
            name = refer(scene, index)
            words = set(name.replace("medium-sized", "medium").split()) - {"the"}
            fitting = [
                i
                for i, t in enumerate(scene.things)
                if words and words <= {t.name, t.color, t.pattern, t.size}
            ]
            assert fitting in ([index], []), (name, scene)


def test_twins_have_no_name() -> None:
    twin = Thing("cat", "pet", "red", "plain", "small", "sitting", (Part("tail"),), (0.2, 0.5), 0.4)
    assert refer(Scene(0, (twin, twin), (), "room", "flat", "day"), 0) == ""


def test_part_lies_come_from_the_same_kind_of_thing() -> None:
    """Otherwise *does the animal have round wheels* would answer itself."""
    true, false = Counter[str](), Counter[str]()
    for _, one in observations("train", 700):
        if one.kind == "part" and one.subject == "the animal":
            true[one.truth] += 1
            false[one.lie] += 1
    both = set(true) & set(false)
    assert len(both) > 0.9 * len(set(true) | set(false))


def test_kinds_are_drawn_alike() -> None:
    seen = observe(sample_scene(2), Random(0))
    generator = Random(1)
    drawn = Counter(draw_observation(seen, generator).kind for _ in range(4000))
    expected = 4000 / len(drawn)
    assert all(abs(number - expected) < 0.25 * expected for number in drawn.values())


@pytest.mark.parametrize(
    ("kind", "value", "question"),
    [
        ("count", "two cats", "are there two cats?"),
        ("count", "only one cat", "is there only one cat?"),
        ("presence", "a cat", "is there a cat?"),
    ],
)
def test_questions_agree_in_number(kind: str, value: str, question: str) -> None:
    one = Observation(kind, 0, "there", "is", value, "", "", (), "")
    assert one.ask(value) == question


def test_having_is_asked_with_do() -> None:
    one = Observation("part", 0, "the cat", "has", "a tail", "wings", "", (), "")
    assert one.ask("a tail") == "does the cat have a tail?"
    assert one.state("a tail") == "the cat has a tail"
