"""Every model and aim trains in two processes that share each step."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from seewhy.captions.caption_model import CaptionModel
from seewhy.captions.learning import Objective
from seewhy.captions.recipe import CaptionRecipe, FileCaptions, Pace, run_caption_recipe
from seewhy.datasets.picture_features import PictureFeatures
from seewhy.training.feature_store import FeatureWriter, StoreSettings

WorkByTwo = Callable[[Sequence[Callable[[], object]]], None]
SENTENCE = "a red cat runs on the grass".split()
PACE = Pace(batch_size=4, learning_rate=1e-2, schedule="constant", epochs=1, clip=5)
SIZES = {"dim": 8, "attention_dim": 4, "dropout": 0.0}
MODELS = {
    "editnet": SIZES,
    "dcnet": SIZES,
    "modification": {"dim": 8, "embedding_dim": 8, "sentence_dim": 8, "dropout": 0.0},
    "up-down": {**SIZES, "embedding_dim": 8},
    "adaptive-attention": {**SIZES, "embedding_dim": 8},
}
SHIFTS = ("full_att.bias", "score.bias")
"""Softmax does not see them: their gradient is rounding, of which Adam makes whole steps."""
STAGES = {  # name: model, aim, what it begins with, what its log tells
    "ending": ("dcnet-mse", "ending", "dcnet", "mse"),
    "words-with-mse": ("dcnet-mse", "words", "dcnet", "loss"),
    "dcnet-reward": ("dcnet-mse", "reward", "dcnet", "reward"),
    "editnet-reward": ("editnet", "reward", "editnet", "reward"),
}


def make_recipes(folder: Path, trained: Path) -> dict[str, CaptionRecipe]:
    """A recipe for each model, then the stages behind them; captions are of 1 to 7 words."""
    settings = StoreSettings(width=3, source={"encoder": "eye"}, half=False)
    with FeatureWriter(folder / "features", settings) as writer:
        for number in range(12):
            writer.add(PictureFeatures(str(number), np.full((2, 3), number / 9, np.float32)))
    lines = [
        {
            "image": f"{n}.jpg",
            "captions": [" ".join(SENTENCE[: 1 + n % 7])],
            "split": "val" if n > 7 else "train",
        }
        for n in range(12)
    ]
    (folder / "captions.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (folder / "old.json").write_text(json.dumps({str(n): "a cat" for n in range(12)}))
    data = FileCaptions(
        captions=str(folder / "captions.jsonl"),
        features=str(folder / "features"),
        existing=(str(folder / "old.json"),),
    )
    recipes = {
        model: CaptionRecipe(
            model=model, sizes=sizes, data=data, pace=PACE, min_count=1, validation_beams=1
        )
        for model, sizes in MODELS.items()
    }
    for name, (model, aim, first, _) in STAGES.items():
        objective = Objective(aim=aim)  # pyright: ignore[reportArgumentType]
        start = str(trained / first)
        recipes[name] = replace(recipes[first], model=model, objective=objective, start_from=start)
    return recipes


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CaptionRecipe]:
    folder = tmp_path_factory.mktemp("processes")
    return make_recipes(folder, folder / "two")


@pytest.fixture(scope="module")
def alone(
    recipes: dict[str, CaptionRecipe], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, CaptionModel]:
    """The models that one process trained."""
    folder = tmp_path_factory.mktemp("alone")
    for name in MODELS:
        run_caption_recipe(recipes[name], folder / name)
    return {name: CaptionModel.from_pretrained(folder / name) for name in MODELS}


@pytest.fixture(scope="module")
def together(recipes: dict[str, CaptionRecipe], alone: object, work_by_two: WorkByTwo) -> Path:
    """What two processes trained, one recipe after another: starting them takes the most time.

    They are forked behind ``alone``, so that what it imported is there.
    """
    folder = Path(str(recipes["ending"].start_from)).parent
    work_by_two(
        [partial(run_caption_recipe, recipe, folder / name) for name, recipe in recipes.items()]
    )
    return folder


@pytest.mark.parametrize("name", MODELS)
def test_two_processes_train_a_model_as_one_does(
    alone: dict[str, CaptionModel], together: Path, name: str
) -> None:
    weights = alone[name].model.state_dict()
    found = CaptionModel.from_pretrained(together / name).model.state_dict()
    assert weights.keys() == found.keys()
    for key, value in weights.items():
        if not key.endswith(SHIFTS):
            torch.testing.assert_close(found[key], value, atol=1e-4, rtol=0, msg=key)


@pytest.mark.parametrize("name", STAGES)
def test_two_processes_train_the_stages_behind_words(together: Path, name: str) -> None:
    lines = (together / name / "log.jsonl").read_text().splitlines()
    model, _, first, term = STAGES[name]
    assert np.isfinite(json.loads(lines[0])[term])
    trained = CaptionModel.from_pretrained(together / name)
    assert trained.kind == model
    before = CaptionModel.from_pretrained(together / first).model.state_dict()
    after = trained.model.state_dict()
    prefix = "" if first == model else "dae."
    assert any(not torch.equal(after[prefix + key], value) for key, value in before.items())
