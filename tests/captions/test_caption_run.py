from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seewhy.captions.caption_run import (
    BATCHES_AT_ONCE,
    caption_pictures,
    edit_pictures,
    find_features,
)
from seewhy.captions.captioner import CaptionWriter
from seewhy.captions.edit import CaptionReport
from seewhy.captions.editor import CaptionEditor
from seewhy.datasets.picture_features import PictureFeatures
from seewhy.encoders.catalogue import load_encoder
from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.training.feature_store import FeatureStore, FeatureWriter, StoreSettings

NAMES = [f"p{number}" for number in range(7)]
CAPTIONS = {name: f"a {'red' if n % 2 else 'blue'} cat runs" for n, name in enumerate(NAMES)}
PICTURES: list[tuple[str, Path | None]] = [(name, None) for name in NAMES]


def make_store(folder: Path, source: dict[str, str], width: int = 6) -> FeatureStore:
    settings = StoreSettings(width=width, source=source, half=False)
    values = np.random.default_rng(0).random((7, 4, width), dtype=np.float32)
    with FeatureWriter(folder, settings) as writer:
        for name, one in zip(NAMES, values, strict=True):
            writer.add(PictureFeatures(name, one))
    return FeatureStore(folder)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    return make_store(tmp_path_factory.mktemp("run") / "store", {"file": "numbers"})


@pytest.fixture
def editor(make_model: Any) -> CaptionEditor:
    return CaptionEditor([make_model("editnet")])


@pytest.fixture
def blind(make_model: Any) -> CaptionEditor:
    return CaptionEditor([make_model("dcnet")], name="blind")


def count_work(monkeypatch: pytest.MonkeyPatch, editor: CaptionEditor) -> list[list[str]]:
    """Names of the pictures of each call."""
    calls: list[list[str]] = []
    work = editor.edit_all

    def watched(*given: Any, names: Sequence[str] | None = None, **more: Any) -> CaptionReport:
        calls.append(list(names or ()))
        return work(*given, names=names, **more)

    monkeypatch.setattr(editor, "edit_all", watched)
    return calls


