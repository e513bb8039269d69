"""Every aim trains in two processes that share each step."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import debug_launcher
from accelerate.state import AcceleratorState

from seewhy.captions.learning import Objective
from seewhy.captions.recipe import CaptionRecipe, FileCaptions, Pace, run_caption_recipe
from seewhy.datasets.picture_features import PictureFeatures
from seewhy.training.feature_store import FeatureWriter, StoreSettings

PACE = Pace(batch_size=4, learning_rate=1e-2, schedule="constant", epochs=1, clip=5)
SIZES = {"dim": 8, "attention_dim": 4, "dropout": 0.0}
OTHER_SIZES = {"dim": 8, "embedding_dim": 8, "sentence_dim": 8, "dropout": 0.0}


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> CaptionRecipe:
    folder = tmp_path_factory.mktemp("processes")
    settings = StoreSettings(width=3, source={"encoder": "eye"}, half=False)
    with FeatureWriter(folder / "features", settings) as writer:
        for number in range(12):
            writer.add(PictureFeatures(str(number), np.full((2, 3), number, np.float32)))
    lines = [
        {"image": f"{n}.jpg", "captions": ["a red cat"], "split": "val" if n > 7 else "train"}
        for n in range(12)
    ]
    (folder / "captions.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (folder / "old.json").write_text(json.dumps({str(n): "a cat" for n in range(12)}))
    data = FileCaptions(
        captions=str(folder / "captions.jsonl"),
        features=str(folder / "features"),
        existing=(str(folder / "old.json"),),
    )
    return CaptionRecipe(
        model="dcnet", sizes=SIZES, data=data, pace=PACE, min_count=1, validation_beams=1
    )


def train_as_one_of_two(recipe: CaptionRecipe, folder: Path) -> None:
    AcceleratorState._reset_state(reset_partial_state=True)  # the parent's came with the fork
    torch.set_num_threads(1)
    run_caption_recipe(recipe, folder)


def train_by_two(recipe: CaptionRecipe, folder: Path) -> None:
    debug_launcher(train_as_one_of_two, (recipe, folder), num_processes=2)


def test_all_aims_of_a_dcnet_train_in_two_processes(recipe: CaptionRecipe, tmp_path: Path) -> None:
    train_by_two(recipe, tmp_path / "words")
    for aim, term in (("ending", "mse"), ("reward", "reward"), ("words", "loss")):
        stage = replace(
            recipe,
            model="dcnet-mse",
            objective=Objective(aim=aim),
            start_from=str(tmp_path / "words"),
        )
        train_by_two(stage, tmp_path / f"mse-{aim}")
        assert f'"{term}"' in (tmp_path / f"mse-{aim}" / "log.jsonl").read_text()


def test_a_modification_network_trains_in_two_processes_as_in_one(
    recipe: CaptionRecipe, tmp_path: Path
) -> None:
    from seewhy.captions.caption_model import CaptionModel

    stage = replace(recipe, model="modification", sizes=OTHER_SIZES)
    train_by_two(stage, tmp_path / "two")
    run_caption_recipe(stage, tmp_path / "one")
    one, two = (CaptionModel.from_pretrained(tmp_path / name) for name in ("one", "two"))
    for name, value in one.model.state_dict().items():
        torch.testing.assert_close(two.model.state_dict()[name], value, atol=1e-4, rtol=0)
