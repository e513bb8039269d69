"""The bundled rationale model: made with its card, and what it must be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.errors import InvalidArgumentError
from seewhy.rationales import pool
from seewhy.rationales.catalogue import find_rationale_minis, load_rationale_model
from seewhy.rationales.decoder import DecoderConfig
from seewhy.rationales.pool import bundle_run, score_model
from seewhy.rationales.recipe import (
    AnnotationFile,
    AnnotationFiles,
    RationaleRecipe,
    WorldScenes,
    run_rationale_recipe,
)
from seewhy.rationales.vision import PatchReader, PatchSettings
from seewhy.rationales.world_examples import draw_picture
from seewhy.rationales.world_truth import ask_about_world
from seewhy.scores.vqa_accuracy import is_among
from seewhy.training.pool import read_seconds
from seewhy.training.settings import TrainingSettings

every_mini = pytest.mark.parametrize("name", find_rationale_minis())


RECIPE = RationaleRecipe(
    decoder=DecoderConfig(positions=192, width=16, depth=1, heads=2, has_boxes=True),
    patches=PatchSettings(encoder="mini:clip-tiny"),
    data=WorldScenes(scenes=6, validation_scenes=1),
    vocabulary=400,
    packs=8,
    every_reason=False,
    training=TrainingSettings(steps=2, batch_size=2),
)


def test_a_run_becomes_a_bundled_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "TEST_SCENES", 6)
    recipe = RECIPE
    run_rationale_recipe(recipe, tmp_path / "run", progress=False)
    target = bundle_run(tmp_path / "run", recipe=recipe, name="small", target=tmp_path / "small")
    card = json.loads((target / "card.json").read_text())
    assert card["name"] == "mini:small"
    assert {"accuracy", "true reasons"} <= set(card["scores"])
    assert 'load_rationale_model("mini:small")' in (target / "README.md").read_text()
    assert load_rationale_model(target).config.is_unified
    assert not (target / "checkpoint.pt").exists()
    files = AnnotationFiles(train=(AnnotationFile(task="vqa-x", annotations="a", images="b"),))
    with pytest.raises(InvalidArgumentError, match="trained on the world"):
        bundle_run(tmp_path / "run", recipe=replace(recipe, data=files))


def test_a_bundled_model_brings_what_its_encoder_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "TEST_SCENES", 3)
    training = replace(RECIPE.training, steps=8, learning_rate=3e-2)
    recipe = replace(RECIPE, tasks=("imagenet-x",), trains_encoder=True, training=training)
    run_rationale_recipe(recipe, tmp_path / "run", progress=False)
    target = bundle_run(tmp_path / "run", recipe=recipe, target=tmp_path / "small")
    model, fresh = load_rationale_model(target), PatchReader(recipe.patches)
    assert model.reader.encoder.digest != fresh.encoder.digest
    card = json.loads((target / "card.json").read_text())
    tuned = sum(value.numel() for value in load_file(target / "encoder.safetensors").values())
    assert card["parameters"] == tuned + sum(p.numel() for p in model.decoder.parameters())
    asked = [one.asked.example for one in ask_about_world(model, scenes=3, tasks=recipe.tasks)]
    said = {a.said.answer for a in ask_about_world(model, scenes=3, tasks=recipe.tasks)}
    share = score_model(model, scenes=3)["accuracy"]
    assert share == card["scores"]["accuracy"]
    expected = [is_among(model.answer(e.image, e.question).answer, e.answers) for e in asked]
    assert share == sum(expected) / len(expected)
    blind = replace(model, reader=fresh)  # looks through the encoder as it was before
    assert {a.said.answer for a in ask_about_world(blind, scenes=3, tasks=recipe.tasks)} != said


def test_the_time_of_a_run_counts_all_its_starts(tmp_path: Path) -> None:
    lines = [json.dumps({"seconds": seconds}) for seconds in (1.0, 3.0, 0.5, 2.0)]
    (tmp_path / "log.jsonl").write_text("\n".join(lines))
    assert read_seconds(tmp_path) == 5.0


@every_mini
def test_a_bundled_model_is_small_and_answers(name: str) -> None:
    folder = MINIS_FOLDER / name
    assert sum(path.stat().st_size for path in folder.iterdir()) < 20_000_000
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["name"] == f"mini:{name}"
    assert all(0 <= score <= 1 for score in card["scores"].values())
    model = load_rationale_model(f"mini:{name}")
    found = model.answer(draw_picture("test-0", 96), "What is this?", task="imagenet-x")
    assert found.answer
    assert found.explanation
