"""What every bundled model must be, whatever its recipe."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from seewhy.encoders.catalogue import find_minis, load_encoder
from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.encoders.protocols import DualEncoder
from seewhy.training.evaluation import zero_shot_accuracy
from seewhy.training.recipes import RECIPES
from seewhy.training.self_supervised_pool import BUNDLED
from seewhy.training.self_supervised_recipes import find_recipe
from seewhy.training.world_scenes import digest_world, draw_scenes
from seewhy.world.catalogue import CLASSES

MEGABYTE = 1_000_000
every_mini = pytest.mark.parametrize("name", find_minis())


def read_card(name):
    return json.loads((MINIS_FOLDER / name / "card.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def scenes():
    """200 test scenes that no score in a card is about: pictures and class numbers."""
    names = sorted(CLASSES)
    images, texts = zip(*draw_scenes(range(70_000, 70_200), 96, "test"), strict=True)
    return np.stack(images), torch.tensor([names.index(text.name) for text in texts])


def classify(name, scenes):
    encoder = load_encoder(f"mini:{name}")
    prompts = [f"a picture of a {label}" for label in sorted(CLASSES)]
    classes = encoder.encode_texts(prompts, cache=False)
    return zero_shot_accuracy(encoder.encode_images(list(scenes[0])), classes, scenes[1])


def test_every_recipe_has_its_bundled_model():
    assert set(RECIPES) <= set(find_minis())


@every_mini
def test_it_loads_and_gives_unit_length(name, scenes):
    encoder = load_encoder(f"mini:{name}")
    sides = [encoder.encode_images(list(scenes[0][:3]))]
    if isinstance(encoder, DualEncoder):
        texts = ["a picture of a cat", "", "ein blaues Haus"]
        sides.append(encoder.encode_texts(texts, cache=False))
    for rows in sides:
        assert rows.shape == (3, encoder.dim)
        torch.testing.assert_close(rows.norm(dim=1), torch.ones(3))


@every_mini
def test_its_card_is_complete(name):
    card = read_card(name)
    assert card["name"] == f"mini:{name}"
    for field in ("summary", "recipe", "data", "scores", "limits", "license", "versions"):
        assert card[field], field
    assert isinstance(card["seed"], int)
    assert all(0 <= score <= 1 for score in card["scores"].values())
    page = (MINIS_FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert all(limit in page for limit in card["limits"])


@every_mini
def test_it_is_small_and_stored_in_16_bits(name):
    path = MINIS_FOLDER / name / "model.safetensors"
    assert path.stat().st_size < 6 * MEGABYTE
    weights = [tensor for tensor in load_file(path).values() if tensor.is_floating_point()]
    assert {tensor.dtype for tensor in weights} == {torch.float16}
    assert all(tensor.isfinite().all() for tensor in weights)
    assert read_card(name)["parameters"] <= sum(tensor.numel() for tensor in weights)


def test_all_of_them_together_stay_small():
    total = sum(path.stat().st_size for path in MINIS_FOLDER.rglob("*") if path.is_file())
    assert total < 60 * MEGABYTE


def test_the_default_knows_fresh_scenes(scenes):
    assert classify("clip-base", scenes) >= 0.9


def test_the_default_sees_a_world_picture_as_a_grid_of_tokens():
    layout = load_encoder("mini:clip-base").layout
    assert (layout.kind, layout.grid, layout.num_prefix_tokens) == ("vit", (12, 12), 1)


def test_scores_spread_over_the_pool():
    scores = [read_card(name)["scores"]["zero-shot"] for name in RECIPES]
    assert max(scores) >= 0.95
    assert max(scores) - min(scores) >= 0.2


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_its_zero_shot_score_can_be_found_again(name, scenes):
    expected = read_card(name)["scores"]["zero-shot"]
    assert classify(name, scenes) == pytest.approx(expected, abs=0.1)  # 200 scenes: ± 7 %


def test_a_model_that_never_saw_a_family_fails_on_it():
    card = read_card("clip-no-pets")
    assert card["data"]["families never seen"] == "pet"
    assert card["scores"]["zero-shot"] < 0.95


@pytest.mark.parametrize("name", BUNDLED)
def test_an_image_model_was_made_by_its_recipe_and_learned_something(name):
    card = read_card(name)
    recipe = json.loads(json.dumps(find_recipe(name).to_dict()))
    if name == "photo-simclr":  # whose pictures a person names
        assert [*card["recipe"].pop("data")["folders"]] == ["flickr8k/images", "cifar10/train"]
        recipe.pop("data")
    else:
        assert card["data"]["digest of the world"] == digest_world()
    assert card["recipe"] == recipe
    assert card["seed"] == recipe["training"]["seed"]
    for score in ("nearest neighbors", "linear probe"):
        assert card["scores"][score] > card["scores"][f"{score}, untrained"] + 0.1
