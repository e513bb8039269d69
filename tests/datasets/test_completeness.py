from __future__ import annotations

import json

import pytest

from seewhy.datasets import known_files
from seewhy.datasets.completeness import check_datasets
from seewhy.errors import InvalidArgumentError, MissingFileError


def vqa(*pictures):
    return {
        str(i): {
            "question": "q",
            "answers": [{"answer": "a"}],
            "image_name": name,
            "explanation": ["x", "y", "z"],
        }
        for i, name in enumerate(pictures)
    }


def find(check, task, split):
    (found,) = [s for s in check.splits if (s.task, s.split) == (task, split)]
    return found


def test_pictures_are_counted_and_the_missing_listed(write, draw, tmp_path):
    draw("images/val2014/COCO_val2014_1.jpg")
    names = ["COCO_val2014_1.jpg", "COCO_val2014_2.jpg", "COCO_val2014_1.jpg"]
    write("nle_data/VQA-X/vqaX_val.json", vqa(*names))
    found = find(check_datasets(tmp_path), "vqa-x", "val")
    assert (found.examples, found.explanations, found.pictures) == (3, 9, 2)
    assert found.missing_pictures == ("val2014/COCO_val2014_2.jpg",)
    assert found.state == "other size"
    assert found.problem == "3 examples, 1,459 expected"
    assert not found.is_complete


def test_a_split_of_the_known_size_with_its_pictures_is_complete(write, draw, tmp_path):
    draw("elsewhere/COCO_val2014_1.jpg")
    write("vqaX_val.json", vqa(*["COCO_val2014_1.jpg"] * 1459))
    found = find(check_datasets(tmp_path, images=tmp_path / "elsewhere"), "vqa-x", "val")
    assert (found.state, found.is_complete, found.expected) == ("complete", True, 1459)
    alone = find(check_datasets(tmp_path), "vqa-x", "val")
    assert alone.missing_pictures is None
    assert not alone.is_complete


def test_a_missing_explanation_is_seen_where_their_number_is_known(write, tmp_path):
    entries = vqa(*["COCO_val2014_1.jpg"] * 1459)
    entries["7"]["explanation"].pop()
    write("vqaX_val.json", entries)
    found = find(check_datasets(tmp_path), "vqa-x", "val")
    assert found.problem == "4,376 explanations, 4,377 expected"


@pytest.mark.parametrize(("size", "state"), [(12_607 - 252, "complete"), (12_300, "other size")])
def test_a_number_from_a_paper_may_be_two_percent_off(write, tmp_path, size, state):
    entry = {"answers": "run", "image_name": "1.jpg", "explanation": ["e"]}
    write("actX_train.json", dict.fromkeys(map(str, range(size)), entry))
    found = find(check_datasets(tmp_path), "act-x", "train")
    assert (found.state, found.is_exact) == (state, False)


def test_an_unreadable_file_says_why_and_does_not_hide_the_others(write, tmp_path):
    write("vqaX_val.json", {"5": {"question": "q"}})
    write("actX_test.json", {"1": {"answers": "r", "image_name": "1.jpg", "explanation": ["e"]}})
    check = check_datasets(tmp_path)
    assert find(check, "vqa-x", "val").state == "unreadable"
    assert "entry '5' has no field 'image_name'" in find(check, "vqa-x", "val").problem
    assert find(check, "act-x", "test").examples == 1
    assert find(check, "act-x", "train").state == "missing"


def test_the_unified_file_counts_for_each_of_its_tasks(write, draw, tmp_path):
    draw("image_datasets/n1/a.JPEG")
    entry = {"question": "q", "answer": "tench", "explanation": "e", "img_path": "n1/a.JPEG"}
    rows = [entry | {"dataset": "imagenetX"}] * 2 + [entry | {"dataset": "vqaX"}]
    write("explanation_dataset.json", rows)
    check = check_datasets(tmp_path)
    found = find(check, "imagenet-x", "train, unified")
    assert (found.examples, found.state, found.is_complete) == (2, "unknown size", True)
    assert find(check, "vqa-x", "train, unified").examples == 1
    assert check.totals == {"imagenet-x": (2, 144_000)}
    assert find(check, "vqa-parax", "train, unified").state == "missing"


def test_sources_are_joined_with_what_lies_beside_them(write, tmp_path):
    write("val_exp_anno.json", {"9001": ["x"]})
    check = check_datasets(tmp_path)
    found = find(check, "vqa-x", "val, source")
    assert "v2_OpenEnded_mscoco_train2014_questions.json" in found.problem
    record = {
        "objects": ["person"], "img_fn": "m/0.jpg", "metadata_fn": "m/0.json",
        "question": ["Who", "?"], "answer_choices": [["I", "."]], "answer_label": 0,
        "rationale_choices": [["so", "."]], "rationale_label": 0, "annot_id": "val-0",
    }  # fmt: skip
    write("vcr1annots/val.jsonl", json.dumps(record))
    write("vcr1images/m/0.json", {"boxes": [[0, 0, 1, 1, 1]], "width": 4, "height": 3})
    found = find(check_datasets(tmp_path), "vcr", "val, source")
    assert (found.examples, found.missing_pictures) == (1, ("m/0.jpg",))


def test_the_result_is_saved_and_drawn(write, tmp_path):
    write("data/vqaX_val.json", vqa("COCO_val2014_1.jpg"))
    saved = check_datasets(tmp_path / "data").save(tmp_path / "out")
    assert json.loads((saved / "result.json").read_text())["splits"][0]["task"] == "vqa-x"
    assert (saved / "figure.png").stat().st_size > 1000


def test_a_folder_without_data_sets_is_told(tmp_path):
    with pytest.raises(InvalidArgumentError, match=r"no file of a known data set.*vqaX_train.json"):
        check_datasets(tmp_path)
    with pytest.raises(MissingFileError, match="none"):
        check_datasets(tmp_path / "none")


def test_no_split_is_listed_twice_in_one_form():
    names = [(task, f.split) for f in known_files.list_known_files() for task in f.tasks]
    assert len(names) == len(set(names))
