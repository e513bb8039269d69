"""Flawed captions: the flaw is one, it is false or broken, and the repair undoes it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.world.flaws import (
    FLAWS,
    Operation,
    apply_operations,
    find_operations,
    flaw_caption,
    possible_flaws,
)
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Part, Scene, Thing
from seewhy.world.truth import check_statement

FALSE_KINDS = ("object", "color", "count", "relation", "action")
HOUSE = Thing(
    "house", "building", "red", "plain", "large", "", (Part("door", ("wooden",)),), (0.5, 0.5), 0.5
)
LONE_HOUSE = Scene(3, (HOUSE,), (), "meadow", "flat", "day")
every_kind = pytest.mark.parametrize("kind", list(FLAWS))


def scenes_for(kind: str, number: int = 50) -> list[Scene]:
    scenes = [
        sample_scene(seed, split=split) for seed in range(number) for split in ("train", "held-out")
    ]
    return [scene for scene in scenes if kind in possible_flaws(scene)]


@every_kind
def test_the_repair_is_true_and_the_operations_lead_to_it(kind: str) -> None:
    for scene in scenes_for(kind):
        flawed = flaw_caption(scene, 3, kind)
        assert flawed.kind == kind
        assert check_statement(flawed.repaired, scene).is_true, flawed
        assert apply_operations(flawed.text, flawed.operations) == flawed.repaired
        assert (flawed.text == flawed.repaired) == (kind == "none") == (not flawed.operations)


@pytest.mark.parametrize("kind", FALSE_KINDS)
def test_a_wrong_word_makes_the_caption_false(kind: str) -> None:
    for scene in scenes_for(kind):
        flawed = flaw_caption(scene, 4, kind)
        assert check_statement(flawed.text, scene).false_claims, flawed


@pytest.mark.parametrize(("kind", "change"), [("missing word", -1), ("repeated word", 1)])
def test_a_broken_caption_has_one_word_too_few_or_too_many(kind: str, change: int) -> None:
    for scene in scenes_for(kind):
        flawed = flaw_caption(scene, 5, kind)
        assert len(flawed.text.split()) - len(flawed.repaired.split()) == change
        (step,) = flawed.operations
        assert step.kind == ("insert" if change < 0 else "delete")


def test_articles_fit_the_wrong_word() -> None:
    for scene in scenes_for("object"):
        words = flaw_caption(scene, 6, "object").text.replace(",", "").split()
        for first, second in itertools.pairwise(words):
            if first in ("a", "an"):
                assert (first == "an") == (second[0] in "aeiou"), words


def test_counts_are_not_always_wrong() -> None:
    correct = [flaw_caption(scene, 0, "none").text for scene in scenes_for("none")]
    assert [text for text in correct if text.startswith(("there is one ", "there are two "))]


def test_seed_and_scene_decide() -> None:
    scene = sample_scene(8)
    assert flaw_caption(scene, 1) == flaw_caption(scene, 1)
    assert len({flaw_caption(scene, seed) for seed in range(20)}) > 10
    assert {flaw_caption(scene, seed).kind for seed in range(200)} == set(possible_flaws(scene))


def test_operations_by_hand() -> None:
    operations = find_operations("a red the cat sits", "a black cat sits down")
    assert operations == (
        Operation("replace", 1, 3, ("black",)),
        Operation("insert", 5, 5, ("down",)),
    )
    assert apply_operations("a red the cat sits", operations) == "a black cat sits down"
    assert apply_operations("left as it is", ()) == "left as it is"


WORDS = st.lists(st.sampled_from("a red cat sits on the".split()), max_size=8).map(" ".join)


@given(WORDS, WORDS)
def test_operations_lead_from_any_caption_to_any_other(text: str, repaired: str) -> None:
    assert apply_operations(text, find_operations(text, repaired)) == repaired


@pytest.mark.parametrize("kind", ["action", "relation"])
def test_a_lone_house_allows_no_such_flaw(kind: str) -> None:
    assert kind not in possible_flaws(LONE_HOUSE)
    with pytest.raises(InvalidArgumentError, match=f"no flaw of kind '{kind}'"):
        flaw_caption(LONE_HOUSE, 0, kind)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'color'"):
        flaw_caption(LONE_HOUSE, 0, "colour")
