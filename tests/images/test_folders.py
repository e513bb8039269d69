"""Pictures of folders: stable order, bad ones listed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from seewhy.errors import MissingFileError
from seewhy.images.folders import ImageStream, find_images


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(path)


def test_folders_are_searched_to_the_bottom_in_natural_order(tmp_path: Path) -> None:
    make(tmp_path, "b/10.png", "b/9.png", "a.jpg", ".hidden/x.png", ".y.png")
    (tmp_path / "notes.txt").write_text("no picture")
    assert find_images(tmp_path) == [
        tmp_path / "a.jpg",
        tmp_path / "b/9.png",
        tmp_path / "b/10.png",
    ]


def test_a_named_file_counts_whatever_its_suffix_and_once(tmp_path: Path) -> None:
    make(tmp_path, "a.png")
    (tmp_path / "odd").write_bytes(b"")
    found = find_images([tmp_path / "odd", tmp_path, tmp_path / "a.png"])
    assert found == [tmp_path / "odd", tmp_path / "a.png"]


def test_an_empty_folder_and_a_missing_path_are_told(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="holds no picture"):
        find_images(tmp_path)
    with pytest.raises(MissingFileError, match="gone"):
        find_images(tmp_path / "gone")


def test_bad_pictures_are_listed_and_the_others_read(tmp_path: Path) -> None:
    make(tmp_path, "1.png", "3.png")
    (tmp_path / "2.png").write_text("no picture")
    stream = ImageStream(find_images(tmp_path))
    for _ in range(2):  # a second pass begins anew
        assert [path.name for path, _ in stream] == ["1.png", "3.png"]
        assert [failure.path.name for failure in stream.failures] == ["2.png"]
        assert "not a picture" in stream.failures[0].reason
