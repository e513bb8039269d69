from __future__ import annotations

import json

import pytest

from seewhy.datasets.editing_files import read_editing_files, read_word_map
from seewhy.errors import DataFormatError, MissingFileError

WORDS = {"a": 1, "dog": 2, "cat": 3, "runs": 4, "<unk>": 5, "<start>": 6, "<end>": 7, "<pad>": 0}
NAMES = ["COCO_val2014_000000000042.jpg", "COCO_val2014_000000000007.jpg"]


def encode(*words):
    row = [6, *(WORDS[word] for word in words), 7]
    return row + [0] * (8 - len(row))


def write(folder, name, content):
    (folder / name).write_text(json.dumps(content))


@pytest.fixture
def prepared(tmp_path):
    """Show, Edit and Tell's files: two pictures with two captions each."""
    write(tmp_path, "WORDMAP_coco.json", WORDS)
    captions = [("a", "dog"), ("dog", "runs"), ("a", "cat"), ("<unk>", "cat", "runs")]
    write(tmp_path, "TEST_CAPTIONS_coco.json", [encode(*words) for words in captions])
    write(tmp_path, "TEST_names_coco.json", NAMES)
    existing = {
        NAMES[0]: {
            "caption": "a cat runs",
            "encoded_previous_caption": [1, 3, 4, 0, 0],
            "previous_caption_length": [3],
            "image_ids": 42,
        },
        NAMES[1]: {
            "caption": "cat",
            "encoded_previous_caption": [3, 0, 0, 0, 0],
            "previous_caption_length": [1],
            "image_ids": 7,
        },
    }
    write(tmp_path, "CAPUTIL_test.json", existing)
    return tmp_path


def test_numbers_become_words_again(prepared):
    one, two = read_editing_files(prepared, "test")
    assert (one.id, one.image, one.split) == ("42", NAMES[0], "test")
    assert one.existing == ("a", "cat", "runs")
    assert one.captions == (("a", "dog"), ("dog", "runs"))
    assert two.existing == ("cat",)
    assert two.captions == (("a", "cat"), ("<unk>", "cat", "runs"))


def test_names_may_be_listed_by_caption_or_with_their_id(prepared):
    expected = list(read_editing_files(prepared, "test"))
    write(prepared, "TEST_names_coco.json", [name for name in NAMES for _ in range(2)])
    assert list(read_editing_files(prepared, "test")) == expected
    (prepared / "TEST_names_coco.json").unlink()
    write(prepared, "TEST_IMAGE_NAMES.json", [[name, 0] for name in NAMES])
    assert list(read_editing_files(prepared, "test")) == expected


def test_look_and_modifys_entries_have_embedding_and_attributes(prepared):
    (prepared / "CAPUTIL_test.json").unlink()
    entry = {"caption": "a brown cat", "embedding": [0.5, -1], "attributes": [2, 4]}
    content = {name: {**entry, "image_ids": name[-6:-4]} for name in NAMES}
    write(prepared, "TEST_CAPUTIL_coco_topdown_bottomup_features.json", content)
    one, _ = read_editing_files(prepared, "test")
    assert one.existing == ("a", "brown", "cat")
    assert one.sentence_embedding == (0.5, -1.0)
    assert one.attributes == ("dog", "runs")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("TEST_CAPTIONS_coco.json", [encode("a")] * 3, "3 captions of test for 2 pictures"),
        ("TEST_CAPTIONS_coco.json", [[6, 99, 7]] * 4, "caption 0 of test holds the number 99"),
        ("CAPUTIL_test.json", {NAMES[0]: {}}, "no text in 'caption'"),
        ("CAPUTIL_test.json", {NAMES[0]: {"encoded_previous_caption": [1]}}, "no number in"),
        ("CAPUTIL_test.json", {}, "has no entry 'COCO_val2014_000000000042.jpg'"),
        ("WORDMAP_coco.json", {"a": 1, "b": 1}, "one number to two words"),
        ("WORDMAP_coco.json", {"a": 1}, "has no <start>, <end>, <pad>, <unk>"),
        ("WORDMAP_coco.json", ["a"], "no map"),
    ],
)
def test_files_that_do_not_fit_are_named(prepared, name, content, message):
    write(prepared, name, content)
    with pytest.raises(DataFormatError, match=message):
        list(read_editing_files(prepared, "test"))


def test_files_that_are_missing_are_named(prepared):
    with pytest.raises(MissingFileError, match="TRAIN_CAPTIONS_coco"):
        list(read_editing_files(prepared, "train"))
    (prepared / "CAPUTIL_test.json").unlink()
    with pytest.raises(MissingFileError, match=r"none of CAPUTIL_test\.json"):
        list(read_editing_files(prepared, "test"))
    with pytest.raises(MissingFileError, match="nowhere"):
        read_word_map(prepared / "nowhere.json")
    (prepared / "WORDMAP_coco.json").write_text("{")
    with pytest.raises(DataFormatError, match="is not JSON"):
        read_word_map(prepared / "WORDMAP_coco.json")
