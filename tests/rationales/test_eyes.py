"""An encoder that learns along: what is let free, what is kept, what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from seewhy.encoders.catalogue import load_encoder
from seewhy.errors import WeightsError
from seewhy.rationales.catalogue import load_rationale_model
from seewhy.rationales.decoder import DecoderConfig
from seewhy.rationales.eyes import PictureSource, free_parameters
from seewhy.rationales.recipe import RationaleRecipe, WorldScenes, run_rationale_recipe
from seewhy.rationales.vision import PatchReader, PatchSettings
from seewhy.rationales.world_examples import draw_picture
from seewhy.training.settings import TrainingSettings

RECIPE = RationaleRecipe(
    decoder=DecoderConfig(positions=192, width=16, depth=1, heads=2, has_boxes=True, dropout=0.0),
    patches=PatchSettings(encoder="mini:clip-tiny"),
    data=WorldScenes(scenes=6, validation_scenes=1),
    vocabulary=400,
    packs=8,
    every_reason=False,
    trains_encoder=True,
    half=False,
    training=TrainingSettings(steps=3, batch_size=2, learning_rate=1e-2),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuned")
    run_rationale_recipe(RECIPE, folder, progress=False)
    return folder


def test_only_what_patches_depend_on_is_let_free() -> None:
    reader = PatchReader(PatchSettings(encoder="mini:clip-tiny"))
    used = free_parameters(reader)
    assert used
    assert not [name for name in used if name.startswith("text")]
    for name, parameter in reader.encoder.module.named_parameters():
        assert parameter.requires_grad == (name in used)
        assert parameter.grad is None


def test_pixels_of_a_name_are_the_encoders_own() -> None:
    reader = PatchReader(PatchSettings(encoder="mini:clip-tiny"))
    calls: list[str] = []

    def read(name: str) -> object:
        calls.append(name)
        return draw_picture(name, 64)

    source = PictureSource(reader, read)
    pixels = source.take(["test-0", "test-1", "test-0"])
    source.take(["test-1"])
    assert calls == ["test-0", "test-1"]
    torch.testing.assert_close(pixels[2], pixels[0])
    torch.testing.assert_close(pixels[:1], reader.encoder.preprocess(draw_picture("test-0", 64)))


def test_what_the_encoder_learned_is_kept_and_comes_back(trained: Path, tmp_path: Path) -> None:
    model = load_rationale_model(trained)
    fresh = load_encoder("mini:clip-tiny")
    assert model.config.patches.is_tuned
    assert model.reader.encoder.digest != fresh.digest
    kept = load_file(trained / "encoder.safetensors")
    for name, value in kept.items():
        torch.testing.assert_close(model.reader.encoder.module.get_parameter(name), value)
    picture = draw_picture("test-0", 64)
    model.save_pretrained(tmp_path)
    again = load_rationale_model(tmp_path)
    assert again.reader.encoder.digest == model.reader.encoder.digest
    expected = model.answer(picture, "is it a dog?", task="vqa-x").full
    assert again.answer(picture, "is it a dog?", task="vqa-x").full == expected


def test_the_learning_of_another_encoder_is_refused(trained: Path, tmp_path: Path) -> None:
    load_rationale_model(trained).save_pretrained(tmp_path)
    save_file({"stage.weight": torch.zeros(2)}, tmp_path / "encoder.safetensors")
    with pytest.raises(WeightsError, match=r"stage\.weight of \(2,\)"):
        load_rationale_model(tmp_path)


def test_a_run_with_its_encoder_goes_on_where_it_was(trained: Path, tmp_path: Path) -> None:
    first = replace(RECIPE, training=replace(RECIPE.training, checkpoint_every=1))
    run_rationale_recipe(first, tmp_path, progress=False)
    run_rationale_recipe(first, tmp_path, resume=True, progress=False)
    for file in ("model.safetensors", "encoder.safetensors"):
        one, other = load_file(tmp_path / file), load_file(trained / file)
        assert all(torch.equal(one[name], other[name]) for name in one)
