"""True classes from folders and files, by path or by name, and files that hold none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seewhy.concepts.labels import read_labels
from seewhy.errors import DataFormatError, MissingFileError, SeewhyError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
        path = tmp_path / "animals" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "animals"


def test_folders_name_the_classes(folder: Path) -> None:
    assert read_labels("folder", [folder]) == {
        str(folder / "cat/1.png"): "cat",
        str(folder / "cat/2.png"): "cat",
        str(folder / "dog/1.png"): "dog",
    }


def test_the_folder_of_a_picture_that_is_named_without_one_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "dog")
    assert read_labels("folder", ["1.png"]) == {"1.png": "dog"}


def test_a_file_names_pictures_by_path_or_name_and_the_path_counts_more(folder: Path) -> None:
    file = folder / "labels.json"
    by_name = {"1.png": "any", "2.png": "tomcat", "9.png": "not here"}
    file.write_text(json.dumps({**by_name, str(folder / "dog/1.png"): "hound"}), encoding="utf-8")
    assert read_labels(str(file), [folder]) == {
        str(folder / "cat/1.png"): "any",
        str(folder / "cat/2.png"): "tomcat",
        str(folder / "dog/1.png"): "hound",
    }


def test_pictures_the_file_does_not_name_have_no_label(folder: Path) -> None:
    file = folder / "labels.json"
    file.write_text('{"2.png": "cat", "unknown.png": "dog"}', encoding="utf-8")
    assert read_labels(str(file), [folder]) == {str(folder / "cat/2.png"): "cat"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"1.png": ', "is not valid JSON"),
        (b'["cat"]', "must be a JSON object"),
        (b'{"1.png": 3}', "must be a JSON object"),
        (b"\xff\xd8\xff", "labels.json"),
    ],
)
def test_a_file_without_labels_is_refused(folder: Path, content: bytes, message: str) -> None:
    file = folder / "labels.json"
    file.write_bytes(content)
    with pytest.raises(DataFormatError, match=message):
        read_labels(str(file), [folder])


def test_what_is_missing_is_named(folder: Path) -> None:
    with pytest.raises(MissingFileError, match=r"labels at .*none\.json"):
        read_labels(str(folder / "none.json"), [folder])
    with pytest.raises(SeewhyError, match=r"3\.png"):
        read_labels("folder", [folder / "cat/3.png"])
