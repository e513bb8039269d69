from __future__ import annotations

import json
from dataclasses import replace

import pytest

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.dual_encoder import DualEncoderConfig
from seewhy.encoders.mini import load_dual_encoder
from seewhy.encoders.text_transformer import TextTransformerConfig
from seewhy.errors import UnknownNameError
from seewhy.training import pool, recipes, world_scenes, world_scores
from seewhy.training.recipe import DualEncoderRecipe, WorldData
from seewhy.training.settings import TrainingSettings

SMALL = DualEncoderRecipe(
    model=DualEncoderConfig(
        image=ConvNetConfig(size=64, widths=(8, 8), depths=(1, 1), strides=(2, 2)),
        text=TextTransformerConfig(width=16, depth=1, heads=2, context=48),
        dim=16,
    ),
    data=WorldData(scenes=16),
    training=TrainingSettings(steps=2, batch_size=8, seed=3),
    validation_pictures=8,
)


@pytest.fixture(autouse=True)
def small_world(tmp_path, monkeypatch):
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(world_scenes, "SHARD", 8)
    monkeypatch.setattr(
        pool, "score_on_world", lambda *a: world_scores.score_on_world(*a, scenes=8)
    )
    monkeypatch.setitem(recipes.RECIPES, "clip-small", SMALL)
    monkeypatch.setitem(recipes.SUMMARIES, "clip-small", "A trial.")


def test_a_mini_is_trained_judged_and_put_in_its_place(tmp_path):
    pool.main(["clip-small", "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")])
    folder = tmp_path / "out" / "clip-small"
    names = {"README.md", "card.json", "config.json", "model.safetensors", "tokenizer.json"}
    assert {path.name for path in folder.iterdir()} == names
    encoder = load_dual_encoder(folder)
    assert encoder.encode_texts(["a cat"], cache=False).shape == (1, 16)

    card = json.loads((folder / "card.json").read_text())
    assert card["name"] == "mini:clip-small"
    assert card["seed"] == 3
    assert card["recipe"]["training"]["steps"] == 2
    assert card["data"]["digest of the world"] == world_scenes.digest_world()
    assert card["parameters"] == sum(p.numel() for p in encoder.module.parameters())
    page = (folder / "README.md").read_text()
    for name, value in card["scores"].items():
        assert f"| {name} | {100 * value:.1f} % |" in page
    assert all(limit in page for limit in card["limits"])


def test_a_run_that_was_stopped_goes_on(tmp_path):
    card = pool.train_mini("clip-small", tmp_path / "work", out=tmp_path / "out")
    again = pool.train_mini("clip-small", tmp_path / "work", out=tmp_path / "out")
    assert again.scores == card.scores
    assert replace(again, training_seconds=0.0) == replace(card, training_seconds=0.0)


def test_an_unknown_name_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="clip-basic"):
        pool.train_mini("clip-basic", tmp_path)


def test_scores_are_shares_over_all_classes(tmp_path):
    card = pool.train_mini("clip-small", tmp_path / "work", out=tmp_path / "out")
    assert set(card.scores) == {
        "zero-shot",
        "zero-shot held-out",
        *(f"{way}@{k}" for way in ("image_to_text", "text_to_image") for k in (1, 5, 10)),
    }
    assert all(0 <= value <= 1 for value in card.scores.values())
