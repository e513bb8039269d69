from __future__ import annotations

import json
from pathlib import Path

import pytest

from seewhy.datasets.pretraining_captions import read_caption_corpus, read_caption_examples
from seewhy.errors import DataFormatError


def test_the_two_lists_of_the_corpus_stand_side_by_side(write):
    pictures = write("corpus_images_train.json", ["coco/a_9.jpg", "vg/b.jpg", "coco/a_9.jpg"])
    captions = write("corpus_captions_train.json", ["a man", "two dogs.", "He rides"])
    examples = list(read_caption_corpus(pictures, captions))
    assert [(e.id, str(e.image), e.explanations) for e in examples] == [
        ("0", "coco/a_9.jpg", ("a man",)),
        ("1", "vg/b.jpg", ("two dogs.",)),
        ("2", "coco/a_9.jpg", ("He rides",)),
    ]
    assert {(e.task, e.question, e.answers) for e in examples} == {("captions", "", ())}


def test_the_test_list_names_pictures_by_their_number(write):
    path = write("corpus_images_test.json", ["coco/val2014/COCO_val2014_000000000042.jpg"])
    (example,) = read_caption_corpus(path, None)
    assert (example.id, example.explanations) == ("42", ())
    with pytest.raises(DataFormatError, match="has no number"):
        list(read_caption_corpus(write("x.json", ["a.jpg"]), None))


def test_lists_of_different_length_are_refused(write):
    pictures, captions = write("i.json", ["a.jpg", "b.jpg"]), write("c.json", ["one"])
    with pytest.raises(DataFormatError, match="1 captions for the 2 pictures"):
        list(read_caption_corpus(pictures, captions))


def test_a_captions_file_gives_one_example_for_each_picture(write, draw, tmp_path):
    draw("p/a.jpg")
    lines = [
        {"image": "a.jpg", "captions": ["one", "two"], "split": "train"},
        {"image": "b.jpg", "captions": ["three"], "split": "train"},
        {"image": "a.jpg", "captions": ["four"], "split": "test"},
    ]
    path = write("captions.jsonl", "\n".join(map(json.dumps, lines)))
    stream = read_caption_examples(path, tmp_path / "p", split="train")
    (example,) = stream
    assert example.explanations == ("one", "two")
    assert [f.path.name for f in stream.missing] == ["b.jpg"]
    assert len(list(read_caption_examples(path))) == 3
    with pytest.raises(DataFormatError, match="no picture of the split 'val'; it has test, train"):
        list(read_caption_examples(path, split="val"))


def test_names_do_not_lead_out(write):
    path = write("i.json", ["../a.jpg"])
    with pytest.raises(DataFormatError, match="outside"):
        list(read_caption_corpus(path, write("c.json", ["x"])))
    assert Path(path).is_file()
