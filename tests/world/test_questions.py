"""Questions of the seven tasks: true reasons, balanced answers, one shape each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from seewhy.errors import UnknownNameError
from seewhy.world.catalogue import CLASSES
from seewhy.world.facts import FACTS
from seewhy.world.question import Question
from seewhy.world.question_tasks import box_of
from seewhy.world.questions import TASKS, ask_questions
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Part, Scene, Thing
from seewhy.world.truth import check_statement

every_task = pytest.mark.parametrize("task", list(TASKS))
DUCK = Thing(
    name="duck",
    family="bird",
    color="yellow",
    pattern="plain",
    size="small",
    action="swimming",
    parts=(Part("beak", ("flat",)), Part("feet", ("webbed",)), Part("tail", ("upright", "yellow"))),
    center=(0.5, 0.6),
    scale=0.4,
)
SCENE = Scene(9, (DUCK,), (), "sea", "flat", "day")


def asked(task: str, number: int = 120) -> list[tuple[Scene, Question]]:
    scenes = [
        sample_scene(seed, split=split) for seed in range(number) for split in ("train", "held-out")
    ]
    return [(scene, question) for scene in scenes for question in ask_questions(scene, task)]


def test_there_are_seven_tasks() -> None:
    assert set(TASKS) == {
        "vqa-x", "vqa-parax", "a-okvqa", "imagenet-x", "act-x", "e-snli-ve", "vcr",
    }  # fmt: skip


@every_task
def test_every_explanation_is_true(task: str) -> None:
    for scene, question in asked(task):
        assert question.task == task
        assert question.answers
        assert question.explanations
        for explanation in question.explanations:
            report = check_statement(explanation, scene, subject=question.subject)
            assert report.is_true, (question, report)
            assert not report.unknown, explanation


@every_task
def test_the_same_scene_is_asked_the_same(task: str) -> None:
    assert ask_questions(sample_scene(6), task) == ask_questions(sample_scene(6), task)


def test_yes_and_no_are_as_likely_whatever_the_first_word() -> None:
    answers = Counter(
        (question.question.split()[0], question.answers[0])
        for _, question in asked("vqa-x", 800)
        if question.answers[0] in ("yes", "no")
    )
    for word in {word for word, _ in answers}:
        yes, no = answers[word, "yes"], answers[word, "no"]
        if word == "Are":  # "are there two cats": a picture has more wrong numbers than right
            continue
        assert 0.4 < yes / (yes + no) < 0.6, (word, yes, no)


def test_vqa_asks_about_colors_counts_places_and_actions() -> None:
    openings = Counter(" ".join(q.question.split()[:2]) for _, q in asked("vqa-x"))
    assert {"What color", "How many", "Where is", "What is", "Does the", "Is there"} <= set(
        openings
    )


def test_paraphrases_are_worded_otherwise_and_explained_at_length() -> None:
    plain = {question.question for _, question in asked("vqa-x")}
    wordy = {question.question for _, question in asked("vqa-parax")}
    assert not plain & wordy
    assert all(". " in reason for _, q in asked("vqa-parax", 50) for reason in q.explanations)


@pytest.mark.parametrize("task", ["a-okvqa", "vcr"])
def test_one_of_four_choices_is_right(task: str) -> None:
    places = Counter[int]()
    for _, question in asked(task):
        assert len(set(question.choices)) == len(question.choices) == 4
        places[question.choices.index(question.answers[0])] += 1
    assert min(places[place] for place in range(4)) > 0.2 * sum(places.values())


def test_knowledge_is_what_the_table_says() -> None:
    questions = {question.question: question for question in ask_questions(SCENE, "a-okvqa")}
    food = questions["What could this animal eat?"]
    assert food.answers == (FACTS["food"].answers["duck"],) == ("bread",)
    assert food.explanations[0].endswith("and ducks eat bread")
    assert questions["What are the young of this animal called?"].answers == ("ducklings",)


def test_every_class_that_is_asked_about_is_in_the_catalogue() -> None:
    for fact in FACTS.values():
        assert set(fact.answers) <= set(CLASSES)


def test_a_class_is_recognized_by_its_parts() -> None:
    (question,) = ask_questions(SCENE, "imagenet-x")
    assert question.answers == ("duck",)
    assert question.explanations[0].startswith("it has ")
    assert not [reason for reason in question.explanations if "duck" in reason]


def test_an_activity_is_named_without_a_question() -> None:
    (question,) = ask_questions(SCENE, "act-x")
    assert (question.question, question.answers) == ("", ("swimming",))
    assert len(set(question.explanations)) == 3


def test_where_nobody_acts_there_is_no_activity() -> None:
    still = replace(SCENE, things=(replace(DUCK, action=""),))
    assert ask_questions(still, "act-x") == ()


def test_regions_are_boxes_of_the_things() -> None:
    for scene, question in asked("vcr", 60):
        assert [region.name for region in question.regions] == [t.name for t in scene.things]
        assert f"[thing{question.subject}]" in question.question
        for region in question.regions:
            left, top, right, bottom = region.box
            assert 0 <= left < right <= 1
            assert 0 <= top < bottom <= 1


def test_a_box_is_cut_at_the_edge() -> None:
    # a duck is 1.15 times as wide as high: half of it is 0.23 wide and 0.2 high
    assert box_of(DUCK) == (0.27, 0.4, 0.73, 0.8)
    assert box_of(replace(DUCK, center=(0.1, 0.9))) == (0.0, 0.7, 0.33, 1.0)


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'vqa-x'"):
        ask_questions(SCENE, "vqax")
