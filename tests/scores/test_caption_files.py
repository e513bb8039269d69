"""Captions in files of every form, and files that are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seewhy.errors import DataFormatError, MissingFileError
from seewhy.scores.caption_files import read_captions, read_ids, read_single_captions

EXPECTED = {"1": ["a dog", "the dog"], "2": ["a cat"]}
ENTRIES = [
    {"image_id": 1, "caption": "a dog"},
    {"image_id": 2, "caption": "a cat"},
    {"image_id": 1, "caption": "the dog"},
]
KARPATHY = {
    "images": [
        {"id": 1, "sentences": [{"raw": "a dog"}, {"raw": "the dog"}]},
        {"id": 2, "sentences": [{"raw": "a cat"}]},
    ]
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ENTRIES),
        json.dumps({"images": [{"id": 1}, {"id": 2}], "annotations": ENTRIES}),
        json.dumps(EXPECTED),
        "\n".join(json.dumps(entry) for entry in ENTRIES) + "\n",
        "image_id,caption\n1,a dog\n2,a cat\n1,the dog\n",
        "caption,image_id\na dog,1\na cat,2\nthe dog,1\n",
        "1,a dog\n2,a cat\n1,the dog\n",
        "\ufeff" + json.dumps(EXPECTED),
        json.dumps(KARPATHY),
    ],
    ids=["results", "annotations", "plain", "lines", "csv", "turned", "bare", "bom", "karpathy"],
)
def test_a_file_is_recognized_by_its_content(tmp_path: Path, text: str) -> None:
    path = tmp_path / "captions.dat"
    path.write_text(text, encoding="utf-8")
    assert read_captions(path) == EXPECTED


def test_results_have_one_caption_an_item(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"1": "a dog", "2": ["a cat"]}), encoding="utf-8")
    assert read_single_captions(path) == {"1": "a dog", "2": "a cat"}
    path.write_text(json.dumps(EXPECTED), encoding="utf-8")
    with pytest.raises(DataFormatError, match=r"2 captions of 1.*the other way round"):
        read_single_captions(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("{broken", "not valid JSON"),
        ('{"id": 1, "caption": "a"}\n{"b"', "line 2 is not valid JSON"),
        ('[{"image_id": 1}]', "entry 1 has no field for a text"),
        ('[{"caption": "a"}]', "entry 1 has no field for an id"),
        ("[3]", "entry 1 is not an object"),
        ('{"1": 5}', "is a int"),
        ('[{"image_id": 1, "caption": "a"}, {"image_id": "1", "caption": "b"}]', "both as a"),
        ("just some text\nand more\n", "begins with"),
        ("id,caption\n1\n", "row 1 has 1 columns"),
    ],
)
def test_a_wrong_file_is_named_with_its_entry(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataFormatError, match=said) as caught:
        read_captions(path)
    assert str(path) in str(caught.value)


def test_what_is_no_text_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    with pytest.raises(MissingFileError, match=r"x\.json"):
        read_captions(path)
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(DataFormatError, match="not a UTF-8"):
        read_captions(path)


def test_ids_are_a_list_or_lines(tmp_path: Path) -> None:
    path = tmp_path / "ids"
    path.write_text('[1, "2"]', encoding="utf-8")
    assert read_ids(path) == ["1", "2"]
    path.write_text("1\n\n2\n", encoding="utf-8")
    assert read_ids(path) == ["1", "2"]
    path.write_text('{"1": 2}', encoding="utf-8")
    with pytest.raises(DataFormatError, match="JSON list of ids"):
        read_ids(path)
    with pytest.raises(MissingFileError):
        read_ids(tmp_path / "none")
