from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from seewhy.errors import DataFormatError, MissingFileError
from seewhy.training.caption_folders import (
    CaptionEntry,
    divide_entries,
    load_entries,
    load_folder,
    read_captions,
)


def write_lines(path, *lines):
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    return path


@pytest.fixture
def folder(tmp_path):
    """Three pictures, the last of which is broken."""
    Image.new("RGB", (40, 20), (200, 0, 0)).save(tmp_path / "red.png")
    halves = Image.new("RGB", (40, 20), (0, 0, 200))
    halves.paste((0, 200, 0), (10, 0, 30, 20))
    halves.save(tmp_path / "halves.png")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    write_lines(
        tmp_path / "captions.jsonl",
        {"image": "red.png", "captions": ["red", "all red"], "split": "train"},
        {"image": "halves.png", "caption": "green between blue"},
        {"image": "broken.jpg", "captions": ["nothing"]},
        {"image": "red.png", "captions": ["for later"], "split": "val"},
    )
    return tmp_path


def test_json_lines_are_read_in_order(folder):
    entries = read_captions(folder / "captions.jsonl")
    assert entries[0] == CaptionEntry("red.png", ("red", "all red"), "train")
    assert entries[1] == CaptionEntry("halves.png", ("green between blue",), "train")
    assert [entry.split for entry in entries] == ["train", "train", "train", "val"]


def test_cocos_form_gathers_the_captions_of_each_picture(tmp_path):
    annotations = [(7, "a"), (3, "b"), (7, "c")]
    values = {
        "images": [{"id": 3, "file_name": "3.jpg"}, {"id": 7, "file_name": "7.jpg"}],
        "annotations": [{"image_id": i, "caption": text} for i, text in annotations],
    }
    (tmp_path / "captions.json").write_text(json.dumps(values))
    entries = read_captions(tmp_path / "captions.json")
    assert [(e.image, e.captions) for e in entries] == [("3.jpg", ("b",)), ("7.jpg", ("a", "c"))]


def test_pictures_become_their_central_square(folder, caplog):
    data = load_folder(folder, folder / "captions.jsonl", size=8)
    assert data.images.shape == (2, 8, 8, 3)
    assert data.captions == (("red", "all red"), ("green between blue",))
    assert np.abs(data.images[1].astype(int) - (0, 200, 0)).max() <= 1  # the blue is cut off
    assert "broken.jpg" in caplog.text


def test_a_split_and_a_limit_choose_entries(folder):
    captions = folder / "captions.jsonl"
    assert load_folder(folder, captions, size=8, split="val").captions == (("for later",),)
    assert len(load_folder(folder, captions, size=8, limit=1)) == 1


def test_a_split_that_is_empty_is_an_error(folder):
    with pytest.raises(DataFormatError, match="no picture for the split 'test'"):
        load_folder(folder, folder / "captions.jsonl", size=8, split="test")


def test_a_folder_of_unreadable_pictures_is_an_error(folder):
    with pytest.raises(DataFormatError, match="None of 1 pictures"):
        load_entries(folder, [CaptionEntry("broken.jpg", ("x",), "train")], size=8)


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


def test_missing_files_and_folders_are_named(folder):
    with pytest.raises(MissingFileError, match=r"none\.jsonl"):
        load_folder(folder, folder / "none.jsonl", size=8)
    with pytest.raises(MissingFileError, match="nowhere"):
        load_folder(folder / "nowhere", folder / "captions.jsonl", size=8)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"captions": ["x"]}', "line 1 has no field 'image'"),
        ("a.jsonl", '\n{"image": "a.png"}', "line 2 has no text in 'captions'"),
        ("a.jsonl", '{"image": "a.png", "captions": [3]}', "line 1 has no text"),
        ("a.jsonl", "image,caption", "is not JSON"),
        ("a.jsonl", "", "holds no captions"),
        ("a.json", "[]", "not COCO's captions form"),
        ("a.json", '{"images": []}', "lacks 'annotations'"),
        ("a.json", '{"images": [], "annotations": []}', "holds no captions"),
    ],
)
def test_files_of_another_form_are_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataFormatError, match=message):
        read_captions(tmp_path / name)
