"""The decision with its runners-up, and what both sides know, as drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seewhy.concepts.panels import draw_decision, draw_venn, shorten
from seewhy.concepts.report import PictureConcepts, Pull, ScoredConcept

MakePicture = Callable[..., PictureConcepts]


@pytest.fixture
def axes() -> Axes:
    return Figure().add_subplot()


def words_at(axes: Axes, x: float) -> list[str]:
    """Lines written around one place, from left to right."""
    found = [text for text in axes.texts if text.get_position() == (x, 0.46)]
    assert len(found) == 1
    return found[0].get_text().split("\n")


def test_the_runners_up_stand_under_the_decision(axes: Axes, make_picture: MakePicture) -> None:
    picture = make_picture()
    draw_decision(axes, picture)
    assert [bar.get_width() for bar in axes.patches] == [0.75, 0.25]  # type: ignore[attr-defined]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["cat 75%", "dog 25%"]
    assert axes.get_xlabel() == ""


def test_what_pulled_a_wrong_decision_there_is_named(axes: Axes, make_picture: MakePicture) -> None:
    pulls = [Pull(f"word {i}", 0.4 - 0.1 * i, is_shared=False) for i in range(6)]
    draw_decision(axes, replace(make_picture(label="dog"), pulls=tuple(pulls)))
    assert axes.get_xlabel() == "pulled there by: word 0;\nword 1;\nword 2"
    against = replace(make_picture(label="dog"), pulls=(pulls[5],))
    other = Figure().add_subplot()
    draw_decision(other, against)
    assert other.get_xlabel() == "", "what speaks against it did not pull it there"


def test_each_word_stands_on_the_side_that_knows_it(axes: Axes, make_picture: MakePicture) -> None:
    picture = make_picture()
    knows = (*picture.class_concepts, ScoredConcept("paws", 0.1))
    draw_venn(axes, replace(picture, class_concepts=knows), picture.explanations[0])
    assert words_at(axes, 0.17) == ["fur"]
    assert words_at(axes, 0.5) == ["whiskers", "stripes"]
    assert words_at(axes, 0.83) == ["paws"]
    assert "known of cat" in [text.get_text() for text in axes.texts]


def test_of_many_words_the_rest_are_counted_and_of_none_it_says_so(
    axes: Axes, make_picture: MakePicture
) -> None:
    picture = make_picture(parts=False)
    knows = tuple(ScoredConcept(f"word {i}", 0.5) for i in range(40))
    draw_venn(axes, replace(picture, class_concepts=knows), picture.explanations[0])
    assert words_at(axes, 0.17) == words_at(axes, 0.5) == ["nothing"]
    assert words_at(axes, 0.83) == [f"word {i}" for i in range(6)] + ["and 9 more"]


def test_long_words_are_cut() -> None:
    assert shorten("a" * 34) == "a" * 34
    assert shorten("some words", 6) == "some…"
