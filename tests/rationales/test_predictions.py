from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from seewhy.datasets.nle import NLEExample
from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.rationales.predictions import (
    Prediction,
    ask_model,
    pair_up,
    read_predictions,
    split_caption,
    write_predictions,
)


def example(key, task="vqa-x"):
    return NLEExample(key, task, (Path(f"{key}.jpg"),), f"q{key}", ("a",), ("e",))


@pytest.mark.parametrize(
    ("text", "task", "answer", "explanation"),
    [
        ("yes because it rains", "vqa-x", "yes", "it rains"),
        ("a because b because c", "vqa-x", "a", "c"),
        ("a because b because c", "e-snli-ve", "a", "b because c"),
        ("a dog with fur", "vqa-x", "a dog with fur", "with fur"),
        ("dog", "act-x", "dog", ""),
        ("because it is", "vcr", "", "it is"),
    ],
)
def test_a_text_is_split_at_because(text, task, answer, explanation):
    assert split_caption(text, task=task) == (answer, explanation)


def test_what_is_written_is_read_again(tmp_path):
    said = [Prediction("7", "yes", "it 'rains'"), Prediction("x/8", "", "")]
    path = write_predictions(said, tmp_path / "new" / "answers.jsonl")
    assert read_predictions(path, task="vqa-x") == said


def test_the_authors_results_are_read(tmp_path):
    path = tmp_path / "captions_full.json"
    path.write_text(
        json.dumps([{"image_id": 262284001, "caption": "shower because it has a head"}])
    )
    assert read_predictions(path, task="vqa-x") == [
        Prediction("262284001", "shower", "it has a head")
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([{"id": 1, "answer": "a"}], "'explanation'"),
        ([{"id": 1, "answer": 3, "explanation": "e"}], "'answer'"),
        ([{"id": 1, "caption": "a"}, {"id": "1", "caption": "b"}], "another entry of the id 1"),
        ([], "holds no answers"),
    ],
)
def test_a_wrong_results_file_is_named(tmp_path, content, said):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DataFormatError, match=rf"results.json.*{said}"):
        read_predictions(path, task="vqa-x")


@dataclass
class Said:
    answer: str
    explanation: str


class Echo:
    """Answers with what it was asked."""

    def __init__(self):
        self.batches = []

    def answer(self, images, questions, *, task):
        self.batches.append((task, len(questions)))
        return [Said(f"{task} {q}", str(i)) for i, q in zip(images, questions, strict=True)]


def test_examples_are_asked_in_batches_of_one_task():
    model = Echo()
    examples = [example(str(i)) for i in range(3)] + [example("9", "vcr"), example("8")]
    said = list(ask_model(model, examples, batch_size=2))
    assert model.batches == [("vqa-x", 2), ("vqa-x", 1), ("vcr", 1), ("vqa-x", 1)]
    assert [s.id for s in said] == ["0", "1", "2", "9", "8"]
    assert said[3] == Prediction("9", "vcr q9", "9.jpg")


def test_a_model_that_knows_examples_is_given_them_whatever_their_task():
    class Knowing(Echo):
        def answer_examples(self, examples):
            self.batches.append(tuple(e.task for e in examples))
            return [Said(e.id, "known") for e in examples]

    model = Knowing()
    examples = [example("1"), example("2", "vcr"), example("3")]
    said = list(ask_model(model, examples, batch_size=2))
    assert [(s.id, s.explanation) for s in said] == [(key, "known") for key in "123"]
    assert model.batches == [("vqa-x", "vcr"), ("vqa-x",)]


def test_a_model_that_gives_too_few_answers_is_told():
    class Silent(Echo):
        def answer(self, images, questions, *, task):
            return []

    with pytest.raises(InvalidArgumentError, match="0 answers to 1 questions of vqa-x"):
        list(ask_model(Silent(), [example("1")]))


def test_answers_and_examples_must_fit():
    said = [Prediction("2", "b", ""), Prediction("1", "a", "")]
    assert [p.answer for p, _ in pair_up(said, [example("1"), example("2")])] == ["a", "b"]
    with pytest.raises(InvalidArgumentError, match=r"1 examples have no answer \(3\), 1 answers"):
        pair_up(said, [example("1"), example("3")])
