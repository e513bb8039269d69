"""``score`` and ``compare``: reports, protocols, signatures, and what is missing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seewhy
from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.scores.scoring import compare, score

REFERENCES = {
    "1": ["a dog runs on the beach", "the dog is running by the sea"],
    "2": ["two cats sleep on a sofa", "a pair of cats on a couch"],
    "3": ["a red bus in the street", "a bus drives down a street"],
    "4": ["a man holds a surfboard", "a surfer with his board"],
}
GOOD = {
    "1": "A dog runs on the beach.",
    "2": "two cats on a sofa",
    "3": "a red bus in a street",
    "4": "a man with a surfboard",
}
POOR = {"1": "a cat", "2": "a sofa", "3": "a street with people", "4": "a man and a dog"}
EVERY = ("BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr-D")


def test_the_public_name_is_the_function() -> None:
    assert seewhy.scores.score is score


def test_a_perfect_candidate_scores_one() -> None:
    same = {key: texts[0] for key, texts in REFERENCES.items()}
    report = score(same, REFERENCES)
    for name in EVERY[:5]:
        assert report.corpus[name] == pytest.approx(1, abs=1e-6)
        np.testing.assert_allclose(report.per_item[name], 1, atol=1e-6)
    assert report.corpus["CIDEr-D"] > score(GOOD, REFERENCES).corpus["CIDEr-D"] > 0


def test_a_corpus_score_is_the_mean_of_items_but_for_bleu() -> None:
    report = score(GOOD, REFERENCES)
    assert tuple(report.corpus) == EVERY
    for name in ("ROUGE-L", "CIDEr-D"):
        assert report.corpus[name] == pytest.approx(report.per_item[name].mean())
    assert report.corpus["BLEU-4"] != pytest.approx(report.per_item["BLEU-4"].mean())


def test_items_may_be_given_in_order_or_by_id() -> None:
    by_id = score(GOOD, REFERENCES)
    in_order = score(list(GOOD.values()), list(REFERENCES.values()))
    shuffled = score({key: GOOD[key] for key in "3142"}, REFERENCES)
    assert in_order.corpus == by_id.corpus
    assert shuffled.corpus == pytest.approx(by_id.corpus)
    assert shuffled.ids == ("3", "1", "4", "2")


def test_the_filtered_protocol_counts_documents_over_the_kept_items_only() -> None:
    kept = ["1", "3"]
    filtered = score(GOOD, REFERENCES, ids=kept)
    alone = score({k: GOOD[k] for k in kept}, {k: REFERENCES[k] for k in kept})
    assert filtered.corpus == alone.corpus
    whole = score(GOOD, REFERENCES)
    assert filtered.per_item["CIDEr-D"][0] != pytest.approx(whole.per_item["CIDEr-D"][0])
    assert filtered.per_item["ROUGE-L"][0] == whole.per_item["ROUGE-L"][0]


def test_a_signature_tells_what_decides_a_score() -> None:
    signatures = score(GOOD, REFERENCES).signatures
    assert set(signatures) == set(EVERY)
    parts = signatures["BLEU-4"].split("|")
    assert parts[0] == "BLEU-4"
    assert f"seewhy {seewhy.__version__}" in parts
    for part in ("tok:ptb", "items:4", "refs:8", "filtered:no", "java:no"):
        assert part in parts
    assert "filtered:yes" in score(GOOD, REFERENCES, ids=["1", "2"]).signatures["BLEU-4"]
    assert "tok:whitespace" in score(GOOD, REFERENCES, tokenizer="whitespace").signatures["BLEU-1"]


def test_names_are_aliases_and_cider_says_what_it_is() -> None:
    report = score(GOOD, REFERENCES, metrics=["CIDEr", "rouge", "cider-d"])
    assert tuple(report.corpus) == ("CIDEr-D", "ROUGE-L")
    assert any("CIDEr-D" in warning for warning in report.warnings)
    assert not score(GOOD, REFERENCES, metrics=["cider-d"]).warnings


@pytest.mark.parametrize(
    ("candidates", "references", "said"),
    [
        ({"1": "a dog"}, {"1": ["a dog"]}, "one item only: CIDEr-D is 0"),
        ({"1": "a dog", "2": "a cat"}, {"1": ["a dog"], "2": ["a dog"]}, "share the same"),
        ({"1": "", "2": "a cat"}, {"1": ["a dog"], "2": ["a cat"]}, "1 candidates are empty"),
    ],
)
def test_what_fools_people_is_said(candidates: Any, references: Any, said: str) -> None:
    report = score(candidates, references)
    assert any(said in warning for warning in report.warnings)
    assert all(math.isfinite(value) for value in report.corpus.values())


def test_a_metric_that_cannot_be_computed_is_missing_and_never_zero(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    report = score(GOOD, REFERENCES, metrics=["bleu", "meteor", "spice"])
    assert set(report.missing) == {"meteor", "spice"}
    assert not {"METEOR", "SPICE"} & set(report.corpus)
    assert "BLEU-4" in report.corpus


@pytest.mark.parametrize(
    ("candidates", "references", "said"),
    [
        ({}, {}, "no candidates"),
        ({"1": "a"}, {"2": ["a"]}, "no entry in the references"),
        ({"1": "a"}, {"1": ["a"], "2": ["b"]}, "no candidate"),
        ({"1": "a"}, {"1": []}, "empty list"),
        ({"1": 3}, {"1": ["a"]}, "is a int"),
        ({1: "a", "1": "b"}, {"1": ["a"]}, "both as a number and as a string"),
        ("a dog", {"1": ["a"]}, "got one text"),
        ({"1": ["a", "b"]}, {"1": ["a"]}, "given 2 times"),
    ],
)
def test_what_does_not_fit_is_named(candidates: Any, references: Any, said: str) -> None:
    with pytest.raises(InvalidArgumentError, match=said):
        score(candidates, references)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="blue"):
        score(GOOD, REFERENCES, metrics=["blue"])
    with pytest.raises(UnknownNameError, match="moses"):
        score(GOOD, REFERENCES, tokenizer="moses")
    with pytest.raises(InvalidArgumentError, match="of the ids to keep"):
        score(GOOD, REFERENCES, ids=["1", "9"])


def test_two_systems_are_compared_on_the_same_items() -> None:
    report = compare(POOR, {key: GOOD[key] for key in "4321"}, REFERENCES, rounds=500)
    assert [found.metric for found in report.differences] == list(EVERY)
    for found in report.differences:
        assert found.first == pytest.approx(report.first.corpus[found.metric])
        assert found.second == pytest.approx(report.second.corpus[found.metric])
        assert found.difference == pytest.approx(found.second - found.first)
    with pytest.raises(InvalidArgumentError, match="have no candidate"):
        compare({"1": "a"}, GOOD, {"1": ["a"], **REFERENCES}, ids=None)


def test_a_system_does_not_differ_from_itself() -> None:
    for found in compare(GOOD, GOOD, REFERENCES, rounds=200).differences:
        assert found.difference == 0
        assert found.interval == (0, 0)
        assert found.p_value == 1


def test_reports_can_be_kept(tmp_path: Path) -> None:
    report = score(GOOD, REFERENCES, training=["two cats on a sofa"])
    assert report.diversity.novel == 0.75
    report.save(tmp_path / "one")
    compare(POOR, GOOD, REFERENCES, rounds=50).save(tmp_path / "two")
    for name in ("one", "two"):
        assert (tmp_path / name / "result.json").is_file()
        assert (tmp_path / name / "figure.png").stat().st_size > 5_000
    frame = report.to_frame()
    assert list(frame.columns) == ["id", *EVERY]
    assert frame["BLEU-1"].tolist() == report.per_item["BLEU-1"].tolist()
