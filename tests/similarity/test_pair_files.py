"""Pairs from files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from seewhy.errors import DataFormatError, MissingFileError
from seewhy.similarity.pair_files import PairSource, list_views, read_pairs


@pytest.mark.parametrize(
    "text",
    [
        "a,b\nx.png,y.png\nz.png,/far/w.png\n",
        "x.png,y.png\nz.png,/far/w.png",
        "\ufefflabel,second,first\nlike,y.png,x.png\n\n,/far/w.png,z.png\n",
        'image1,image2\n"x.png","y.png"\nz.png , /far/w.png\nx.png,y.png\n',
    ],
)
def test_pairs_are_read_with_a_heading_or_without(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(text, encoding="utf-8")
    assert read_pairs(path) == [
        PairSource(tmp_path / "x.png", tmp_path / "y.png"),
        PairSource(tmp_path / "z.png", Path("/far/w.png")),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no pair"),
        ("a,b\n", "holds no pair"),
        ("a,b\nx.png\n", "line 2: two paths"),
        ("x.png,\n", "line 1: two paths"),
    ],
)
def test_what_is_no_pair_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataFormatError, match=words):
        read_pairs(path)


def test_what_is_no_file_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="No file of pairs"):
        read_pairs(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(DataFormatError, match="no CSV in UTF-8"):
        read_pairs(tmp_path / "bytes.csv")


def test_each_pair_has_a_name_a_file_and_a_seed_of_its_own(tmp_path: Path) -> None:
    pairs = [
        PairSource(Path("p/a b.png"), Path("q/c.png")),
        PairSource(Path("q/c.png"), Path("p/a b.png")),
        PairSource(Path("p/a b.png")),
    ]
    assert pairs[0].name == "p/a b.png | q/c.png"
    assert len({pair.stem for pair in pairs}) == 3
    assert pairs[0].stem.startswith("a-b--c-")
    assert len({pair.seed(0) for pair in pairs} | {pairs[0].seed(1)}) == 4
    assert pairs[0].seed(5) == PairSource(Path("elsewhere/a b.png"), Path("c.png")).seed(5)


def test_views_are_of_every_picture_in_a_folder(tmp_path: Path) -> None:
    for name in ("10.png", "2.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    assert list_views(tmp_path) == [PairSource(tmp_path / "2.png"), PairSource(tmp_path / "10.png")]
