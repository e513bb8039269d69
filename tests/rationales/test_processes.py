"""Two processes train a rationale model together, with its encoder and without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import debug_launcher
from accelerate.state import AcceleratorState
from safetensors.torch import load_file

from seewhy.rationales.decoder import DecoderConfig
from seewhy.rationales.recipe import RationaleRecipe, WorldScenes, run_rationale_recipe
from seewhy.rationales.vision import PatchSettings
from seewhy.training.settings import TrainingSettings

RECIPE = RationaleRecipe(
    decoder=DecoderConfig(positions=192, width=16, depth=1, heads=2, has_boxes=True, dropout=0.0),
    patches=PatchSettings(encoder="mini:clip-tiny"),
    data=WorldScenes(scenes=4, validation_scenes=1),
    tasks=("vqa-x", "vcr"),  # rows of two texts: many a share of a batch has no boxes
    vocabulary=400,
    packs=2,
    every_reason=False,
    answer_weight=2.0,
    half=False,
    training=TrainingSettings(steps=4, batch_size=2, learning_rate=1e-3, warmup=0.0),
)


def train_as_one_of_two(recipe: RationaleRecipe, folder: Path) -> None:
    AcceleratorState._reset_state(reset_partial_state=True)  # the parent's came with the fork
    torch.set_num_threads(1)
    run_rationale_recipe(recipe, folder, progress=False)


@pytest.mark.parametrize("trains_encoder", [True, False], ids=["with its encoder", "alone"])
def test_two_processes_give_the_weights_of_one(
    trains_encoder: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))  # patches are made anew
    recipe = replace(RECIPE, trains_encoder=trains_encoder)
    debug_launcher(train_as_one_of_two, (recipe, tmp_path / "two"), num_processes=2)
    run_rationale_recipe(recipe, tmp_path / "one", progress=False)
    files = ["model.safetensors", "encoder.safetensors"][: 1 + trains_encoder]
    for file in files:
        one, two = (load_file(tmp_path / name / file) for name in ("one", "two"))
        assert one.keys() == two.keys()
        for name, value in one.items():
            torch.testing.assert_close(two[name], value, atol=2e-5, rtol=1e-4)
    assert (tmp_path / "two" / "encoder.safetensors").is_file() == trains_encoder
