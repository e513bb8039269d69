from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from seewhy.datasets.vqa_x import read_vqa_x, read_vqa_x_sources
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError

SHARED = Path(os.environ.get("SEEWHY_SHARED", Path(__file__).parents[3] / "shared"))


def answers(*texts):
    return [
        {"answer": text, "answer_confidence": "yes", "answer_id": i}
        for i, text in enumerate(texts, start=1)
    ]


def entry(**fields):
    return {
        "question": "What is this?",
        "answers": answers("dog", "Dog", "a cat"),
        "image_id": "9",
        "image_name": "COCO_train2014_000000000009.jpg",
        "explanation": ["it barks", "it wags "],
    } | fields


def test_texts_stay_as_they_are_and_pictures_lie_in_their_part_of_coco(write):
    path = write("x.json", {"9001": entry(), "9000": entry(image_name="COCO_val2014_9.jpg")})
    first, second = read_vqa_x(path)
    assert (first.id, first.task, first.question) == ("9001", "vqa-x", "What is this?")
    assert first.answers == ("dog", "Dog", "a cat")
    assert first.explanations == ("it barks", "it wags ")
    assert first.images == (Path("train2014/COCO_train2014_000000000009.jpg"),)
    assert (second.id, second.image) == ("9000", Path("val2014/COCO_val2014_9.jpg"))


def test_pictures_may_lie_in_one_folder_and_missing_ones_are_listed(write, draw, tmp_path):
    flat = draw("pictures/COCO_val2014_1.jpg")
    in_part = draw("pictures/train2014/COCO_train2014_2.jpg")
    names = ["COCO_val2014_1.jpg", "COCO_train2014_2.jpg", "COCO_val2014_3.jpg"]
    path = write("x.json", {str(i): entry(image_name=name) for i, name in enumerate(names)} | {
        "again": entry(image_name=names[2])})  # fmt: skip
    stream = read_vqa_x(path, tmp_path / "pictures")
    for _ in range(2):  # and the same again
        assert [example.image for example in stream] == [flat, in_part]
        lost = tmp_path / "pictures" / "val2014" / "COCO_val2014_3.jpg"
        assert [failure.path for failure in stream.missing] == [lost]
        assert stream.num_skipped == 2


def test_nothing_is_read_before_it_is_asked_for(tmp_path):
    stream = read_vqa_x(tmp_path / "none.json")
    with pytest.raises(MissingFileError, match=r"none.json"):
        next(iter(stream))
    with pytest.raises(MissingFileError, match="No folder of pictures"):
        read_vqa_x(tmp_path / "none.json", tmp_path / "none")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"question": None}, "'question'"),
        ({"question": " "}, "'question' must be a text"),
        ({"explanation": []}, "'explanation' must be a list of texts"),
        ({"explanation": ["fine", ""]}, "'explanation' must be a list of texts"),
        ({"explanation": "a text"}, "'explanation' must be a list of texts"),
        ({"answers": []}, "'answers'"),
        ({"answers": [{"answer": "x"}, {"text": "y"}]}, "answer 2 has no field 'answer'"),
        ({"image_name": "../../etc/passwd"}, "outside the folder"),
        ({"image_name": "/etc/passwd"}, "outside the folder"),
        ({"image_name": "a/../../b.jpg"}, "outside the folder"),
        ({"image_name": "..\\b.jpg"}, "outside the folder"),
        ({"image_name": "C:b.jpg"}, "outside the folder"),
    ],
)
def test_a_wrong_entry_is_named_with_its_file_and_field(write, broken, said):
    path = write("broken.json", {"1": entry(), "77": entry(**broken)})
    stream = iter(read_vqa_x(path))
    assert next(stream).id == "1"
    with pytest.raises(DataFormatError, match=f"broken.json, entry '77'.*{said}"):
        next(stream)


@pytest.mark.parametrize("content", ["{", "7", '{"1": 5}', "[3]"])
def test_a_file_of_another_form_is_refused(write, content):
    with pytest.raises(DataFormatError, match=r"x.json"):
        list(read_vqa_x(write("x.json", content)))


def write_sources(write, examples):
    """The files of VQA v2 and the split from which the examples would be made."""
    for part in ("train2014", "val2014"):
        there = {key: value for key, value in examples.items() if part in value["image_name"]}
        common = {"data_subtype": part, "data_type": "mscoco", "task_type": "Open-Ended"}
        asked = [
            {"question_id": int(key), "question": e["question"], "image_id": int(e["image_id"])}
            for key, e in there.items()
        ]
        # VQA v2 knows far more questions than the split.
        asked.append({"question_id": 1, "question": "Not in it?", "image_id": 1})
        answered = [
            {"question_id": int(key), "answers": e["answers"], "image_id": int(e["image_id"]),
             "question_type": "what", "multiple_choice_answer": "x"}
            for key, e in there.items()
        ]  # fmt: skip
        write(f"v2_OpenEnded_mscoco_{part}_questions.json", common | {"questions": asked})
        write(f"v2_mscoco_{part}_annotations.json", common | {"annotations": answered})
    reasons = {key: e["explanation"] for key, e in examples.items()}
    path = write("exp.json", reasons)
    parts = ("train2014", "val2014")
    return (
        path,
        [path.parent / f"v2_OpenEnded_mscoco_{part}_questions.json" for part in parts],
        [path.parent / f"v2_mscoco_{part}_annotations.json" for part in parts],
    )


def test_the_sources_give_the_prepared_examples(write):
    examples = {
        "9001": entry(),
        "12000": entry(
            image_id="12", image_name="COCO_val2014_000000000012.jpg", question="Is it?"
        ),
    }
    prepared = list(read_vqa_x(write("prepared.json", examples)))
    examples["9001"]["explanation"] = ["It barks.", "it Wags "]
    assert list(read_vqa_x_sources(*write_sources(write, examples))) == prepared


def test_names_of_pictures_may_be_given(write):
    sources = write_sources(write, {"9001": entry()})
    names = write("coco_id2name.json", {"9": "COCO_train2014_other.jpg"})
    (example,) = read_vqa_x_sources(*sources, names=names)
    assert example.image == Path("train2014/COCO_train2014_other.jpg")


def test_a_question_that_vqa_does_not_have_is_named(write):
    path, questions, annotations = write_sources(write, {"9001": entry()})
    path.write_text('{"5": ["why"]}')
    with pytest.raises(DataFormatError, match="question 5 is in none of the questions"):
        list(read_vqa_x_sources(path, questions, annotations))
    with pytest.raises(InvalidArgumentError, match="got 1 and 2"):
        read_vqa_x_sources(path, questions, annotations[:1])


@pytest.mark.parametrize(("split", "size", "reasons"), [("val", 1459, 4377), ("test", 1968, 5904)])
def test_the_real_files_are_read_whole_and_from_sources_alike(write, split, size, reasons):
    path = SHARED / "data" / "nle_annotations" / f"vqaX_{split}.json"
    if not path.is_file():
        pytest.skip(f"no {path}; set SEEWHY_SHARED")
    examples = list(read_vqa_x(path))
    assert len(examples) == size
    assert sum(len(example.explanations) for example in examples) == reasons
    assert all(len(example.answers) == 10 for example in examples)
    raw = json.loads(path.read_text())
    assert list(read_vqa_x_sources(*write_sources(write, raw))) == examples
