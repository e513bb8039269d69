from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from seewhy.datasets.captions import CaptionEntry
from seewhy.errors import DataFormatError, MissingFileError
from seewhy.training.caption_folders import load_entries, load_folder


def write_lines(path, *lines):
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    return path


@pytest.fixture
def folder(tmp_path):
    """Three pictures, the last of which is broken."""
    Image.new("RGB", (40, 20), (200, 0, 0)).save(tmp_path / "red.png")
    halves = Image.new("RGB", (40, 20), (0, 0, 200))
    halves.paste((0, 200, 0), (10, 0, 30, 20))
    halves.save(tmp_path / "halves.png")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    write_lines(
        tmp_path / "captions.jsonl",
        {"image": "red.png", "captions": ["red", "all red"], "split": "train"},
        {"image": "halves.png", "caption": "green between blue"},
        {"image": "broken.jpg", "captions": ["nothing"]},
        {"image": "red.png", "captions": ["for later"], "split": "val"},
    )
    return tmp_path


def test_pictures_become_their_central_square(folder, caplog):
    data = load_folder(folder, folder / "captions.jsonl", size=8)
    assert data.images.shape == (2, 8, 8, 3)
    assert data.captions == (("red", "all red"), ("green between blue",))
    assert np.abs(data.images[1].astype(int) - (0, 200, 0)).max() <= 1  # the blue is cut off
    assert "broken.jpg" in caplog.text


def test_a_split_and_a_limit_choose_entries(folder):
    captions = folder / "captions.jsonl"
    assert load_folder(folder, captions, size=8, split="val").captions == (("for later",),)
    assert len(load_folder(folder, captions, size=8, limit=1)) == 1


def test_a_split_that_is_empty_is_an_error(folder):
    with pytest.raises(DataFormatError, match="no picture for the split 'test'"):
        load_folder(folder, folder / "captions.jsonl", size=8, split="test")


def test_a_folder_of_unreadable_pictures_is_an_error(folder):
    with pytest.raises(DataFormatError, match="None of 1 pictures"):
        load_entries(folder, [CaptionEntry("broken.jpg", ("x",), "train")], size=8)


def test_missing_files_and_folders_are_named(folder):
    with pytest.raises(MissingFileError, match=r"none\.jsonl"):
        load_folder(folder, folder / "none.jsonl", size=8)
    with pytest.raises(MissingFileError, match="nowhere"):
        load_folder(folder / "nowhere", folder / "captions.jsonl", size=8)


def test_no_entry_leads_out_of_its_folder(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.png"
    Image.new("RGB", (40, 20)).save(outside)
    for name in (str(outside), f"../{outside.parent.name}/secret.png"):
        with pytest.raises(DataFormatError, match="leads out of"):
            load_entries(folder, [CaptionEntry(name, ("x",))], size=8)
