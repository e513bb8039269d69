"""Pictures of folders: stable order, bad ones listed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError
from seewhy.images.folders import (
    ImageStream,
    find_images,
    find_inside,
    list_pictures,
    natural_order,
)
from seewhy.images.reading import read_image


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


@pytest.mark.parametrize("prefetch", [0, 1, 8])
def test_bad_pictures_are_listed_and_the_others_read(tmp_path: Path, prefetch: int) -> None:
    make(tmp_path, "1.png", "3.png")
    (tmp_path / "2.png").write_text("no picture")
    stream = ImageStream(find_images(tmp_path), prefetch=prefetch)
    assert len(stream) == 3
    for _ in range(2):  # a second pass begins anew
        assert [path.name for path, _ in stream] == ["1.png", "3.png"]
        assert [failure.path.name for failure in stream.failures] == ["2.png"]
        assert "not a picture" in stream.failures[0].reason


def test_names_that_count_alike_still_have_one_order(tmp_path: Path) -> None:
    names = ["01.png", "1.png", "A.png", "a.png", "B2.png", "b10.png"]
    paths = [tmp_path / name for name in names]
    for shuffled in (paths, paths[::-1]):
        assert sorted(shuffled, key=natural_order) == paths


def test_a_stream_reads_lazily_and_only_as_far_ahead_as_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, *(f"{number}.png" for number in range(9)))
    asked: list[str] = []

    def read(path: Path, *, max_pixels: int) -> Image.Image:
        asked.append(path.name)
        return read_image(path, max_pixels=max_pixels)

    monkeypatch.setattr("seewhy.images.folders.read_image", read)
    for prefetch in (0, 2):
        asked.clear()
        pictures = iter(ImageStream(find_images(tmp_path), prefetch=prefetch))
        assert not asked
        next(pictures)
        pictures.close()  # type: ignore[attr-defined]
        assert 1 <= len(asked) <= 1 + prefetch


def test_a_picture_gone_since_it_was_found_is_a_failure(tmp_path: Path) -> None:
    make(tmp_path, "1.png", "2.png")
    stream = ImageStream(find_images(tmp_path))
    (tmp_path / "1.png").unlink()
    assert [path.name for path, _ in stream] == ["2.png"]
    assert "No picture at" in stream.failures[0].reason


def test_reading_ahead_is_a_number_of_pictures() -> None:
    with pytest.raises(InvalidArgumentError, match="prefetch"):
        ImageStream([], prefetch=-1)


def test_pictures_are_named_by_path_or_number(tmp_path: Path) -> None:
    make(tmp_path, "a.png", "b.png")
    picture = Image.new("RGB", (2, 2))
    assert [name for name, _ in list_pictures([picture, tmp_path, picture])] == [
        "picture 1",
        str(tmp_path / "a.png"),
        str(tmp_path / "b.png"),
        "picture 3",
    ]
    assert list_pictures(picture) == [("picture 1", picture)]
    assert [name for name, _ in list_pictures(np.zeros((2, 4, 4, 3)))] == ["picture 1", "picture 2"]


def test_names_must_lie_in_their_folder(tmp_path):
    assert find_inside(tmp_path, "a\\b.jpg") == tmp_path / "a" / "b.jpg"
    assert find_inside(tmp_path, "a/../b.jpg").resolve() == (tmp_path / "b.jpg").resolve()
    (tmp_path / "link").symlink_to(tmp_path.parent)
    assert find_inside(tmp_path, "link/b.jpg") == tmp_path / "link" / "b.jpg"
    for name in ("../b.jpg", "a/../../b.jpg", "/etc/passwd", "..", "..\\b.jpg"):
        with pytest.raises(DataFormatError, match="leads out of"):
            find_inside(tmp_path, name)
