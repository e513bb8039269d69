from __future__ import annotations

import pytest

from seewhy.captions.catalogue import load_editor
from seewhy.captions.world_editing import FlawedEdit, score_edits
from seewhy.captions.world_examples import (
    KEPT,
    list_flawed,
    make_caption_examples,
    make_editing_examples,
)
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.flaws import FlawedCaption, find_operations
from seewhy.world.sampling import sample_scene
from seewhy.world.truth import check_statement


def edit(kind, text, repaired, edited, *, is_true=True):
    flawed = FlawedCaption(text, repaired, kind, find_operations(text, repaired))
    return FlawedEdit(0, flawed, edited, is_true)


RIGHT = "a red cat sleeps on a mat"
WRONG = "a blue cat sleeps on a mat"


@pytest.mark.parametrize("name", ["mini:show-edit-tell", "mini:look-and-modify"])
def test_bundled_editors_read_captions_in_the_form_they_were_trained_on(name: str) -> None:
    editor = load_editor(name)
    found = [
        (scene, flawed.text)
        for scene in (sample_scene(number, split="test") for number in range(60))
        for flawed in list_flawed(scene)
        if "," in flawed.text
    ]
    assert len(found) > 5
    size = max(editor.encoder.preprocessing.size)
    pictures = [draw_scene(scene, size, masks=False).image for scene, _ in found]
    report = editor.edit_all(pictures, [text for _, text in found])
    assert not report.failures
    for edit, (_, text) in zip(report.edits, found, strict=True):
        assert edit.existing_words == tuple(text.split())
        assert not edit.unknown_words


def test_more_right_captions_can_be_asked_for() -> None:
    scene = sample_scene(3, split="train")
    once, thrice = list(list_flawed(scene)), list(list_flawed(scene, kept=3))
    assert thrice[: len(once)] == once
    more = thrice[len(once) :]
    assert len(more) == 2
    assert all(one.kind == KEPT and one.text == one.repaired for one in more)
    assert len({one.text for one in [*more, once[-1]]}) > 1


def test_a_flaw_is_repaired_by_the_right_edit_or_by_a_true_one_that_keeps_the_rest():
    assert edit("color", WRONG, RIGHT, RIGHT).is_repaired
    assert edit("color", WRONG, RIGHT, "a small cat sleeps on a mat").is_repaired
    assert not edit("color", WRONG, RIGHT, "a green cat sleeps on a mat", is_true=False).is_repaired
    assert not edit("color", WRONG, RIGHT, "a red cat sleeps").is_repaired  # true, but less
    assert not edit("color", WRONG, RIGHT, WRONG, is_true=False).is_repaired
    assert not edit("repeated word", "a a cat", "a cat", "a a cat").is_repaired  # though true
    assert not edit("none", RIGHT, RIGHT, "a cat sleeps on a mat").is_repaired
    assert edit("none", RIGHT, RIGHT, RIGHT).is_unchanged


def test_right_words_are_those_that_the_right_edit_keeps():
    found = edit("color", WRONG, RIGHT, "a red dog sleeps on a mat")
    assert (found.right_words, found.kept_words) == (6, 5)
    assert edit("color", WRONG, RIGHT, RIGHT).kept_words == 6
    assert edit("color", WRONG, RIGHT, "").kept_words == 0


def test_shares_are_over_the_captions_they_speak_of():
    edits = [
        edit("color", WRONG, RIGHT, RIGHT),
        edit("color", WRONG, RIGHT, WRONG, is_true=False),
        edit("none", RIGHT, RIGHT, RIGHT),
        edit("none", "a cat", "a cat", "a dog"),
    ]
    found = score_edits(edits)
    assert found["flaws repaired"] == 0.5
    assert found["right captions left alone"] == 0.5
    assert found["right words kept"] == pytest.approx((6 + 6 + 7 + 1) / (6 + 6 + 7 + 2))


def test_each_kind_of_flaw_comes_once_a_scene_and_is_no_longer_than_asked():
    scene = sample_scene(3)
    flawed = list(list_flawed(scene, longest=14))
    assert len({one.kind for one in flawed}) == len(flawed)
    assert max(len(one.text.split()) for one in flawed) <= 14
    for one in flawed:
        assert check_statement(one.repaired, scene).is_true
    assert list(list_flawed(scene, longest=14)) == flawed
    assert list(list_flawed(scene, seed=1, longest=14)) != flawed


def test_examples_say_what_a_caption_should_become():
    examples = list(make_editing_examples([3, 5], split="validation", rounds=2))
    assert {one.id for one in examples} == {"validation-3", "validation-5"}
    assert all(len(one.captions) == 1 for one in examples)
    assert any(one.existing == one.captions[0] for one in examples)
    assert any(one.existing != one.captions[0] for one in examples)
    (told,) = make_caption_examples([4], longest=10)
    assert told.existing == ()
    assert 1 <= len(told.captions) <= 5
    assert max(map(len, told.captions)) <= 10
