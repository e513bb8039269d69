from __future__ import annotations

from pathlib import Path

import pytest

from seewhy.datasets.nle import NLEExample
from seewhy.errors import InvalidArgumentError, MetricUnavailableError, UnknownNameError
from seewhy.rationales.judging import judge_answers
from seewhy.rationales.predictions import Prediction


def pairs(task, *rows):
    return [
        (Prediction(str(i), said, "r"),
         NLEExample(str(i), task, (Path("a.jpg"),), "q", tuple(answers), ("e",)))
        for i, (said, answers) in enumerate(rows)
    ]  # fmt: skip


TEN = ["the dog", "dog", "cat", "Dog.", "cat", "cat", "bird", "dog", "a cat", "dog"]


@pytest.mark.parametrize(
    ("task", "said", "answers", "is_right"),
    [
        ("vqa-x", "dog", TEN, True),  # five say dog, four cat
        ("vqa-x", "cat", TEN, False),
        ("a-okvqa", "bird", TEN, True),
        ("vqa-parax", "fish", TEN, False),
        ("act-x", "bicycling", ["Bicycling"], True),
        ("e-snli-ve", "neutral", ["entailment"], False),
        ("imagenet-x", "two dogs", ["2 dogs"], True),
    ],
)
def test_each_task_has_its_rule(task, said, answers, is_right):
    found = judge_answers(pairs(task, (said, answers)), task)
    assert found.is_right.tolist() == [is_right]
    assert found.accuracy == float(is_right)


def test_uni_nlx_asks_whether_the_answer_is_listed():
    rows = pairs("vqa-x", ("cat", TEN), ("CAT ", TEN), ("2 dogs", ["two dogs"]))
    found = judge_answers(rows, "vqa-x", protocol="uni-nlx")
    assert found.is_right.tolist() == [True, True, False]
    vcr = pairs("vcr", ("she runs", ["she runs"]), ("she walks", ["she runs"]))
    assert judge_answers(vcr, "vcr", protocol="uni-nlx").is_right.tolist() == [True, False]


def test_vqa_accuracy_is_told_where_many_answered():
    found = judge_answers(pairs("vqa-x", ("bird", TEN), ("dog", TEN)), "vqa-x")
    # nine leave-one-out triples see one bird, the bird's own sees none; dog is beyond three
    assert found.soft_accuracy == pytest.approx((0.9 * (1 / 3) + 1) / 2)
    assert judge_answers(pairs("act-x", ("run", ["run"])), "act-x").soft_accuracy is None


def test_vcr_needs_an_encoder_and_says_so():
    with pytest.raises(MetricUnavailableError, match="distilbert-base-uncased"):
        judge_answers(pairs("vcr", ("a", ["a"])), "vcr")


def test_vcr_counts_answers_from_the_threshold_on(tiny_bert):
    rows = pairs("vcr", ("He Runs", ["he runs"]), ("she sleeps", ["he runs"]))
    found = judge_answers(rows, "vcr", encoder=tiny_bert)
    assert found.similarity is not None
    assert found.similarity[0] == pytest.approx(1, abs=1e-5)
    assert found.is_right.tolist() == [True, bool(found.similarity[1] >= 0.92)]
    second = float(found.similarity[1])
    assert judge_answers(rows, "vcr", encoder=tiny_bert, threshold=second).accuracy == 1
    assert judge_answers(rows, "vcr", encoder=tiny_bert, threshold=second + 1e-6).accuracy == 0.5


def test_unknown_names_and_nothing_to_judge():
    with pytest.raises(UnknownNameError, match="vqa-z"):
        judge_answers(pairs("vqa-z", ("a", ["a"])), "vqa-z")
    with pytest.raises(UnknownNameError, match="protocol"):
        judge_answers(pairs("vqa-x", ("a", ["a"])), "vqa-x", protocol="nlx")
    with pytest.raises(InvalidArgumentError, match="no answers"):
        judge_answers([], "vqa-x")
