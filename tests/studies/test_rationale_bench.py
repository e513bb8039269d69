from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from seewhy.datasets.nle import TASKS
from seewhy.errors import InvalidArgumentError
from seewhy.rationales.predictions import Prediction
from seewhy.rationales.world_examples import stream_world_examples
from seewhy.rationales.world_truth import judge_task
from seewhy.studies.rationale_bench import bench_rationales


@dataclass
class Said:
    answer: str
    explanation: str


class Oracle:
    """Knows the answer and a reason."""

    name, digest = "oracle", "0"

    def answer(self, images, questions, *, task):
        raise AssertionError("examples are given")

    def answer_examples(self, examples):
        return [Said(e.answers[0].upper(), e.explanations[-1]) for e in examples]


class Babbler(Oracle):
    """Says the same of everything."""

    def answer_examples(self, examples):
        return [Said("yes", "because of the blue zebra") for _ in examples]


def test_who_knows_the_truth_gets_all_of_it():
    bench = bench_rationales(Oracle(), scenes=8, size=32)
    assert tuple(bench.tasks) == TASKS
    assert (bench.accuracy, bench.true_reasons) == (1, 1)
    for task in bench.tasks.values():
        assert (task.true_claims, task.right_and_true, task.empty_reasons) == (1, 1, 0)
        assert task.scores["BLEU-1"] == pytest.approx(1)
        assert task.elsewhere < 0.7
        assert task.most_frequent < 1


def test_who_babbles_is_found_out(tmp_path):
    bench = bench_rationales(Babbler(), scenes=8, size=32, tasks=("imagenet-x", "vqa-x"))
    assert bench.tasks["imagenet-x"].accuracy == 0
    assert 0 < bench.tasks["vqa-x"].accuracy < 0.7
    assert bench.true_reasons < 0.2
    saved = json.loads((bench.save(tmp_path) / "result.json").read_text())
    assert saved["tasks"]["vqa-x"]["questions"] > 8


def test_shares_are_of_answers_reasons_and_claims():
    truth = list(stream_world_examples("test", tasks=("imagenet-x",), count=4, draw=False))
    scenes = [one.scene for one in truth]
    names = [scene.things[0].name for scene in scenes]
    absent = next(n for n in ("cactus", "zebra", "owl") if all(
        n != thing.name for scene in scenes for thing in scene.things))  # fmt: skip
    said = [
        (names[0], f"there is a {names[0]}"),  # right and true
        (names[1], f"there is a {names[1]} and a {absent}"),  # right, half of it true
        ("teapot", f"there is a {names[2]}"),  # wrong and true
        (names[3], "glorious frabjous"),  # right, claims nothing
    ]
    found = judge_task(truth, [Prediction(one.example.id, *s) for one, s in zip(truth, said)])  # noqa: B905
    assert (found.accuracy, found.true_reasons, found.right_and_true) == (0.75, 0.5, 0.25)
    assert found.true_claims == pytest.approx(3 / 4)
    assert (found.empty_reasons, found.unknown_words) == (0.25, 0.25)


def test_wrong_use_is_told():
    with pytest.raises(InvalidArgumentError, match="at least 8"):
        bench_rationales(Oracle(), scenes=3)
    truth = list(stream_world_examples("test", tasks=("imagenet-x",), count=3, draw=False))
    with pytest.raises(InvalidArgumentError, match="do not fit"):
        judge_task(truth, [Prediction("x", "a", "b")] * 3)