def test_edits_go_by_ids_and_in_the_order_of_the_pictures(
    editor: CaptionEditor, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = count_work(monkeypatch, editor)
    shuffled = [PICTURES[n] for n in (3, 0, 6, 1, 5, 2, 4)]
    report = edit_pictures(editor, shuffled, CAPTIONS, store=store, batch_size=1)
    assert [edit.name for edit in report.edits] == [name for name, _ in shuffled]
    assert [len(names) for names in calls] == [BATCHES_AT_ONCE, 7 - BATCHES_AT_ONCE]
    for edit in report.edits:
        assert edit.existing == CAPTIONS[edit.name]
        alone = editor.edit(caption=edit.existing, features=store[edit.name])
        assert edit.caption == alone.caption
        assert edit.score == pytest.approx(alone.score, abs=1e-4)
    assert report.notes == ()
    assert report.seconds > 0


def test_a_picture_without_caption_or_features_is_left_out_and_listed(
    editor: CaptionEditor, store: FeatureStore
) -> None:
    captions = {"p1": "a cat", "p2": "xyzzy", "gone": "a dog"}
    pictures: list[tuple[str, Path | None]] = [*PICTURES[:4], ("gone", None)]
    report = edit_pictures(editor, pictures, captions, store=store)
    assert [edit.name for edit in report.edits] == ["p1"]
    reasons = {failure.name: failure.reason for failure in report.failures}
    assert sorted(reasons) == ["gone", "p0", "p2", "p3"]
    assert reasons["p0"] == "p0 has no caption to edit"
    assert reasons["gone"] == "it has no features"
    assert "knows no word of 'xyzzy'" in reasons["p2"]


def test_a_run_goes_on_where_it_was_stopped(
    blind: CaptionEditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = edit_pictures(blind, PICTURES, CAPTIONS, folder=tmp_path)
    kept = sorted((tmp_path / "captions").glob("*.json"))
    for number in (1, 5):
        kept[number].unlink()
    calls = count_work(monkeypatch, blind)
    again = edit_pictures(blind, PICTURES, CAPTIONS, folder=tmp_path)
    assert calls == [["p1", "p5"]]
    assert again.to_captions() == first.to_captions()
    assert list(again.to_captions()) == NAMES


@pytest.mark.parametrize("change", ["captions", "pictures", "search", "model", "attributes"])
def test_a_folder_of_another_run_is_refused(make_model: Any, tmp_path: Path, change: str) -> None:
    model = replace(make_model("modification"), reads_attributes=True)
    store = make_store(tmp_path / "store", {})
    editor, pictures, captions = CaptionEditor([model]), PICTURES[:2], dict(CAPTIONS)
    hints = {"p0": ["dog"]}
    folder = tmp_path / "run"
    edit_pictures(editor, pictures, captions, attributes=hints, store=store, folder=folder)
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert run["existing"] == {name: CAPTIONS[name] for name in ("p0", "p1")}
    assert run["attributes"] == hints
    if change == "captions":
        captions["p1"] = "a dog"
    elif change == "pictures":
        pictures = PICTURES[:3]
    elif change == "search":
        editor.settings = replace(editor.settings, beams=2)
    elif change == "model":
        other = replace(make_model("modification", seed=1), reads_attributes=True)
        editor = CaptionEditor([other])
    else:
        hints = {"p0": ["cat"]}
    with pytest.raises(InvalidArgumentError, match="holds the captions of another run"):
        edit_pictures(editor, pictures, captions, attributes=hints, store=store, folder=folder)


def test_attributes_are_for_the_pictures_they_name(make_model: Any, store: FeatureStore) -> None:
    editor = CaptionEditor([replace(make_model("modification"), reads_attributes=True)])
    hints = {"p2": ["dog", "grass"], "elsewhere": ["cat"], "other": ["cat"]}
    report = edit_pictures(editor, PICTURES[:3], CAPTIONS, attributes=hints, store=store)
    assert [edit.attributes for edit in report.edits] == [(), (), ("dog", "grass")]
    assert report.notes == (
        "2 of 3 pictures have no attributes",
        "attributes are given of 2 pictures that are not edited",
    )
    plain = edit_pictures(editor, PICTURES[:3], CAPTIONS, store=store)
    is_same = [
        one.score == pytest.approx(other.score, abs=1e-4)
        for one, other in zip(report.edits, plain.edits, strict=True)
    ]
    assert is_same == [True, True, False]
    with pytest.raises(InvalidArgumentError, match=r"None of 2 pictures has attributes: .* p0, p1"):
        edit_pictures(editor, PICTURES[:2], CAPTIONS, attributes={"x": ["cat"]}, store=store)


def test_wrong_use_is_told(
    editor: CaptionEditor, blind: CaptionEditor, store: FeatureStore, tmp_path: Path
) -> None:
    with pytest.raises(InvalidArgumentError, match=r"None of 7 pictures has a caption: .* p0, p1"):
        edit_pictures(blind, PICTURES, {"12": "a cat"})
    with pytest.raises(InvalidArgumentError, match=r"None of 0 pictures .* none"):
        edit_pictures(blind, [], {})
    with pytest.raises(InvalidArgumentError, match="was trained without attributes"):
        edit_pictures(blind, PICTURES, CAPTIONS, attributes={"p0": ["cat"]})
    with pytest.raises(ShapeError, match=r"\(batch, boxes, 6\)"):
        edit_pictures(editor, PICTURES, CAPTIONS, store=make_store(tmp_path / "s", {}, width=5))
    assert len(edit_pictures(blind, PICTURES, CAPTIONS, store=store).edits) == 7  # it sees none


def test_features_of_another_encoder_are_refused(make_model: Any, tmp_path: Path) -> None:
    seen = {"encoder": "eye", "digest": "a" * 64}
    writer = CaptionWriter([make_model("up-down", source=seen)])
    other = make_store(tmp_path / "other", {"encoder": "ear", "digest": "b" * 64})
    with pytest.raises(InvalidArgumentError, match=r"eye \(a{12}\); .* ear \(b{12}\)"):
        caption_pictures(writer, PICTURES, store=other)
    right = make_store(tmp_path / "right", seen)
    found = find_features(writer, right, ["p1", "gone"])
    assert found[0] is not None
    np.testing.assert_array_equal(found[0].values, right["p1"].values)
    assert found[1] is None
    report = caption_pictures(writer, [*PICTURES, ("gone", None)], store=right, batch_size=3)
    assert [said.name for said in report.captions] == NAMES
    assert [failure.name for failure in report.failures] == ["gone"]


class Stranger:
    """A captioner that looks at pictures itself."""

    name = "stranger"


def test_a_captioner_that_takes_no_features_is_given_none(store: FeatureStore) -> None:
    stranger: Any = Stranger()
    with pytest.raises(InvalidArgumentError, match="stranger sees pictures itself"):
        caption_pictures(stranger, PICTURES, store=store)


def test_pictures_are_captioned_from_their_files(make_model: Any, tmp_path: Path) -> None:
    encoder = load_encoder("mini:clip-tiny")
    source = {"encoder": encoder.name, "digest": encoder.digest}
    made = make_model("up-down", source=source, feature_dim=encoder.layout.width)
    writer = CaptionWriter([made], encoder=encoder)
    Image.new("RGB", (32, 32), "red").save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_text("no picture")
    named = [(name, tmp_path / f"{name}.png") for name in ("bad", "good", "gone")]
    report = caption_pictures(writer, named, folder=tmp_path / "kept")
    assert list(report.to_captions()) == ["good"]
    assert [failure.name for failure in report.failures] == ["bad", "gone"]
    again = caption_pictures(writer, named, folder=tmp_path / "kept")
    assert again.to_captions() == report.to_captions()
    assert len(again.failures) == 2  # what failed is tried again
