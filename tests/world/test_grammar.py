"""English: articles, plurals and agreement, also where they are irregular."""

from __future__ import annotations

import pytest

from seewhy.world.catalogue import CLASSES
from seewhy.world.grammar import (
    be,
    capitalize,
    count_noun,
    is_plural,
    join_phrases,
    noun_phrase,
    number_word,
    pluralize,
    with_article,
)


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("owl", "an owl"),
        ("old truck", "an old truck"),
        ("unicorn", "a unicorn"),
        ("used car", "a used car"),
        ("upright tail", "an upright tail"),
        ("hour", "an hour"),
        ("house", "a house"),
        ("one-eyed cat", "a one-eyed cat"),
        ("umbrella", "an umbrella"),
    ],
)
def test_articles_follow_the_sound(phrase: str, said: str) -> None:
    assert with_article(phrase) == said


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("cat", "cats"),
        ("bus", "buses"),
        ("fish", "fish"),
        ("octopus", "octopuses"),
        ("butterfly", "butterflies"),
        ("toy", "toys"),
        ("wild animal", "wild animals"),
        ("goose", "geese"),
        ("fox", "foxes"),
    ],
)
def test_plurals(one: str, many: str) -> None:
    assert pluralize(one) == many


@pytest.mark.parametrize(
    ("noun", "plural"),
    [
        ("ears", True),
        ("teeth", True),
        ("feet", True),
        ("jet engine", False),
        ("ear tufts", True),
        ("grass", False),
        ("cactus", False),
    ],
)
def test_a_part_knows_whether_it_is_several(noun: str, plural: bool) -> None:
    assert is_plural(noun) == plural
    assert be(noun) == ("are" if plural else "is")
    assert noun_phrase((), noun).startswith(("a ", "an ")) != plural


def test_no_class_is_named_in_the_plural() -> None:
    assert not [name for name in CLASSES if is_plural(name)]


def test_numbers_and_lists() -> None:
    assert [number_word(n) for n in (0, 3, 10, 11)] == ["no", "three", "ten", "11"]
    assert count_noun(1, "fish") == "one fish"
    assert count_noun(0, "cat") == "no cats"
    assert join_phrases([]) == ""
    assert join_phrases(["a"]) == "a"
    assert join_phrases(["a", "b", "c"]) == "a, b and c"
    assert join_phrases(["a", "b"], "or") == "a or b"
    assert capitalize("a USB cable") == "A USB cable"
