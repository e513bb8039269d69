"""Pictures found by the ids of captions."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from seewhy.errors import InvalidArgumentError, MissingFileError
from seewhy.scores.picture_files import match_pictures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("COCO_val2014_000000391895.jpg", "dog.png", "sub/000012.png", "12.x/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    return tmp_path


def test_an_id_is_a_name_a_stem_a_path_or_a_number(folder: Path) -> None:
    ids = ["391895", "dog", "dog.png", "12", "000012", "sub/000012.png", "12.x/a"]
    found = match_pictures(folder, ids)
    assert list(found) == ids
    names = [found[key].name for key in ids]
    assert names == [
        "COCO_val2014_000000391895.jpg",
        *["dog.png"] * 2,
        *["000012.png"] * 3,
        "a.png",
    ]


def test_ids_without_one_picture_are_named(folder: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"2 items \(cat, 3\) have no picture"):
        match_pictures(folder, ["dog", "cat", "3"])
    Image.new("RGB", (4, 4)).save(folder / "012.png")
    with pytest.raises(InvalidArgumentError, match=r"\(12\) have more than one"):
        match_pictures(folder, ["12"])
    with pytest.raises(MissingFileError):
        match_pictures(folder / "none", ["12"])
