from __future__ import annotations

import numpy as np
import pytest
import torch

import seewhy
from seewhy.captions.captioner import CaptionWriter
from seewhy.captions.catalogue import find_caption_minis, load_captioner, load_editor
from seewhy.captions.editor import CaptionEditor
from seewhy.encoders.catalogue import find_minis
from seewhy.errors import (
    InvalidArgumentError,
    MissingFileError,
    UnknownNameError,
    WeightsError,
)

FEATURES = np.random.default_rng(0).random((4, 6), dtype=np.float32)


def test_folders_load_by_name(make_model, tmp_path) -> None:
    make_model("editnet").save_pretrained(tmp_path / "editor")
    make_model("up-down").save_pretrained(tmp_path / "writer")
    editor = seewhy.load_editor(f"folder:{tmp_path / 'editor'}")
    assert isinstance(editor, CaptionEditor)
    assert editor.name == f"folder:{tmp_path / 'editor'}"
    writer = seewhy.load_captioner(f"folder:{tmp_path / 'writer'}")
    assert isinstance(writer, CaptionWriter)
    said = writer.caption(features=FEATURES)
    assert editor.edit(features=FEATURES, caption=said.caption).existing == said.caption
    with pytest.raises(InvalidArgumentError, match="Load it with load_captioner"):
        load_editor(f"folder:{tmp_path / 'writer'}")
    with pytest.raises(InvalidArgumentError, match="Load it with load_editor"):
        load_captioner(f"folder:{tmp_path / 'editor'}")


def test_several_folders_decode_as_one(make_model, tmp_path) -> None:
    for kind in ("editnet", "dcnet"):
        make_model(kind).save_pretrained(tmp_path / kind)
    editor = load_editor(f"folder:{tmp_path / 'editnet'},{tmp_path / 'dcnet'}")
    assert [model.kind for model in editor.models] == ["editnet", "dcnet"]
    together = CaptionEditor([make_model("editnet"), make_model("dcnet")])
    words = {"features": FEATURES, "caption": "a red cat"}
    assert editor.edit(**words).caption == together.edit(**words).caption
    make_model("up-down").save_pretrained(tmp_path / "a,b")
    assert len(load_captioner(f"folder:{tmp_path / 'a,b'}").models) == 1
    with pytest.raises(MissingFileError, match="none"):
        load_editor(f"folder:{tmp_path / 'editnet'},{tmp_path / 'none'}")


def test_official_checkpoints_decode_as_one(make_model, tmp_path) -> None:
    for kind, key in (("editnet", "decoder"), ("dcnet-mse", "dae_ar")):
        made = make_model(kind)
        embed = made.model.embed if kind == "editnet" else made.model.dae.embed
        embed.word_map = made.vocabulary.to_word_map()
        torch.save({key: made.model}, tmp_path / f"{kind}.tar")
    name = f"official:{tmp_path / 'editnet.tar'},{tmp_path / 'dcnet-mse.tar'}"
    editor = load_editor(name)
    assert [model.kind for model in editor.models] == ["editnet", "dcnet-mse"]
    assert editor.edit(features=FEATURES, caption="a red cat").caption
    with pytest.raises(InvalidArgumentError, match=r"features from bottom-up.*Give features="):
        editor.edit(np.zeros((8, 8, 3), np.uint8), "a red cat")
    made = make_model("dcnet")
    torch.save({"dae": made.model}, tmp_path / "bare.tar")
    with pytest.raises(WeightsError, match="does not hold its words"):
        load_editor(f"official:{tmp_path / 'bare.tar'}")
    assert load_editor(f"official:{tmp_path / 'bare.tar'}", vocabulary=made.vocabulary).models
    torch.save({"decoder": make_model("modification").model}, tmp_path / "look.tar")
    with pytest.raises(WeightsError, match="reads sentence vectors"):
        load_editor(f"official:{tmp_path / 'look.tar'}", vocabulary=made.vocabulary)


@pytest.mark.parametrize("name", ["mini:none", "editnet", "folder:", "hf:"])
def test_unknown_names_list_what_there_is(name) -> None:
    for load in (load_editor, load_captioner):
        with pytest.raises(UnknownNameError, match="folder:PATH"):
            load(name)


def test_bundled_captioners_are_no_encoders() -> None:
    assert not set(find_caption_minis()) & set(find_minis())
