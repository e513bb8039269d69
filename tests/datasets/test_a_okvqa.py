from __future__ import annotations

import os
from pathlib import Path

import pytest

from seewhy.datasets.a_okvqa import read_a_okvqa
from seewhy.errors import DataFormatError

DATA = Path(os.environ.get("SEEWHY_SHARED", Path(__file__).parents[3] / "shared")) / "data"
ENTRY = {
    "split": "train",
    "image_id": 299207,
    "question_id": "22MexNkBPpdZGX6sxbxVBH",
    "question": "What is awaited?",
    "choices": ["skateboarder", "train", "delivery", "cab"],
    "correct_choice_idx": 3,
    "direct_answers": ["ride", "taxi", "cab"],
    "difficult_direct_answer": False,
    "rationales": ["A train would not.", "He has bags.", "He waits."],
}


def test_the_right_choice_comes_first(write):
    (example,) = read_a_okvqa(write("aokvqa_v1p0_train.json", [ENTRY]))
    assert example.id == ENTRY["question_id"]
    assert example.answers == ("cab", "ride", "taxi", "cab")
    assert example.explanations == tuple(ENTRY["rationales"])
    assert example.choices == ("skateboarder", "train", "delivery", "cab")
    assert example.image == Path("train2017/000000299207.jpg")


@pytest.mark.parametrize(
    "name",
    [
        "train2017/000000299207.jpg",
        "000000299207.jpg",
        "val2014/COCO_val2014_000000299207.jpg",
        "COCO_train2014_000000299207.jpg",
    ],
)
def test_pictures_of_either_release_are_found(write, draw, tmp_path, name):
    picture = draw(f"coco/{name}")
    (example,) = read_a_okvqa(write("a.json", [ENTRY]), tmp_path / "coco")
    assert example.image == picture


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"correct_choice_idx": 4}, "'correct_choice_idx' must be a number from 0 to 3"),
        ({"correct_choice_idx": True}, "'correct_choice_idx'"),
        ({"direct_answers": None}, "no field 'direct_answers'"),
        ({"rationales": []}, "'rationales'"),
        ({"image_id": "../7"}, "'image_id'"),
        ({"split": "../.."}, "'split'"),
    ],
)
def test_a_wrong_field_is_named(write, broken, said):
    with pytest.raises(DataFormatError, match=f"a.json, entry 1.*{said}"):
        list(read_a_okvqa(write("a.json", [ENTRY, ENTRY | broken])))


def test_the_real_records_are_read():
    path = DATA / "nle_annotations" / "aokvqa_2records.json"
    if not path.is_file():
        pytest.skip(f"no {path}; set SEEWHY_SHARED")
    first, second = read_a_okvqa(path)
    assert (first.answers[0], second.answers[0]) == ("cigarette", "cab")
    assert (first.image, second.image) == (
        Path("val2017/000000461751.jpg"),
        Path("train2017/000000299207.jpg"),
    )
