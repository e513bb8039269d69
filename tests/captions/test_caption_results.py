from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seewhy.captions.caption_results import shorten_caption, shorten_report, write_coco_results
from seewhy.captions.captioner import CaptionWriter
from seewhy.captions.edit import CaptionReport, Edit
from seewhy.captions.editor import CaptionEditor

FEATURES = np.random.default_rng(0).random((4, 6), dtype=np.float32)


@pytest.fixture(scope="module")
def edits(make_model: Any) -> CaptionReport:
    editor = CaptionEditor([make_model("editnet")])
    captions = ["a red cat", "", "xyzzy", "the dog"]
    names = ["007", "12", "13", "wörter"]
    return editor.edit_all(None, captions, features=[FEATURES] * 4, names=names)


def test_results_are_what_scorers_read(edits: CaptionReport, tmp_path: Path) -> None:
    path = write_coco_results(edits, tmp_path / "new" / "results.json")
    text = path.read_text(encoding="utf-8")
    rows = json.loads(text)
    # a number only where it is written as one, so that no two names become one
    assert [row["image_id"] for row in rows] == ["007", 12, "wörter"]
    assert [row["caption"] for row in rows] == [edit.caption for edit in edits.edits]
    assert "wörter" in text


def test_a_report_is_shortened_to_words_and_numbers(edits: CaptionReport) -> None:
    plain = json.loads(json.dumps(shorten_report(edits), allow_nan=False))
    assert [one["name"] for one in plain["captions"]] == ["007", "12", "wörter"]
    assert plain["failures"][0]["name"] == "13"
    assert plain["changed"] + plain["unchanged"] == 3
    assert plain["words"] == edits.count_words()
    first, edit = plain["captions"][0], edits.edits[0]
    assert not {"image", "boxes", "region_attention", "word_attention", "provenance"} & set(first)
    assert first["existing"] == "a red cat"
    assert first["num_changes"] == edit.num_changes
    assert first["is_unchanged"] == edit.is_unchanged
    assert [word["text"] for word in first["words"]] == [word.text for word in edit.words]
    assert "there was no caption: all words are new" in plain["captions"][1]["notes"]


def test_a_caption_from_nothing_has_nothing_of_an_edit(make_model: Any) -> None:
    writer = CaptionWriter([make_model("up-down")])
    report = writer.caption_all(features=[FEATURES], names=["a"])
    plain = shorten_report(report)
    assert not {"changed", "unchanged", "words"} & set(plain)
    said = shorten_caption(report.captions[0])
    assert not isinstance(report.captions[0], Edit)
    assert not {"existing", "is_unchanged", "num_changes", "operations"} & set(said)
    assert said["caption"] == report.captions[0].caption
