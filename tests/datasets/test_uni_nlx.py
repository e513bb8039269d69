from __future__ import annotations

import json
from pathlib import Path

import pytest

from seewhy.datasets.catalogue import READERS, is_unified, read_examples
from seewhy.datasets.nle import TASKS
from seewhy.datasets.uni_nlx import read_imagenet_x, read_uni_nlx, read_vqa_para_x
from seewhy.errors import DataFormatError, UnknownNameError

TRAIN = [
    {"question": "what is this?", "answer": "giraffe", "explanation": "a long neck",
     "img_path": "val2014/a.jpg", "dataset": "vqaX"},
    {"question": "what is it?", "answer": "tench", "explanation": "green fins",
     "img_path": "n01/a.JPEG", "dataset": "imagenetX"},
    {"question": "is it so?", "answer": "yes", "explanation": "it is",
     "img_path": "VG_100K/1.jpg", "dataset": "vqa_paraX"},
]  # fmt: skip
TEST = {
    "0": {"question": "what is it?", "answer": ["tench"], "explanation": ["fins", "green"],
          "img_path": ["n01/a.JPEG", "n01/b.JPEG"], "dataset": "imagenetX"},
    "1": {"question": "a man sleeps", "answer": "entailment", "explanation": ["he lies"],
          "img_path": "flickr30k/1.jpg", "dataset": "esnlive"},
}  # fmt: skip


def test_the_list_for_training_is_read_in_order(write):
    first, second, third = read_uni_nlx(write("explanation_dataset.json", TRAIN))
    assert [e.task for e in (first, second, third)] == ["vqa-x", "imagenet-x", "vqa-parax"]
    assert [e.id for e in (first, second, third)] == ["0", "1", "2"]
    assert (first.question, first.answers) == ("what is this?", ("giraffe",))
    assert (first.explanations, first.image) == (("a long neck",), Path("val2014/a.jpg"))


def test_the_dictionary_for_testing_has_lists(write):
    first, second = read_uni_nlx(write("t.json", TEST))
    assert first.images == (Path("n01/a.JPEG"), Path("n01/b.JPEG"))
    assert first.explanations == ("fins", "green")
    assert (second.task, second.answers) == ("e-snli-ve", ("entailment",))


def test_an_example_with_several_pictures_keeps_those_that_are_there(write, draw, tmp_path):
    there = draw("all/n01/b.JPEG")
    stream = read_imagenet_x(write("t.json", TEST), tmp_path / "all")
    (example,) = stream
    assert example.images == (there,)
    assert [f.path.name for f in stream.missing] == ["a.JPEG"]
    assert stream.num_skipped == 0


def test_one_task_is_taken_out_of_all(write):
    path = write("explanation_dataset.json", TRAIN)
    assert [e.answers for e in read_imagenet_x(path)] == [("tench",)]
    assert [e.answers for e in read_vqa_para_x(path)] == [("yes",)]
    lines = write("derived.jsonl", "\n".join(json.dumps({"id": "n1", **e}) for e in TRAIN[1:2]))
    assert [e.id for e in read_imagenet_x(lines)] == ["n1"]


def test_any_reader_takes_a_unified_file(write):
    path = write("explanation_dataset.json", TRAIN)
    assert is_unified(path)
    assert [e.answers for e in read_examples("vqa-x", path)] == [("giraffe",)]
    assert not list(read_examples("vcr", path))
    own = {"1": {"question": "q", "answers": [{"answer": "a"}], "image_name": "v.jpg",
                 "explanation": ["e"]}}  # fmt: skip
    assert [e.id for e in read_examples("vqa-x", write("own.json", own))] == ["1"]


def test_every_task_has_a_reader():
    assert set(READERS) == {*TASKS, "captions"}
    with pytest.raises(UnknownNameError, match="Did you mean 'vqa-x'"):
        read_examples("vqax", "x.json")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"dataset": "vqax"}, "'dataset' must be one of vqaX"),
        ({"img_path": []}, "'img_path'"),
        ({"img_path": ["a.jpg", "/b.jpg"]}, "outside"),
        ({"explanation": ""}, "'explanation'"),
        ({"answer": None}, "no field 'answer'"),
        ({"question": 3}, "'question'"),
    ],
)
def test_a_wrong_entry_is_named(write, broken, said):
    path = write("x.json", [TRAIN[0], TRAIN[0] | broken])
    with pytest.raises(DataFormatError, match=f"x.json, entry 1.*{said}"):
        list(read_uni_nlx(path))
    with pytest.raises(UnknownNameError, match="vqax"):
        read_uni_nlx(path, tasks=("vqax",))
