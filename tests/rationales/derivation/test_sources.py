from __future__ import annotations

import json

import pytest
from PIL import Image

from seewhy.errors import DataFormatError, MissingFileError
from seewhy.rationales.derivation.sources import ClassItem, read_classes, read_paragraphs


@pytest.mark.parametrize(
    ("name", "content", "pairs"),
    [
        ("c.txt", "tench\n\ngold fish\n", [("tench", "tench"), ("gold fish", "gold fish")]),
        ("c.json", ["tench", "carp"], [("tench", "tench"), ("carp", "carp")]),
        ("c.json", {"n01": "tench"}, [("n01", "tench")]),
        ("c.json", [{"index": 0, "wnid": "n01", "name_openai": "tench"}], [("n01", "tench")]),
    ],
)
def test_classes_come_in_four_forms(tmp_path, name, content, pairs):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    assert read_classes(path) == [ClassItem(key, name) for key, name in pairs]


def test_pictures_are_found_by_folder_or_by_name(tmp_path):
    images = tmp_path / "images"
    for name in ("n01/b.png", "n01/a10.png", "n01/a2.png", "carp/x.png", "n02_3.png", "n03.png"):
        (images / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (2, 2)).save(images / name)
    (images / "n01" / "note.txt").write_text("no picture")
    path = tmp_path / "c.json"
    path.write_text(
        json.dumps({"n01": "tench", "n00": "carp", "n02": "dog", "n03": "cat", "n9": "x"})
    )
    found = {item.id: item.pictures for item in read_classes(path, images)}
    assert found == {
        "n01": ("n01/a2.png", "n01/a10.png", "n01/b.png"),
        "n00": ("carp/x.png",),
        "n02": ("n02_3.png",),
        "n03": ("n03.png",),
        "n9": (),
    }


def test_paragraphs_of_stanford_and_of_anybody(tmp_path):
    (tmp_path / "VG_100K_2").mkdir()
    Image.new("RGB", (2, 2)).save(tmp_path / "VG_100K_2" / "8.jpg")
    path = tmp_path / "paragraphs_v1.json"
    entries = [{"url": "u", "image_id": i, "paragraph": f"p{i}"} for i in (7, 8, 7)]
    path.write_text(json.dumps(entries))
    found = list(read_paragraphs(path, tmp_path))
    assert [(i.id, i.picture, i.paragraph) for i in found] == [
        ("VG_100K/7.jpg", "VG_100K/7.jpg", "p7"),
        ("VG_100K_2/8.jpg", "VG_100K_2/8.jpg", "p8"),
        ("VG_100K/7.jpg#2", "VG_100K/7.jpg", "p7"),
    ]
    lines = tmp_path / "own.jsonl"
    lines.write_text('{"image": "a/b.png", "paragraph": "A dog."}\n')
    assert [i.picture for i in read_paragraphs(lines)] == ["a/b.png"]


def test_wrong_sources_are_named(tmp_path):
    path = tmp_path / "c.json"
    for content, said in (
        ('["a", "a"]', "'a' twice"),
        ("[]", "no classes"),
        ("7", "must hold names"),
        ('[{"wnid": "n1"}]', "entry 0 has no field 'name'"),
        ('{"n1": ""}', "'n1' must be a text"),
    ):
        path.write_text(content)
        with pytest.raises(DataFormatError, match=said):
            read_classes(path)
    with pytest.raises(MissingFileError, match="none"):
        read_classes(tmp_path / "none.txt")
    path.write_text('[{"image": "../x.png", "paragraph": "p"}]')
    with pytest.raises(DataFormatError, match="outside"):
        list(read_paragraphs(path))
    path.write_text('[{"image_id": "../7", "paragraph": "p"}]')
    with pytest.raises(DataFormatError, match="outside"):
        list(read_paragraphs(path))
