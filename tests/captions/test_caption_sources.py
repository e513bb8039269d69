from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seewhy.captions.caption_sources import key_by_id, read_existing_captions, read_references
from seewhy.errors import DataFormatError, MissingFileError


def write(path: Path, content: Any) -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([{"image_id": 12, "caption": "a cat"}], {"12": "a cat"}),
        ({"photos/cat.jpg": "a cat", "dog": "a dog"}, {"cat": "a cat", "dog": "a dog"}),
        ({r"val2014\COCO_val2014_000000000009.JPG": "a cat"}, {"9": "a cat"}),
        (
            '{"image": "a.b.png", "caption": "x"}\n{"id": "c.d", "caption": ""}',
            {"a.b": "x", "c.d": ""},
        ),
        ("image,caption\nx/1.webp,a cat\n", {"1": "a cat"}),
    ],
)  # fmt: skip
def test_pictures_go_by_id_whether_named_by_it_or_by_file(
    tmp_path: Path, content: Any, expected: dict[str, str]
) -> None:
    assert read_existing_captions(write(tmp_path / "captions", content)) == expected


def test_references_are_read_in_every_form_karpathys_too(tmp_path: Path) -> None:
    images = [
        {"filename": f"COCO_val2014_00000000000{n}.jpg", "filepath": "val2014", "split": split,
         "cocoid": n, "sentences": [{"tokens": ["a", "cat"], "raw": "A cat."}] * n}
        for n, split in ((1, "train"), (2, "restval"), (3, "test"))
    ]  # fmt: skip
    karpathy = write(tmp_path / "karpathy.json", {"images": images, "dataset": "coco"})
    assert read_references(karpathy) == {str(n): ["A cat."] * n for n in (1, 2, 3)}
    plain = write(tmp_path / "plain.json", {"a.jpg": ["x", "y"], "b": "z"})
    assert read_references(plain) == {"a": ["x", "y"], "b": ["z"]}


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"gone\.json"):
        read_existing_captions(tmp_path / "gone.json")
    with pytest.raises(MissingFileError, match=r"gone\.json"):
        read_references(tmp_path / "gone.json")
    several = write(tmp_path / "several.json", {"a": ["x", "y"]})
    with pytest.raises(DataFormatError, match="2 captions of a; results have one"):
        read_existing_captions(several)
    twice = write(tmp_path / "twice.json", {"a.jpg": "x", "more/a.png": "y"})
    for read in (read_existing_captions, read_references):
        with pytest.raises(DataFormatError, match="names the picture 'a' twice, once as 'more/a"):
            read(twice)
    number = write(tmp_path / "number.json", {"a": 3})
    with pytest.raises(DataFormatError, match="the caption of a is a int"):  # not Karpathy's error
        read_references(number)


def test_only_names_of_pictures_are_cut() -> None:
    found = key_by_id({"a/b.txt": 1, "b.jpeg": 2, "3.5": 3}, "x.json")
    assert found == {"a/b.txt": 1, "b": 2, "3.5": 3}
