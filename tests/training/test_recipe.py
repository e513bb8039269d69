from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.dual_encoder import DualEncoderConfig
from seewhy.encoders.mini import load_dual_encoder
from seewhy.encoders.text_transformer import TextTransformerConfig
from seewhy.errors import InvalidArgumentError, MissingFileError, UnknownNameError
from seewhy.training.recipe import DualEncoderRecipe, FolderData, WorldData, run_recipe
from seewhy.training.recipes import (
    RECIPES,
    SUMMARIES,
    RecipeChanges,
    change_recipe,
    find_recipe,
)
from seewhy.training.settings import TrainingSettings

COLORS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


@pytest.fixture
def recipe(tmp_path):
    """A tiny recipe for a folder of twelve pictures, of which three are for validation."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    lines = []
    for i in range(12):
        name = list(COLORS)[i % 3]
        Image.new("RGB", (20, 20), COLORS[name]).save(folder / f"{i}.png")
        split = "val" if i > 8 else "train"
        lines.append({"image": f"{i}.png", "captions": [f"all {name}", name], "split": split})
    captions = tmp_path / "captions.jsonl"
    captions.write_text("\n".join(json.dumps(line) for line in lines))
    model = DualEncoderConfig(
        image=ConvNetConfig(size=16, widths=(8, 16), depths=(1, 1), strides=(1, 2)),
        text=TextTransformerConfig(width=16, depth=1, heads=2, context=8),
        dim=8,
    )
    return DualEncoderRecipe(
        model=model,
        data=FolderData(folder=str(folder), captions=str(captions)),
        training=TrainingSettings(steps=3, batch_size=8, log_every=1),
        vocabulary=270,
    )


@pytest.mark.parametrize("loss", ["infonce", "siglip"])
def test_a_recipe_gives_a_folder_that_loads(recipe, tmp_path, loss):
    model = replace(recipe.model, has_logit_bias=loss == "siglip")
    scores = run_recipe(replace(recipe, model=model, loss=loss), tmp_path / "run")
    assert set(scores) == {
        f"{way}@{k}" for way in ("image_to_text", "text_to_image") for k in (1, 5, 10)
    }
    encoder = load_dual_encoder(tmp_path / "run")
    assert encoder.encode_texts(["all red"], cache=False).shape == (1, 8)
    kept = json.loads((tmp_path / "run" / "recipe.json").read_text())
    assert (kept["loss"], kept["training"]["steps"]) == (loss, 3)


def test_the_same_recipe_gives_the_same_weights(recipe, tmp_path):
    for name in ("one", "other"):
        run_recipe(recipe, tmp_path / name)
    one, other = (load_dual_encoder(tmp_path / name) for name in ("one", "other"))
    assert one.digest == other.digest
    assert one.text_digest == other.text_digest


def test_a_finished_run_is_resumed_to_itself(recipe, tmp_path):
    scores = run_recipe(recipe, tmp_path / "run")
    before = (tmp_path / "run" / "model.safetensors").read_bytes()
    assert run_recipe(recipe, tmp_path / "run", resume=True) == scores
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == before


def test_the_callers_random_numbers_stay_untouched(recipe, tmp_path):
    torch.manual_seed(7)
    expected = torch.rand(2)
    torch.manual_seed(7)
    run_recipe(recipe, tmp_path / "run")
    assert torch.equal(torch.rand(2), expected)


def test_a_run_is_not_resumed_by_another_recipe(recipe, tmp_path):
    run_recipe(recipe, tmp_path / "run")
    with pytest.raises(InvalidArgumentError, match="another recipe"):
        run_recipe(replace(recipe, mixed_up=0.5), tmp_path / "run", resume=True)
    with pytest.raises(InvalidArgumentError, match="holds the checkpoint"):
        run_recipe(recipe, tmp_path / "run")


def test_a_run_can_begin_with_another_model_and_keeps_its_tokenizer(recipe, tmp_path):
    run_recipe(recipe, tmp_path / "first")
    later = replace(
        recipe,
        start_from=str(tmp_path / "first"),
        half=False,
        training=replace(recipe.training, steps=1, learning_rate=1e-9, seed=5),
    )
    run_recipe(later, tmp_path / "second")
    first, second = (tmp_path / name for name in ("first", "second"))
    assert (first / "tokenizer.json").read_bytes() == (second / "tokenizer.json").read_bytes()
    weights = [load_dual_encoder(path).module.text.state_dict() for path in (first, second)]
    for name, tensor in weights[0].items():
        torch.testing.assert_close(weights[1][name], tensor, atol=1e-6, rtol=0)


def test_words_can_be_left_out(recipe, tmp_path):
    run_recipe(replace(recipe, word_weight=0.0), tmp_path / "without")
    run_recipe(recipe, tmp_path / "with")
    logs = [(tmp_path / name / "log.jsonl").read_text() for name in ("without", "with")]
    assert ['"words"' in log for log in logs] == [False, True]


def test_every_bundled_model_has_a_recipe_and_a_summary():
    assert RECIPES.keys() == SUMMARIES.keys()
    assert len(RECIPES) >= 6
    seeds = [recipe.training.seed for recipe in RECIPES.values()]
    assert len(set(seeds)) == len(seeds)


def test_an_unknown_recipe_is_named():
    with pytest.raises(UnknownNameError, match="Did you mean 'clip-base'"):
        find_recipe("clip-bas")


def test_changes_change_what_they_name_and_nothing_else():
    recipe = find_recipe("clip-base")
    assert change_recipe(recipe, RecipeChanges()) == recipe
    changed = change_recipe(recipe, RecipeChanges(steps=7, seed=9, scenes=100))
    training = replace(recipe.training, steps=7, seed=9)
    assert changed == replace(recipe, data=WorldData(scenes=100), training=training)


def test_another_architecture_keeps_the_size_and_another_loss_gets_its_bias():
    recipe = find_recipe("clip-base")
    changed = change_recipe(recipe, RecipeChanges(architecture="convnet", loss="siglip"))
    assert changed.model.image.kind == "convnet"
    assert changed.model.image.size == recipe.model.image.size
    assert changed.model.has_logit_bias
    back = change_recipe(changed, RecipeChanges(architecture="vit", loss="infonce"))
    assert (back.model.image, back.model.has_logit_bias) == (recipe.model.image, False)


def test_other_data_or_another_tower_do_not_begin_with_the_recipes_weights():
    recipe = find_recipe("clip-base")
    assert change_recipe(recipe, RecipeChanges(steps=3)).start_from == "mini:clip-conv"
    for changes in (
        RecipeChanges(architecture="convnet"),
        RecipeChanges(loss="siglip"),
        RecipeChanges(folder="pictures", captions="captions.jsonl"),
    ):
        assert change_recipe(recipe, changes).start_from is None
    asked = RecipeChanges(loss="siglip", start_from="mini:clip-siglip")
    assert change_recipe(recipe, asked).start_from == "mini:clip-siglip"


def test_a_folder_and_its_captions_go_together():
    recipe = find_recipe("clip-base")
    changed = change_recipe(recipe, RecipeChanges(folder="pictures", captions="captions.jsonl"))
    assert isinstance(changed.data, FolderData)
    with pytest.raises(InvalidArgumentError, match="go together"):
        change_recipe(recipe, RecipeChanges(folder="pictures"))
    with pytest.raises(InvalidArgumentError, match="scenes=5 is for the world"):
        change_recipe(recipe, RecipeChanges(folder="a", captions="b", scenes=5))


def test_a_missing_folder_is_named_before_anything_is_trained(recipe, tmp_path):
    data = replace(recipe.data, folder=str(tmp_path / "nowhere"))
    with pytest.raises(MissingFileError, match="nowhere"):
        run_recipe(replace(recipe, data=data), tmp_path / "run")
