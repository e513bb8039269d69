"""Layouts: what the default mends, and what ``compat="published"`` keeps of the faults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seewhy.datasets.nle import NLEExample
from seewhy.errors import InvalidArgumentError, UnknownNameError, WeightsError
from seewhy.rationales.boxes import describe_box, lay_out_objects, point_at_boxes
from seewhy.rationales.layouts import LayoutMaker, find_stops
from seewhy.rationales.samples import choose_explanation, list_samples
from seewhy.rationales.splitting import split_text
from seewhy.rationales.tasks import TASKS, UNIFIED_TASKS, find_task
from seewhy.rationales.tokens import END, NO_OBJECT, OBJECTS, RationaleTokenizer

DOG = NLEExample(
    "1",
    "vqa-x",
    (Path("dog.jpg"),),
    "Is it a dog?",
    ("yes", "Yes", "no"),
    ("it is a red dog", "it sleeps on a mat"),
)
STILL = NLEExample(
    "2",
    "vcr",
    (Path("still.jpg"),),
    "what is person1?",
    ("person1 is a cat",),
    ("it sleeps",),
    objects=("dog", "person"),
    boxes=((0.0, 0.0, 9.0, 9.0), (10.0, 0.0, 19.0, 19.0)),
    image_size=(20, 20),
)


def text_of(tokenizer: RationaleTokenizer, ids: list[int]) -> str:
    return tokenizer.tokenizer.decode(ids, skip_special_tokens=False)


def test_a_layout_is_question_answer_and_reason(small_tokenizer: RationaleTokenizer) -> None:
    maker = LayoutMaker(TASKS["vqa-x"], small_tokenizer)
    layout = maker.lay_out_training(DOG, explanation=1)
    whole = "is it a dog<|endoftext|> the answer is yes because it sleeps on a mat<|endoftext|>"
    assert text_of(small_tokenizer, layout.ids) == whole
    learned = [number for number in layout.labels if number >= 0]
    assert text_of(small_tokenizer, learned) == whole.partition(END)[2]
    prompt = maker.lay_out_prompt(DOG)
    assert layout.ids[: len(prompt.ids)] == prompt.ids
    assert layout.segments[: len(prompt.ids)] == prompt.segments


def test_a_long_question_is_cut_and_the_reader_is_told(small_tokenizer: RationaleTokenizer) -> None:
    long = replace(DOG, question="is it a dog " * 20)
    mended = LayoutMaker(TASKS["vqa-x"], small_tokenizer).lay_out_prompt(long)
    published = LayoutMaker(TASKS["vqa-x"], small_tokenizer, compat="published")
    assert "was cut to the first 20" in mended.notes[0]
    assert len(mended.ids) < len(published.lay_out_prompt(long).ids)
    assert not published.lay_out_prompt(long).notes


def test_a_long_reason_is_cut_to_the_tasks_length(small_tokenizer: RationaleTokenizer) -> None:
    long = replace(DOG, explanations=("it is a red dog " * 30,))
    layout = LayoutMaker(TASKS["vqa-x"], small_tokenizer).lay_out_training(long)
    assert len(layout.ids) == len(layout.labels) == len(layout.segments) == 40


def test_tokens_without_object_have_the_number_that_was_meant(
    small_tokenizer: RationaleTokenizer,
) -> None:
    end, meant = small_tokenizer.need(END), small_tokenizer.need(NO_OBJECT)
    mended = LayoutMaker(TASKS["vcr"], small_tokenizer)
    published = LayoutMaker(TASKS["vcr"], small_tokenizer, compat="published")
    assert mended.lay_out_prompt(STILL).numbers[-1] == meant
    assert mended.make_rules().box_number == meant
    assert published.lay_out_prompt(STILL).numbers[-1] == end
    assert published.make_rules().box_number == meant  # trained with one, decoded with the other


def test_objects_and_the_numbers_that_point_at_them_have_boxes(
    small_tokenizer: RationaleTokenizer,
) -> None:
    layout = LayoutMaker(TASKS["vcr"], small_tokenizer).lay_out_prompt(STILL)
    spelled = small_tokenizer.spell(layout.ids)
    boxes = [describe_box(box, (20, 20)) for box in STILL.boxes]
    start = spelled.index(small_tokenizer.spell([small_tokenizer.end])[0])
    pointing = spelled.index("1")
    assert pointing < start
    assert layout.boxes[pointing] == boxes[1]
    assert layout.boxes[0] == boxes[0]
    assert not any(any(box) for box in layout.boxes[start:])
    one_more = point_at_boxes(small_tokenizer.encode("person7"), boxes, small_tokenizer)
    assert not any(any(box) for box in one_more), "a number of no object points at nothing"


def test_a_name_of_two_words_is_one_object(small_tokenizer: RationaleTokenizer) -> None:
    boxes = [(1.0,) * 8, (2.0,) * 8]
    laid = lay_out_objects(("red dog", "cat"), boxes, small_tokenizer)
    pieces = len(small_tokenizer.encode(" red dog"))
    assert laid.boxes == (boxes[0],) * pieces + (boxes[1],) * (len(laid.ids) - pieces)


def test_every_special_word_ends_a_text_and_published_forgot_one(
    small_tokenizer: RationaleTokenizer,
) -> None:
    objects = small_tokenizer.need(OBJECTS)
    assert objects in find_stops(TASKS["vcr"], small_tokenizer)
    assert objects not in find_stops(TASKS["vcr"], small_tokenizer, compat="published")
    published = find_stops(TASKS["e-snli-ve-concepts"], small_tokenizer, compat="published")
    assert len(published) == 2


def test_reasons_take_turns_and_published_runs_out() -> None:
    samples = list_samples([3])
    for epoch in (0, 1, 5):
        assert [choose_explanation(s.turn, 3, epoch=epoch) for s in samples] == [0, 1, 2]
    first = [choose_explanation(s.turn, 3, epoch=0, compat="published") for s in samples]
    later = [choose_explanation(s.turn, 3, epoch=1, compat="published") for s in samples]
    assert first == [2, 1, 0]
    assert later == [0, 0, 0]


@pytest.mark.parametrize(
    ("text", "mended", "published"),
    [
        (" yes because it is a dog", ("yes", "it is a dog"), ("yes", "it is a dog")),
        (" yes because a dog because it", ("yes", "a dog because it"), ("yes", "it")),
        (" a red dog sleeps", ("a red dog sleeps", ""), ("a red dog sleeps", "dog sleeps")),
        (" thebecause is", ("thebecause is", ""), ("the", "is")),
    ],
)
def test_texts_are_split_at_the_token(
    small_tokenizer: RationaleTokenizer,
    text: str,
    mended: tuple[str, str],
    published: tuple[str, str],
) -> None:
    ids, task = small_tokenizer.encode(text), TASKS["vqa-x"]
    found = split_text(ids, task, small_tokenizer)
    assert (found.answer, found.explanation) == mended
    found = split_text(ids, task, small_tokenizer, compat="published")
    assert (found.answer, found.explanation) == published


def test_a_caption_is_all_explanation(small_tokenizer: RationaleTokenizer) -> None:
    ids = small_tokenizer.encode(" a dog because it sleeps")
    found = split_text(ids, TASKS["captions"], small_tokenizer)
    assert (found.answer, found.explanation) == ("", "a dog because it sleeps")


def test_each_task_judges_by_its_rule() -> None:
    given = ("two", "two", "dogs", "cats")
    assert TASKS["vqa-x"].is_right("Dogs.", given)
    assert not TASKS["vqa-x"].is_right("dogs", given, compat="published")
    assert TASKS["vqa-x"].is_right("2", given, compat="published")
    assert not UNIFIED_TASKS["vqa-x"].is_right("Dogs", given, compat="published")
    assert UNIFIED_TASKS["vqa-x"].is_right("dogs", given, compat="published")
    assert TASKS["vcr"].is_right("a", ("b",), similarity=lambda a, b: 0.92)
    assert not TASKS["vcr"].is_right("a", ("b",), similarity=lambda a, b: 0.91)
    with pytest.raises(InvalidArgumentError, match="BERTScore"):
        TASKS["vcr"].is_right("a", ("b",), compat="published")
    with pytest.raises(InvalidArgumentError, match="no answers"):
        TASKS["vqa-x"].is_right("a", ())


def test_an_unknown_task_is_named_with_what_was_meant() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'vqa-x'"):
        find_task("vqax")


def test_what_is_missing_is_an_error(small_tokenizer: RationaleTokenizer) -> None:
    maker = LayoutMaker(TASKS["vqa-x"], small_tokenizer)
    with pytest.raises(InvalidArgumentError, match="needs a question"):
        maker.lay_out_prompt(replace(DOG, question=" "))
    with pytest.raises(InvalidArgumentError, match="has 0 explanations"):
        maker.lay_out_training(replace(DOG, explanations=()))
    with pytest.raises(InvalidArgumentError, match="no answer"):
        maker.lay_out_training(replace(DOG, answers=()))
    with pytest.raises(WeightsError, match="no token '<box>'"):
        small_tokenizer.need("<box>")
