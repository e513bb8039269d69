from __future__ import annotations

import json

import pytest

from seewhy.datasets.captions import CaptionEntry, divide_entries, find_image_id, read_captions
from seewhy.errors import DataFormatError, MissingFileError


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_json_lines_are_read_in_order(tmp_path):
    lines = [
        {"image": "red.png", "captions": ["red", "all red"], "split": "train"},
        {"image": "halves.png", "caption": "green between blue"},
        {"image": "red.png", "captions": ["for later"], "split": "val"},
    ]
    path = write(tmp_path / "captions.jsonl", "\n\n".join(json.dumps(line) for line in lines))
    one, two, three = read_captions(path)
    assert one == CaptionEntry("red.png", ("red", "all red"), "train", "red")
    assert two == CaptionEntry("halves.png", ("green between blue",), "train", "halves")
    assert three.split == "val"
    single = write(tmp_path / "one.jsonl", json.dumps(lines[0]))
    assert read_captions(single) == [one]


def test_cocos_form_gathers_the_captions_of_each_picture(tmp_path):
    annotations = [(7, "a"), (3, "b"), (7, "c")]
    values = {
        "images": [{"id": i, "file_name": f"{i}.jpg"} for i in (3, 7, 8)],
        "annotations": [{"image_id": i, "caption": text} for i, text in annotations],
    }
    entries = read_captions(write(tmp_path / "captions.json", values))
    assert [(e.image, e.captions, e.id) for e in entries] == [
        ("3.jpg", ("b",), "3"),
        ("7.jpg", ("a", "c"), "7"),
    ]


def test_karpathys_splits_keep_words_and_count_restval_as_training(tmp_path):
    def image(split, **more):
        sentence = {"tokens": ["a", "dog"], "raw": "A dog."}
        return {
            "filename": "COCO_val2014_0000042.jpg",
            "split": split,
            "sentences": [sentence],
        } | more

    values = {"images": [image("restval", filepath="val2014", cocoid=42), image("test")]}
    one, two = read_captions(write(tmp_path / "dataset_coco.json", values))
    name = "val2014/COCO_val2014_0000042.jpg"
    assert one == CaptionEntry(name, ("A dog.",), "train", "42", (("a", "dog"),))
    assert (two.image, two.id, two.split) == ("COCO_val2014_0000042.jpg", "42", "test")


def test_a_list_of_pictures_is_read(tmp_path):
    values = [{"image": "val2014/COCO_val2014_000000391895.jpg", "caption": ["a", "b"]}]
    (entry,) = read_captions(write(tmp_path / "list.json", values))
    assert (entry.id, entry.captions) == ("391895", ("a", "b"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("val2014\\COCO_val2014_000000391895.jpg", "391895"),
        ("COCO_train2014_000000000001.jpg", "1"),
        ("1000268201_693b08cb0e.jpg", "1000268201_693b08cb0e"),
        ("photos/two.dots.png", "two.dots"),
        ("bare", "bare"),
    ],
)
def test_the_name_of_a_file_tells_the_id(name, expected):
    assert find_image_id(name) == expected


def name_entries(*splits):
    return [CaptionEntry(f"{i}.png", ("x",), split) for i, split in enumerate(splits)]


@pytest.mark.parametrize("name", ["val", "dev", "validation"])
def test_the_usual_names_of_validation_splits_are_known(name):
    train, judges = divide_entries(name_entries("train", name, "test", "train"))
    assert [entry.image for entry in train] == ["0.png", "3.png"]
    assert [entry.image for entry in judges] == ["1.png"]


def test_where_a_file_has_no_validation_split_a_twentieth_is_held_back():
    train, judges = divide_entries(name_entries(*["train"] * 41))
    assert [entry.image for entry in judges] == ["0.png", "20.png", "40.png"]
    assert len(train) == 38
    assert not set(train) & set(judges)


def test_a_validation_split_that_is_named_must_be_there():
    with pytest.raises(DataFormatError, match="has the splits dev, train"):
        divide_entries(name_entries("train", "dev"), validation="val")
    with pytest.raises(DataFormatError, match="0 entries are for training"):
        divide_entries(name_entries("dev", "test"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"captions": ["x"]}', "JSON of another form"),
        ('{"image": "a.png"}', "entry 0 has no text in 'captions'"),
        ('{"image": "a.png", "caption": "x"}\n{"image": "b.png", "caption": 3}', "line 2"),
        ('{"image": "a.png", "captions": [3]}', "has no text"),
        ("image,caption", "line 1 is not JSON"),
        ("", "holds no captions"),
        ("[]", "holds no captions"),
        ('{"images": [{"id": 1}], "annotations": [{"image_id": 1}]}', "annotation 0 has no field"),
        ('{"images": [], "annotations": []}', "holds no captions"),
        ('{"images": [{"sentences": [], "filename": "a"}]}', "image 0 has no field 'split'"),
    ],
)
def test_files_of_another_form_are_refused(tmp_path, content, message):
    with pytest.raises(DataFormatError, match=message):
        read_captions(write(tmp_path / "captions.json", content))


def test_bytes_and_nothing_are_refused(tmp_path):
    (tmp_path / "picture.json").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DataFormatError, match="no text in UTF-8"):
        read_captions(tmp_path / "picture.json")
    with pytest.raises(MissingFileError, match="none"):
        read_captions(tmp_path / "none.json")
