"""METEOR and the Java tokenizer where Java is; clear words where something is missing."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seewhy.errors import MetricUnavailableError
from seewhy.scores import java_programs
from seewhy.scores.java_metrics import (
    MeteorScores,
    compute_meteor,
    compute_spice,
    tokenize_with_java,
)
from seewhy.scores.meteor import NUM_COUNTS, meteor_from_sums
from seewhy.scores.penn_treebank import ptb_tokenize
from seewhy.scores.scoring import compare

HAS_JAVA = shutil.which("java") and importlib.util.find_spec("pycocoevalcap")
with_java = pytest.mark.skipif(not HAS_JAVA, reason="needs Java and pycocoevalcap (extra coco)")
CANDIDATES = ["a dog runs on the beach", "two cats on a red sofa", "a b", ""]
REFERENCES = [
    ["a dog is running by the beach", "the dog"],
    ["a pair of cats on a couch"],
    ["x y"],
    ["a man ||| sits"],
]


@with_java
def test_meteor_has_the_digits_of_its_program_and_can_be_recomputed() -> None:
    found = compute_meteor(CANDIDATES, REFERENCES)
    assert found.per_item[0] == pytest.approx(0.340788958617614, abs=1e-9)
    assert found.per_item[2:].tolist() == [0, 0]
    np.testing.assert_allclose(meteor_from_sums(found.statistics), found.per_item, atol=1e-9)
    whole = meteor_from_sums(found.statistics.sum(0, keepdims=True))[0]
    assert found.corpus == pytest.approx(whole, abs=1e-9)
    assert found.corpus != pytest.approx(found.per_item.mean())


def test_two_systems_are_compared_by_the_corpus_score_of_meteor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = np.zeros((4, NUM_COUNTS))  # as if words matched exactly, some of them
    table[:, [0, 1, 20]], table[:, 4] = [[6, 7, 2], [3, 4, 1], [5, 5, 1], [9, 2, 2]], [4, 3, 1, 2]
    table[:, 5] = table[:, 21] = table[:, 22] = table[:, 4]

    def compute(candidates: list[str], *_: Any, **__: Any) -> MeteorScores:
        counts = table * (1 if candidates == CANDIDATES else [[1] * 20 + [1.5, 1, 1]])
        whole = meteor_from_sums(counts.sum(0, keepdims=True))[0]
        return MeteorScores(float(whole), meteor_from_sums(counts), counts)

    monkeypatch.setattr("seewhy.scores.metrics.compute_meteor", compute)
    report = compare(["a", "b", "c", "d"], CANDIDATES, REFERENCES, metrics=["meteor"], rounds=100)
    (found,) = report.differences
    assert found.first == pytest.approx(report.first.corpus["METEOR"])
    assert found.second == pytest.approx(report.second.corpus["METEOR"])
    assert found.second > found.first
    assert found.second != pytest.approx(report.second.per_item["METEOR"].mean())


@with_java
def test_the_java_tokenizer_agrees_with_ours_and_keeps_lines_apart() -> None:
    sentences = ["The dog's bowl isn't full.", "", "two\nlines, one caption", "(a) U.S. cat"]
    assert tokenize_with_java(sentences) == ptb_tokenize(sentences)
    assert tokenize_with_java([]) == []


@with_java
def test_a_time_limit_ends_the_program() -> None:
    with pytest.raises(MetricUnavailableError, match="time limit"):
        compute_meteor(CANDIDATES, REFERENCES, timeout=0.01)


@with_java
def test_spice_names_the_models_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lib").mkdir()
    program = tmp_path / "spice-1.0.jar"
    monkeypatch.setattr("seewhy.scores.java_metrics.find_program", lambda *_: program)
    with pytest.raises(MetricUnavailableError, match=r"CoreNLP 3\.6\.0 and its models in .*lib"):
        compute_spice(CANDIDATES, REFERENCES)


def test_without_java_or_the_package_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java_programs, "PACKAGE", "no_such_package")
    with pytest.raises(MetricUnavailableError, match=r"seewhy\[coco\]"):
        compute_meteor(CANDIDATES, REFERENCES)
    monkeypatch.setattr(java_programs, "PACKAGE", "json")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MetricUnavailableError, match="not there"):
        compute_meteor(CANDIDATES, REFERENCES)
    with pytest.raises(MetricUnavailableError, match="Java"):
        java_programs.find_java("METEOR")


def test_items_without_a_score_are_left_out_of_mean_and_comparison(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def compute(candidates: list[str], *_: Any, **__: Any) -> np.ndarray:
        return np.array([0.5, np.nan, 0.1, 0.3] if candidates == CANDIDATES else [0.2] * 4)

    monkeypatch.setattr("seewhy.scores.metrics.compute_spice", compute)
    report = compare(["a", "b", "c", "d"], CANDIDATES, REFERENCES, metrics=["spice"], rounds=100)
    (found,) = report.differences
    assert report.second.corpus["SPICE"] == pytest.approx(0.3)
    assert (found.first, found.second) == pytest.approx((0.2, 0.3))
    assert found.interval[0] < 0.1 < found.interval[1]
