from __future__ import annotations

import pytest

from seewhy.rationales.leakage import find_stem, mask_answer


@pytest.mark.parametrize(
    ("explanation", "answers", "masked"),
    [
        ("The dogs bark at a Dog.", ["dog"], "The [MASK] bark at a [MASK]."),
        ("he bakes; baking a bake", ["baking"], "he [MASK]; [MASK] a [MASK]"),
        ("running runs run runner", ["run"], "[MASK] [MASK] [MASK] [MASK]"),
        ("the cat on the mat", ["the cat on the roof"], "the [MASK] on the mat"),
        ("it is not there", ["no"], "it is [MASK] there"),
        ("that contradicts it", ["contradiction"], "that [MASK] it"),
        ("a party of parties", ["party"], "a [MASK] of [MASK]"),
        ("the ball falls", ["balls"], "the [MASK] falls"),
        ("carpet in a car", ["car"], "carpet in a [MASK]"),
        ("nothing to hide", [], "nothing to hide"),
        ("a red-ish t-shirt", ["t-shirt"], "a red-ish [MASK]"),
        ("the dog's tail", ["dogs"], "the [MASK] tail"),
    ],
)
def test_words_of_the_answer_are_hidden_whatever_their_ending(explanation, answers, masked):
    assert mask_answer(explanation, answers) == masked


def test_short_words_keep_their_ends():
    assert [find_stem(word) for word in ("is", "bus", "yes", "her")] == ["is", "bus", "yes", "her"]
