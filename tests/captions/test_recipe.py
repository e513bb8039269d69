"""Training of captioning models, from data to a folder, at the smallest sizes."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from seewhy.captions.batches import CaptionBatches
from seewhy.captions.caption_model import CaptionModel
from seewhy.captions.learning import Objective, judge_captions
from seewhy.captions.presets import PRESETS, RecipeChanges, change_preset, find_preset
from seewhy.captions.recipe import (
    CaptionRecipe,
    FileCaptions,
    Pace,
    WorldCaptions,
    prepare_examples,
    run_caption_recipe,
)
from seewhy.datasets.editing_files import EditingExample
from seewhy.datasets.picture_features import PictureFeatures
from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.training.feature_store import FeatureWriter, StoreSettings

COLORS = ("red", "green", "blue")
SIZES = {"dim": 24, "attention_dim": 12, "dropout": 0.0}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Forty pictures of a color, whose captions name another one."""
    folder = tmp_path_factory.mktemp("captions")
    lines, existing = [], {}
    settings = StoreSettings(width=3, source={"encoder": "eye"}, half=False)
    with FeatureWriter(folder / "features", settings) as writer:
        for number in range(40):
            color = number % 3
            writer.add(PictureFeatures(str(number), np.tile(np.eye(3)[color], (2, 1)).astype("f4")))
            said = COLORS[(color + number % 2) % 3]
            existing[str(number)] = f"a {said} thing"
            captions = [f"a {COLORS[color]} thing", f"the thing is {COLORS[color]}"]
            split = "train" if number < 30 else "val"
            lines.append({"image": f"{number}.jpg", "captions": captions, "split": split})
    (folder / "captions.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (folder / "existing.json").write_text(json.dumps(existing))
    return FileCaptions(
        captions=str(folder / "captions.jsonl"),
        features=str(folder / "features"),
        existing=(str(folder / "existing.json"),),
    )


def make(files, model="editnet", **more):
    pace = Pace(batch_size=10, learning_rate=2e-2, schedule="constant", epochs=6, clip=5)
    recipe = CaptionRecipe(
        model=model, sizes=SIZES, data=files, pace=pace, min_count=1, validation_beams=1
    )
    return replace(recipe, **more)


def test_scenes_behind_those_the_encoder_saw_can_be_learned_from():
    data = WorldCaptions(first=40, scenes=3, kept=2, encoder="mini:clip-tiny")
    recipe = CaptionRecipe(model="editnet", sizes=SIZES, data=data, validation_pictures=2)
    learn, judge = prepare_examples(recipe)
    assert {example.image for example in learn.examples} == {"train-40", "train-41", "train-42"}
    assert {example.image for example in judge.examples} == {"validation-0", "validation-1"}
    assert learn.features is not None
    assert learn.features.gather(["train-42"]).values.shape[0] == 1
    unchanged = [e for e in learn.examples if e.captions == (e.existing,)]
    assert len(unchanged) == 6  # two of each scene


@pytest.mark.parametrize("model", ["editnet", "modification", "up-down"])
def test_a_model_learns_to_name_what_it_sees(files, tmp_path, model):
    sizes = {**SIZES, "embedding_dim": 24}
    if model == "modification":
        sizes = {"dim": 24, "embedding_dim": 24, "sentence_dim": 24, "dropout": 0.0}
    if model == "editnet":
        sizes = SIZES
    recipe = make(files, model, sizes=sizes, pace=replace(make(files).pace, epochs=20, patience=0))
    scores = run_caption_recipe(recipe, tmp_path)
    assert scores["exact"] == 1.0
    kept = CaptionModel.from_pretrained(tmp_path)
    assert kept.kind == model
    assert kept.features == {"encoder": "eye"}
    assert json.loads((tmp_path / "recipe.json").read_text())["model"] == model


def test_stages_go_on_from_each_other(files, tmp_path):
    blind = replace(files, features=None)
    run_caption_recipe(make(blind, "dcnet"), tmp_path / "words")
    ending = make(
        blind, "dcnet-mse", objective=Objective(aim="ending"), start_from=str(tmp_path / "words")
    )
    run_caption_recipe(ending, tmp_path / "ending")
    log = (tmp_path / "ending" / "log.jsonl").read_text()
    assert '"mse"' in log
    reward = make(
        blind,
        "dcnet-mse",
        objective=Objective(aim="reward"),
        start_from=str(tmp_path / "ending"),
        pace=replace(make(files).pace, epochs=1, learning_rate=1e-4),
    )
    scores = run_caption_recipe(reward, tmp_path / "reward")
    assert scores["bleu_4"] > 0
    assert '"reward"' in (tmp_path / "reward" / "log.jsonl").read_text()
    with pytest.raises(InvalidArgumentError, match="a dcnet, which a editnet cannot"):
        run_caption_recipe(make(files, start_from=str(tmp_path / "words")), tmp_path / "wrong")


def test_a_killed_run_ends_with_the_same_weights(files, tmp_path, monkeypatch):
    recipe = make(files, pace=replace(make(files).pace, epochs=3))
    run_caption_recipe(recipe, tmp_path / "whole")
    to_settings = Pace.to_settings
    monkeypatch.setattr(
        Pace,
        "to_settings",
        lambda self, steps: replace(to_settings(self, steps), checkpoint_every=4),
    )
    draw = CaptionBatches.draw

    def killed(self, step, share):
        if step == 11:
            raise KeyboardInterrupt
        return draw(self, step, share)

    monkeypatch.setattr(CaptionBatches, "draw", killed)
    with pytest.raises(KeyboardInterrupt):
        run_caption_recipe(recipe, tmp_path / "parts")
    monkeypatch.setattr(CaptionBatches, "draw", draw)
    run_caption_recipe(recipe, tmp_path / "parts", resume=True)
    one, two = (CaptionModel.from_pretrained(tmp_path / name) for name in ("whole", "parts"))
    for name, value in one.model.state_dict().items():
        assert torch.equal(two.model.state_dict()[name], value), name


def test_what_a_recipe_lacks_is_said(files):
    with pytest.raises(InvalidArgumentError, match="name files of existing ones"):
        prepare_examples(make(replace(files, existing=())))
    with pytest.raises(InvalidArgumentError, match="name a store of features"):
        prepare_examples(make(replace(files, features=None)))
    with pytest.raises(InvalidArgumentError, match="name the model to begin with"):
        make(files, objective=Objective(aim="reward"))
    with pytest.raises(UnknownNameError, match="No kind of caption model named 'poet'"):
        make(files, "poet")


def test_presets_are_the_published_stages_and_can_be_changed():
    assert PRESETS["editnet"].pace.to_settings(10).decay_every == 30
    assert PRESETS["editnet"].objective.samples_words
    assert PRESETS["dcnet"].pace.batch_size == 60
    assert (PRESETS["modification"].min_count, PRESETS["modification"].longest) == (6, 50)
    changed = change_preset(
        find_preset("editnet-reward"),
        RecipeChanges(dim=64, epochs=3, num_samples=4, baseline="leave-one-out"),
    )
    assert changed.sizes == {"dim": 64, "attention_dim": 32}
    assert (changed.pace.epochs, changed.pace.learning_rate) == (3, 5e-5)
    assert changed.objective.self_critical.num_samples == 4
    with pytest.raises(UnknownNameError, match="Did you mean 'editnet'"):
        find_preset("edit-net")


def test_captions_are_judged_by_their_own_words():
    examples = [
        EditingExample("a", "a", (), (("a", "red", "cat", "sleeps"),), "val"),
        EditingExample("b", "b", (), (("a", "blue", "dog", "runs"), ("a", "dog")), "val"),
    ]
    found = judge_captions([["a", "red", "cat", "sleeps"], ["a", "dog", "runs"]], examples)
    assert found["exact"] == 0.5
    assert found["cider"] > judge_captions([["x"], ["y"]], examples)["cider"] == 0
