from __future__ import annotations

import json

import pytest
import torch

from seewhy.captions import pool
from seewhy.captions.caption_model import KINDS, CaptionModel
from seewhy.captions.editor import CaptionEditor
from seewhy.captions.pool import MINIS, train_mini, write_card
from seewhy.errors import UnknownNameError
from seewhy.text.word_vocabulary import WordVocabulary


def test_recipes_are_of_models_there_are_and_speak_one_vocabulary():
    for mini in MINIS.values():
        assert all(KINDS[recipe.model].edits == mini.edits for recipe in mini.parts.values())
        shared = {(recipe.data, recipe.min_count, recipe.longest) for recipe in mini.parts.values()}
        assert len(shared) == 1  # an ensemble needs the same words
        for recipe in mini.parts.values():
            kind = KINDS[recipe.model]
            kind.build(kind.config(vocabulary=9, **recipe.sizes))


def test_a_card_tells_recipe_data_and_scores(monkeypatch, tmp_path):
    vocabulary = WordVocabulary.build([["a", "cat"]], min_count=1)
    kind = KINDS["dcnet"]
    torch.manual_seed(0)
    model = kind.build(kind.config(vocabulary=len(vocabulary), dim=4, attention_dim=2)).eval()
    editor = CaptionEditor([CaptionModel(kind="dcnet", model=model, vocabulary=vocabulary)])
    monkeypatch.setattr(pool, "TEST_SCENES", 2)
    card = write_card("show-edit-tell", editor, steps=70, seconds=3.0)
    assert card.name == "mini:show-edit-tell"
    assert set(card.recipe) == {"editnet", "dcnet", "training", "loss"}
    assert card.scores["flaws repaired"] == 0  # it has learned nothing
    assert all(0 <= value <= 1 for value in card.scores.values())
    card.save(tmp_path)
    page = (tmp_path / "README.md").read_text()
    assert "70 steps of 128 captions" in page
    assert 'seewhy.load_editor("mini:show-edit-tell")' in page
    assert json.loads((tmp_path / "card.json").read_text())["training_seconds"] == 3


def test_an_unknown_name_is_told(tmp_path):
    with pytest.raises(UnknownNameError, match="Did you mean 'captioner'"):
        train_mini("captionner", tmp_path)
