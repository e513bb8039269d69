from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from seewhy.datasets.vcr import read_vcr
from seewhy.errors import DataFormatError, MissingFileError

DATA = Path(os.environ.get("SEEWHY_SHARED", Path(__file__).parents[3] / "shared")) / "data"
PREPARED = {
    "question": "why is person1 pointing at person0 ?",
    "answers": "he is telling person2",
    "explanation": "person2 is delivering food",
    "objects": ["person", "person", "person"],
    "image_w": 1920,
    "image_h": 797,
    "annot_id": "val-7",
    "img_name": "movie/0.jpg",
    "boxes_data": [[1, 2, 3, 4, 0.9], [5, 6, 7.5, 8, 0.8], [0, 0, 9, 9, 0.7]],
}
SOURCE = {
    "objects": ["person", "person", "car"],
    "img_fn": "movie/0.jpg",
    "metadata_fn": "movie/0.json",
    "question": ["Why", "are", [0, 1], "beside", [2], "?"],
    "answer_choices": [["No", "."], ["They", "own", [2], "."], ["Yes"]],
    "answer_label": 1,
    "rationale_choices": [[[0], "holds", "a", "key", "No.", "2", "."], ["x"]],
    "rationale_label": 0,
    "annot_id": "train-12",
}
METADATA = {
    "boxes": [[1, 2, 3, 4, 0.9], [5, 6, 7, 8, 0.8], [0, 0, 9, 9, 0.7]],
    "segms": [],
    "names": ["person", "person", "car"],
    "width": 1920,
    "height": 797,
}


def test_the_prepared_file_is_taken_as_it_is(write):
    (example,) = read_vcr(write("vcr_val.json", {"7": PREPARED}))
    assert (example.id, example.task) == ("7", "vcr")
    assert example.question == PREPARED["question"]
    assert example.answers == ("he is telling person2",)
    assert example.explanations == ("person2 is delivering food",)
    assert example.objects == ("person", "person", "person")
    assert example.boxes == ((1, 2, 3, 4), (5, 6, 7.5, 8), (0, 0, 9, 9))
    assert example.image_size == (1920, 797)
    assert example.image == Path("movie/0.jpg")


def test_tokens_that_point_at_objects_become_names(write, tmp_path):
    write("boxes/movie/0.json", METADATA)
    path = write("train.jsonl", json.dumps(SOURCE) + "\n\n")
    (example,) = read_vcr(path, metadata=tmp_path / "boxes")
    assert example.id == "12"
    assert example.question == "why are person0 and person1 beside car2"
    assert example.answers == ("they own car2",)
    assert example.choices == ("no", "they own car2", "yes")
    assert example.explanations == ("person0 holds a key no 2",)
    assert example.boxes[2] == (0, 0, 9, 9)
    assert example.image_size == (1920, 797)


def test_as_published_the_last_token_goes_whatever_it_is(write, tmp_path):
    write("boxes/movie/0.json", METADATA)
    path = write("train.jsonl", json.dumps(SOURCE | {"answer_label": 2}))
    assert next(iter(read_vcr(path, metadata=tmp_path / "boxes"))).answers == ("yes",)
    (published,) = read_vcr(path, metadata=tmp_path / "boxes", compat="published")
    assert published.answers == ("",)


def test_only_the_annotations_of_a_split_are_kept(write):
    path = write("vcr.json", {str(i): PREPARED | {"annot_id": f"val-{i}"} for i in range(4)})
    ids = write("vcr_splits.json", {"train": ["val-1", "val-3"], "dev": ["val-0"]})
    assert [e.id for e in read_vcr(path, ids=ids, split="train")] == ["1", "3"]
    listed = write("ids.json", ["val-2"])
    assert [e.id for e in read_vcr(path, ids=listed)] == ["2"]
    with pytest.raises(DataFormatError, match=r"no field 'test'; it has train, dev"):
        list(read_vcr(path, ids=ids, split="test"))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"answer_label": None}, "no field 'answer_label'"),
        ({"answer_label": 3}, "'answer_label' must be a number from 0 to 2"),
        ({"question": ["Is", [3], "?"]}, "'question' must be words and indices of 3 objects"),
        ({"question": ["Is", [-1], "?"]}, "'question' must be words and indices"),
        ({"question": []}, "'question' must be a text as tokens"),
        ({"img_fn": "../0.jpg"}, "outside the folder"),
        ({"metadata_fn": "/etc/passwd"}, "outside the folder"),
        ({"objects": ["person"]}, "indices of 1 objects"),
    ],
)
def test_a_wrong_line_is_named(write, tmp_path, broken, said):
    write("boxes/movie/0.json", METADATA)
    path = write("train.jsonl", json.dumps(SOURCE) + "\n" + json.dumps(SOURCE | broken))
    with pytest.raises(DataFormatError, match=f"train.jsonl, line 2.*{said}"):
        list(read_vcr(path, metadata=tmp_path / "boxes"))


@pytest.mark.parametrize("boxes", [[[1, 2, 3, 4]], [[1, 2, 3]] * 3, [["a", 1, 2, 3]] * 3, "x"])
def test_boxes_must_be_one_for_each_object(write, boxes):
    path = write("vcr.json", {"0": PREPARED | {"boxes_data": boxes}})
    with pytest.raises(DataFormatError, match="'boxes_data' must be"):
        list(read_vcr(path))


def test_the_source_needs_the_files_with_the_boxes(write, tmp_path):
    path = write("train.jsonl", json.dumps(SOURCE))
    with pytest.raises(MissingFileError, match="give metadata"):
        read_vcr(path)
    with pytest.raises(MissingFileError, match=r"0.json"):
        list(read_vcr(path, metadata=tmp_path))


def test_the_real_record_is_read(write, tmp_path):
    path = DATA / "nle_annotations" / "vcr_1record.jsonl"
    if not path.is_file():
        pytest.skip(f"no {path}; set SEEWHY_SHARED")
    record = json.loads(path.read_text())
    boxes = [[0, 0, 1, 1, 1.0] for _ in record["objects"]]
    write(f"m/{record['metadata_fn']}", {"boxes": boxes, "width": 9, "height": 9})
    (example,) = read_vcr(path, metadata=tmp_path / "m")
    assert example.question == "does person0 live in this house"
    assert example.answers == ("no , person0 is a visitor",)
    said = "person0 is wearing outerwear , holding an umbrella , and there is a car outside"
    assert example.explanations == (said,)
    assert example.id == "1"
