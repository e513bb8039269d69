from __future__ import annotations

import json
from pathlib import Path

import pytest

from seewhy.captions.edit_evaluation import evaluate_edits, judge_changes
from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.scores.scoring import score

BEFORE = {
    "1": "a red cat runs on the grass",
    "2": "a dog sleeps",
    "3": "a blue bird sings in a tree",
    "4": "a man rides a horse",
    "lost": "a cat",
}
AFTER = {
    "4": "a man rides",
    "2": "A dog, sleeps!",  # the same words
    "1": "a blue cat runs on the grass",
    "3": "a blue bird sings in a big tree",
    "new": "a dog",
    "more": "a dog",
}
TRUTH = {
    "1": ["a blue cat runs on the grass"],
    "2": ["a dog sleeps"],
    "3": ["a blue bird sings in a big tree", "a bird"],
    "4": ["a man rides a horse"],
    "elsewhere": ["a boat"],
}
METRICS = ("bleu", "rouge-l", "cider-d")


def test_what_edits_did_is_counted_on_the_pictures_that_both_have() -> None:
    found = evaluate_edits(BEFORE, AFTER, TRUTH, metrics=METRICS, rounds=50)
    assert (found.items, found.left_out) == (4, 3)
    assert (found.changed, found.unchanged) == (3, 1)
    # 6 of "1", all 3 of "2", all 7 of "3", 3 of "4"
    assert found.words == {"keep": 19, "replace": 1, "insert": 1, "delete": 2}
    # "1" and "3" got right, "4" lost its horse; ROUGE-L is content with "a bird" of "3"
    for metric, expected in (("CIDEr-D", (2, 1, 0)), ("ROUGE-L", (1, 1, 1))):
        fate = found.fates[metric]
        assert (fate.better, fate.worse, fate.equal) == expected
    assert set(found.fates) == set(found.comparison.first.per_item)
    assert "BLEU-4" not in found.fates or found.comparison.first.per_item["BLEU-4"] is not None


def test_scores_are_those_of_either_file_alone() -> None:
    found = evaluate_edits(BEFORE, AFTER, TRUTH, metrics=METRICS, rounds=50)
    truth = {name: TRUTH[name] for name in "1234"}
    alone = [
        score({name: captions[name] for name in "1234"}, truth, metrics=METRICS)
        for captions in (BEFORE, AFTER)
    ]
    for one in found.comparison.differences:
        assert one.first == pytest.approx(alone[0].corpus[one.metric], abs=1e-9)
        assert one.second == pytest.approx(alone[1].corpus[one.metric], abs=1e-9)
        assert one.difference == pytest.approx(one.second - one.first, abs=1e-9)


def test_edits_that_change_nothing_differ_in_nothing() -> None:
    found = evaluate_edits(BEFORE, BEFORE, {**TRUTH, "lost": ["a cat"]}, rounds=50)
    assert (found.items, found.left_out, found.changed) == (5, 0, 0)
    assert set(found.words) == {"keep", "replace", "insert", "delete"}
    assert found.words["keep"] == sum(len(text.split()) for text in BEFORE.values())
    assert all((f.better, f.worse, f.equal) == (0, 0, 0) for f in found.fates.values())
    assert all(one.difference == 0 and one.p_value > 0.9 for one in found.comparison.differences)


def test_only_changed_captions_have_a_fate_whatever_the_order() -> None:
    found = evaluate_edits(BEFORE, AFTER, TRUTH, metrics=["cider-d"], rounds=50)
    fates = judge_changes(found.comparison, {"4"})
    assert fates["CIDEr-D"].worse == 1
    assert fates["CIDEr-D"].better == fates["CIDEr-D"].equal == 0
    assert judge_changes(found.comparison, set())["CIDEr-D"].worse == 0


def test_it_is_repeatable_and_saved(tmp_path: Path) -> None:
    one, other = (
        evaluate_edits(BEFORE, AFTER, TRUTH, metrics=METRICS, rounds=60, seed=3) for _ in range(2)
    )
    plain = json.loads(json.dumps(one.to_dict()))
    assert plain == json.loads(json.dumps(other.to_dict()))
    assert plain["fates"]["CIDEr-D"] == {"better": 2, "worse": 1, "equal": 0}
    assert (one.save(tmp_path) / "figure.png").stat().st_size > 1000


def test_files_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="the former are of a, b, c, the latter of z"):
        evaluate_edits(dict.fromkeys("abcd", "a cat"), {"z": "a cat"}, TRUTH)
    with pytest.raises(InvalidArgumentError, match="the latter of no picture"):
        evaluate_edits(BEFORE, {}, TRUTH)
    with pytest.raises(InvalidArgumentError, match="lost"):
        evaluate_edits(BEFORE, {"lost": "a dog", "1": "a cat"}, TRUTH, rounds=10)
    with pytest.raises(UnknownNameError, match="beauty"):
        evaluate_edits(BEFORE, AFTER, TRUTH, metrics=["beauty"])
    with pytest.raises(UnknownNameError, match="scissors"):
        evaluate_edits(BEFORE, AFTER, TRUTH, tokenizer="scissors")
