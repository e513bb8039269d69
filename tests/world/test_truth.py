"""The truth of sentences about one scene that is written down here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.errors import InvalidArgumentError
from seewhy.world.lexicon import list_entries
from seewhy.world.scene import Part, Relation, Scene, Thing
from seewhy.world.truth import check_statement

CAT = Thing(
    name="cat",
    family="pet",
    color="orange",
    pattern="striped",
    size="small",
    action="sleeping",
    parts=(
        Part("ears", ("pointed", "orange")),
        Part("whiskers", ("long",)),
        Part("tail", ("curled", "orange")),
    ),
    center=(0.3, 0.5),
    scale=0.5,
)
BLACK_DOG = Thing(
    name="dog",
    family="pet",
    color="black",
    pattern="plain",
    size="large",
    action="sitting",
    parts=(Part("ears", ("floppy",)), Part("collar", ("red",))),
    center=(0.6, 0.5),
    scale=0.5,
)
WHITE_DOG = Thing(
    name="dog",
    family="pet",
    color="white",
    pattern="spotted",
    size="small",
    action="jumping",
    parts=(Part("ears", ("floppy",)), Part("collar", ("red",))),
    center=(0.9, 0.5),
    scale=0.3,
)
SCENE = Scene(
    seed=1,
    things=(CAT, BLACK_DOG, WHITE_DOG),
    relations=(
        Relation(0, "left of", 1),
        Relation(1, "left of", 2),
        Relation(0, "left of", 2),
        Relation(0, "next to", 1),
    ),
    background="meadow",
    style="flat",
    light="day",
)
CACTUS = Thing(
    "cactus", "plant", "green", "plain", "small", "", (Part("flower", ("pink",)),), (0.5, 0.5), 0.5
)
DESERT = Scene(2, (CACTUS,), (), "desert", "outlined", "night")

TRUE = """
the cat is orange
It is not white but striped.
there are two dogs
there are three animals
there is no rabbit
there is one cat and there are two dogs
the dog with the red collar is sitting
a black dog is to the right of the cat
the cat is left of the white dog
the white dog is not left of the black dog
its ears are pointed
the cat's tail is curled and orange
the tail of the cat is curled
long whiskers and a curled tail belong to a cat
the cat has orange fur and no collar
a cat is an animal
cats eat mice
young dogs are called puppies
the color of the cat is orange
the cat is sleeping, not jumping
a large dog is sitting in a meadow by day
the animal is not a dog but a cat
a cat without a collar is next to a black dog
a small dog is jumping
the dog is not sleeping
a flat drawing of a striped orange cat
the cat is orange, but we cannot tell whether it is green
a dog isn't a cat, and the dog is jumping
there is an animal that catches mice
[thing1] is black and [thing0] is to the left of [thing1]
"""
FALSE = """
the cat is white
there are three dogs
there are two cats
there is a rabbit
there is no cat
a jumping cat
the cat has floppy ears
its ears are floppy
its tail is white
the cat's tail is striped
the tail of the cat is long
the cat is right of the black dog
the black dog is next to the white dog
a small black dog
the white dog is sitting
the cat is not sleeping
it is a dog
a cat without a tail
the cat is a vehicle
the cat is at the beach
it is at night
an outlined drawing of a cat
cats eat bones
young cats are called puppies
there is an animal that hunts
[thing1] is white
[thing3] is a dog
[thing0] is to the right of [thing1]
the cat has black fur
"""


@pytest.mark.parametrize("sentence", TRUE.strip().splitlines())
def test_true_sentences_are_true(sentence: str) -> None:
    report = check_statement(sentence, SCENE)
    assert report.is_true, report


@pytest.mark.parametrize("sentence", FALSE.strip().splitlines())
def test_false_sentences_are_false(sentence: str) -> None:
    report = check_statement(sentence, SCENE)
    assert report.false_claims, report


def test_each_claim_has_its_own_verdict() -> None:
    report = check_statement("a white cat with pointed ears is sleeping on a beach", SCENE)
    assert [(claim.text, claim.kind, claim.is_true) for claim in report.claims] == [
        ("cat", "existence", True),
        ("white cat", "look", False),
        ("pointed ears", "part", True),
        ("sleeping", "action", True),
        ("on a beach", "place", False),
    ]


def test_all_that_is_said_of_a_noun_must_fit_one_thing() -> None:
    assert check_statement("a black dog and a jumping dog", SCENE).is_true
    assert not check_statement("a black dog is jumping", SCENE).is_true


def test_it_is_the_subject_until_something_is_named() -> None:
    assert check_statement("it has a red collar", SCENE, subject=1).is_true
    assert not check_statement("it has a red collar", SCENE).is_true
    assert check_statement("a dog is here. it has a red collar", SCENE).is_true


def test_a_word_may_be_a_part_or_a_thing() -> None:
    assert check_statement("a cactus with a pink flower", DESERT).is_true
    assert check_statement("a pink flower belongs to a cactus", DESERT).is_true
    assert not check_statement("there is a flower", DESERT).is_true


def test_what_says_nothing_is_not_true() -> None:
    report = check_statement("colorless ideas", SCENE)
    assert not report.claims
    assert not report.is_true
    assert report.unknown == ("colorless", "ideas")


def test_a_sentence_may_only_start_from_a_thing_that_is_there() -> None:
    with pytest.raises(InvalidArgumentError, match="3 things, got 3"):
        check_statement("it is red", SCENE, subject=3)


def test_a_thing_is_not_taken_for_a_part_that_nothing_has() -> None:
    assert not check_statement("the plant has a pink flower and a clay pot", DESERT).is_true
    assert check_statement("a cactus with a pink flower is in a desert", DESERT).is_true
    flower = Thing(
        "flower", "plant", "pink", "plain", "small", "", (Part("stem", ("green",)),), (0.5, 0.5), 1
    )
    garden = Scene(3, (flower,), (), "meadow", "flat", "day")
    assert check_statement("a flower with a green stem, and a flower is a plant", garden).is_true
    assert not check_statement("the plant has a pink flower", garden).is_true


@given(st.lists(st.sampled_from(sorted(list_entries()[0])), max_size=12))
def test_any_order_of_known_words_can_be_read(words: list[str]) -> None:
    report = check_statement(" ".join(words), SCENE)
    assert not report.unknown
    assert report.is_true == (bool(report.claims) and all(c.is_true for c in report.claims))


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    check_statement(text, SCENE)
