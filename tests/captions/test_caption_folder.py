from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seewhy.captions.beam_search import BeamSettings
from seewhy.captions.caption_folder import build_caption
from seewhy.captions.captioner import CaptionWriter
from seewhy.captions.edit import SaidCaption
from seewhy.captions.editor import CaptionEditor
from seewhy.datasets.picture_features import PictureFeatures
from seewhy.errors import DataFormatError
from seewhy.results import ResultFolder, to_plain

VALUES = np.random.default_rng(0).random((4, 6), dtype=np.float32)
BOXES = np.array([[0, 0, 1, 1]] * 4, np.float32)
PICTURE = Image.new("RGB", (20, 10), "red")


def make_captions(make_model: Any) -> dict[str, SaidCaption]:
    search = BeamSettings(beams=3, num_best=2)
    editor = CaptionEditor([make_model("editnet")], settings=search)
    blind = CaptionEditor([make_model("dcnet")])
    model = replace(make_model("modification"), reads_attributes=True)
    writer = CaptionWriter([make_model("up-down")], settings=search)
    boxed = PictureFeatures("a", VALUES, boxes=BOXES)
    gridded = PictureFeatures("a", VALUES, grid=(2, 2))
    return {
        "edit with boxes": editor.edit(PICTURE, "a red unicorn", features=boxed),
        "edit of nothing": editor.edit(caption="", features=VALUES),
        "edit without a picture": blind.edit(caption="a cat"),
        "edit with attributes": CaptionEditor([model]).edit(
            caption="a cat", features=gridded, attributes=["dog", "grass"]
        ),
        "caption": writer.caption(features=gridded),
    }


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    return type(one) is type(other) and one == other


def test_what_is_kept_comes_back_field_by_field(make_model: Any, tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path, {"model": "m"}, kind="captions", build=build_caption)
    made = make_captions(make_model)
    for number, said in enumerate(made.values()):
        folder.keep(number, said)
    again = ResultFolder(tmp_path, {"model": "m"}, kind="captions", build=build_caption).read()
    assert list(again) == list(range(len(made)))
    for (name, said), found in zip(made.items(), again.values(), strict=True):
        assert type(found) is type(said), name
        for field in dataclasses.fields(said):
            value, kept = getattr(said, field.name), getattr(found, field.name)
            if field.name == "provenance":  # its settings hold tuples that JSON makes lists
                value, kept = to_plain(value), to_plain(kept)
            assert same(value, kept), f"{name}: {field.name}"
    assert again[0].figure().axes


def test_an_edit_that_was_kept_before_there_were_attributes_is_read(make_model: Any) -> None:
    edit = make_captions(make_model)["edit without a picture"]
    arrays: dict[str, Any] = {}
    plain = to_plain(edit, arrays=arrays)
    del plain["attributes"]
    assert getattr(build_caption(plain, arrays), "attributes", None) == ()


@pytest.mark.parametrize("lost", ["words", "grid", "operations.0.before", "provenance.model"])
def test_a_file_that_lacks_something_is_damaged(make_model: Any, tmp_path: Path, lost: str) -> None:
    import json

    folder = ResultFolder(tmp_path, {}, kind="captions", build=build_caption)
    folder.keep(4, make_captions(make_model)["edit with boxes"])
    path = next((tmp_path / "captions").glob("*.json"))
    plain: Any = json.loads(path.read_text(encoding="utf-8"))
    *way, last = lost.split(".")
    place = plain
    for name in way:
        place = place[int(name) if name.isdecimal() else name]
    del place[last]
    path.write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(DataFormatError, match=r"000004\.json is damaged"):
        folder.read()
