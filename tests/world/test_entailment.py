"""Entailment: what is entailed is true, what contradicts is false, and the rest is open."""

from __future__ import annotations

from collections import Counter

import pytest

from seewhy.world.catalogue import CLASSES
from seewhy.world.entailment import HIDDEN, LABELS, list_entailments
from seewhy.world.lexicon import list_entries
from seewhy.world.phrases import class_kind
from seewhy.world.sampling import sample_scene
from seewhy.world.truth import check_statement


@pytest.mark.parametrize("split", ["train", "held-out"])
def test_labels_are_right_and_reasons_true(split: str) -> None:
    for seed in range(300):
        scene = sample_scene(seed, split=split)
        entailed, neutral, contradicting = list_entailments(scene)
        assert (entailed.label, neutral.label, contradicting.label) == LABELS
        for one in (entailed, neutral, contradicting):
            report = check_statement(one.reason, scene, subject=one.subject)
            assert report.is_true, (one, report)
        true = check_statement(entailed.hypothesis, scene, subject=entailed.subject)
        false = check_statement(contradicting.hypothesis, scene, subject=contradicting.subject)
        assert true.is_true
        assert false.false_claims


def test_what_is_open_is_said_in_words_the_world_has_no_sense_for() -> None:
    entries, _ = list_entries()
    assert not [word for words in HIDDEN.values() for word in words if word in entries]
    for seed in range(200):
        scene = sample_scene(seed)
        neutral = list_entailments(scene)[1]
        assert check_statement(neutral.hypothesis, scene).unknown


def test_every_kind_of_thing_hides_something() -> None:
    assert set(HIDDEN) == {class_kind(name) for name in CLASSES}


def test_the_wording_does_not_give_the_label_away() -> None:
    """The first three words of a hypothesis come up as often in truths as in lies."""
    counts = {label: Counter[str]() for label in LABELS}
    for seed in range(1000):
        for one in list_entailments(sample_scene(seed)):
            counts[one.label][" ".join(one.hypothesis.split()[:3])] += 1
    true, false = counts["entailment"], counts["contradiction"]
    shared = sum((true & false).values())
    assert shared > 0.75 * sum(true.values())


def test_the_same_scene_gives_the_same_triples() -> None:
    assert list_entailments(sample_scene(4)) == list_entailments(sample_scene(4))
