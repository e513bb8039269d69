from __future__ import annotations

import json
from pathlib import Path

import pytest

from seewhy.datasets.nle import NLEExample
from seewhy.errors import InvalidArgumentError
from seewhy.rationales.evaluation import EvaluationSettings, evaluate_rationales
from seewhy.rationales.predictions import Prediction
from seewhy.scores.scoring import score

FAST = EvaluationSettings(metrics=("bleu", "cider-d"))
EXAMPLES = [
    NLEExample(str(i), "vqa-x", (Path(f"{i}.jpg"),), "what?", (answer,) * 3, reasons)
    for i, (answer, reasons) in enumerate(
        [
            ("dog", ("it has a long wet nose", "it barks at the man")),
            ("cat", ("it has soft paws and whiskers",)),
            ("car", ("it has four wheels and a door",)),
            ("bus", ("many people sit in it on the road",)),
        ]
    )
]
SAID = [
    Prediction("3", "bus", "people sit in it on the road"),
    Prediction("0", "the dog", "it has a long nose"),
    Prediction("1", "dog", "it has a long nose"),
    Prediction("2", "car", "it has four wheels and a roof"),
]


def test_filtered_scores_are_of_right_answers_alone():
    found = evaluate_rationales(SAID, EXAMPLES, settings=FAST).tasks["vqa-x"]
    assert found.accuracy == 0.75
    texts = {p.id: p.explanation for p in SAID}
    truth = {e.id: e.explanations for e in EXAMPLES}
    everything = score(texts, truth, metrics=FAST.metrics)
    assert found.unfiltered.corpus == pytest.approx(everything.corpus)
    right = ["0", "2", "3"]
    alone = score(  # as if the wrong one had never been
        {k: texts[k] for k in right}, {k: truth[k] for k in right}, metrics=FAST.metrics
    )
    assert found.filtered is not None
    assert found.filtered.corpus == pytest.approx(alone.corpus)
    assert found.filtered.corpus["CIDEr-D"] != pytest.approx(everything.corpus["CIDEr-D"])


def test_tasks_are_judged_apart():
    other = NLEExample("9", "act-x", (Path("9.jpg"),), "", ("run",), ("he runs fast",))
    said = [*SAID, Prediction("9", "run", "he runs fast")]
    found = evaluate_rationales(said, [other, *EXAMPLES], settings=FAST).tasks
    assert {task: one.examples for task, one in found.items()} == {"act-x": 1, "vqa-x": 4}
    assert found["act-x"].accuracy == 1


def test_without_a_right_answer_filtered_scores_are_missing_with_the_reason():
    said = [Prediction(p.id, "nothing", p.explanation) for p in SAID]
    found = evaluate_rationales(said, EXAMPLES, settings=FAST).tasks["vqa-x"]
    assert found.filtered is None
    assert found.missing["filtered scores"] == "No answer is right."


def test_vcr_without_an_encoder_still_has_unfiltered_scores(tiny_bert):
    example = NLEExample("1", "vcr", (Path("1.jpg"),), "why?", ("he sits",), ("he is on a cat",))
    said = [Prediction("1", "he sits", "he is on the cat")]
    found = evaluate_rationales(said, [example], settings=FAST).tasks["vcr"]
    assert found.accuracy is None
    assert "BERTScore" in found.missing["accuracy"]
    assert found.unfiltered.corpus["BLEU-1"] > 0.5
    judged = evaluate_rationales(said, [example], settings=FAST, encoder=tiny_bert).tasks["vcr"]
    assert judged.accuracy == 1
    assert judged.filtered is not None


def test_the_result_is_saved_and_drawn(tmp_path):
    folder = evaluate_rationales(SAID, EXAMPLES, settings=FAST).save(tmp_path / "out")
    saved = json.loads((folder / "result.json").read_text())
    assert saved["tasks"]["vqa-x"]["examples"] == 4
    assert (folder / "figure.png").stat().st_size > 1000


def test_the_threshold_is_a_share():
    with pytest.raises(InvalidArgumentError, match=r"threshold.*1\.2"):
        EvaluationSettings(threshold=1.2)
