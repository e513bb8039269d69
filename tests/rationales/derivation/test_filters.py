from __future__ import annotations

import pytest

from seewhy.errors import InvalidArgumentError
from seewhy.rationales.derivation.filters import (
    Candidate,
    FilterSettings,
    clean_text,
    find_class_fault,
    find_length_fault,
    find_question_fault,
    fingerprint,
)

BOUNDS = FilterSettings(min_words=2, max_words=5, max_answer_words=2, max_question_words=6)


@pytest.mark.parametrize(
    ("question", "answer", "explanation", "fault"),
    [
        ("what is it?", "dog", "fur, ears", None),
        ("what is it?", "dog", "fur", "too short"),
        ("what is it?", "dog", "one two three four five", None),
        ("what is it?", "dog", "one two three four five six", "too long"),
        ("what is it?", "a big dog", "fur, ears", "too long"),
        ("what is it that one sees here?", "dog", "fur, ears", "too long"),
    ],
)
def test_lengths_are_counted_in_words(question, answer, explanation, fault):
    assert find_length_fault(Candidate(question, answer, explanation), BOUNDS) == fault


@pytest.mark.parametrize(
    ("question", "answer", "explanation", "fault"),
    [
        ("what color is the car?", "red", "its paint is red", None),
        ("how red is the car?", "red", "its paint is red", "answer in the question"),
        ("are there dogs there?", "a dog", "one barks", "answer in the question"),
        ("is it a dog or a cat?", "cat", "it purrs", None),
        ("is there no car?", "no", "the street is empty", None),
        ("is it raining?", "yes", "no, the sky is blue", "contradiction"),
        ("is it raining?", "no", "yes, one sees drops", "contradiction"),
        ("is it raining?", "yes", "there are no dry spots on the street", None),
        ("what is it?", "dog", "the answer is cat since it purrs", "contradiction"),
        ("what is it?", "dog", "the answer is a dog since it barks", None),
        ("what is it?", "dog", "it is not a dog for it purrs", "contradiction"),
        ("what is it?", "dog", "it isn't the dog one expects", "contradiction"),
        ("what is it?", "dog", "the paragraph says it barks", "speaks of its source"),
        ("?", "dog", "it barks", "empty"),
        ("what is it?", "the", "it barks", "empty"),
    ],
)
def test_leaks_and_contradictions(question, answer, explanation, fault):
    assert find_question_fault(Candidate(question, answer, explanation)) == fault


@pytest.mark.parametrize(
    ("name", "explanation", "fault"),
    [
        ("tench", "it has green fins", None),
        ("tench", "tenches have green fins", "names the class"),
        ("great white shark", "it has white skin and great teeth", None),
        ("great white shark", "unlike other sharks it is pale", "names the class"),
        ("tench", "it is not a tench but a carp", "contradiction"),
        ("tench", "it is a gold fish with fins", "contradiction"),
        ("tench", "it is golder than a fish", None),
        ("tench", "one might take it for a gold fish", None),
    ],
)
def test_reasons_name_neither_their_class_nor_another(name, explanation, fault):
    assert find_class_fault(name, explanation, ["gold fish", "carp"]) == fault


def test_texts_are_cleaned_and_compared_by_what_matters():
    assert clean_text("  It has\nFINS. ") == "it has fins"
    assert fingerprint("The red, red Car!") == fingerprint("a red red car") == "red red car"
    assert fingerprint("red car") != fingerprint("car red")


def test_bounds_must_make_sense():
    with pytest.raises(InvalidArgumentError, match="9 and 8"):
        FilterSettings(min_words=9, max_words=8)
    with pytest.raises(InvalidArgumentError, match="max_answer_words"):
        FilterSettings(max_answer_words=0)
