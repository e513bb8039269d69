from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.image_model import (
    OBJECTIVES,
    ImageModel,
    ImageModelConfig,
    Objective,
    make_head,
)
from seewhy.encoders.mini import load_model_folder
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError, WeightsError

SMALL = ConvNetConfig(size=16, widths=(4, 8), depths=(1, 1), strides=(1, 2))


def make(objective: Objective) -> ImageModel:
    torch.manual_seed(0)
    return ImageModel(
        ImageModelConfig(image=SMALL, objective=objective, projector=(12, 10, 6), predictor=3)
    ).eval()


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_embedding_is_what_the_head_makes_of_the_mean_of_the_map(objective: Objective) -> None:
    model, pixels = make(objective), torch.randn(3, 3, 16, 16)
    assert model.head is not None
    torch.testing.assert_close(model(pixels), model.head(model.trunk(pixels).mean(dim=(2, 3))))
    assert model(pixels).shape == (3, 6)


@pytest.mark.parametrize(
    ("objective", "last", "has_scale"),
    [("simclr", nn.BatchNorm1d, True), ("barlow-twins", nn.Linear, False)],
)
def test_heads_end_as_published(objective: Objective, last: type, has_scale: bool) -> None:
    layers = list(make_head(make(objective).config))
    assert isinstance(layers[-1], last)
    assert getattr(layers[-1], "affine", False) == has_scale
    assert sum(isinstance(layer, nn.ReLU) for layer in layers) == 2


def test_simsiams_head_is_a_projector_and_then_a_predictor() -> None:
    projector, predictor = make("simsiam").head  # pyright: ignore[reportGeneralTypeIssues, reportOptionalIterable]
    assert isinstance(projector, nn.Sequential)
    norm = projector[-1]
    assert isinstance(norm, nn.BatchNorm1d)
    assert not norm.affine
    widths = [layer.out_features for layer in predictor if isinstance(layer, nn.Linear)]
    assert widths == [3, 6]


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("half", [True, False])
def test_a_saved_model_comes_back(objective: Objective, half: bool, tmp_path: Path) -> None:
    model, pixels = make(objective), torch.randn(3, 3, 16, 16)
    model.save_pretrained(tmp_path, half=half)
    again = ImageModel.from_pretrained(tmp_path)
    assert again.config == model.config
    tolerance = 2e-2 if half else 0.0
    torch.testing.assert_close(again(pixels), model(pixels), atol=tolerance, rtol=tolerance)
    encoder = load_model_folder(tmp_path, name="trial")
    assert encoder.layout.layers == ("trunk.stages.0", "trunk.stages.1")
    torch.testing.assert_close(encoder.encode_pixels(pixels), again(pixels))


@pytest.mark.parametrize(
    "changes",
    [
        {"objective": "simclear"},
        {"projector": ()},
        {"predictor": 0},
        {"image": replace(SMALL, pooling="max")},
    ],
)
def test_a_shape_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError, match="got"):
        ImageModelConfig(**{"image": SMALL, **changes})


def test_a_damaged_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"config\.json"):
        load_model_folder(tmp_path, name="trial")
    make("simclr").save_pretrained(tmp_path)
    config = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(config.replace("simclr", "simclear"))
    with pytest.raises(DataFormatError, match="cannot be read"):
        load_model_folder(tmp_path, name="trial")
    (tmp_path / "config.json").write_text(config.replace('"predictor": 3', '"predictor": 4'))
    load_model_folder(tmp_path, name="trial")  # SimCLR has no predictor
    (tmp_path / "config.json").write_text(config.replace("barlow", "x").replace("12,", "13,"))
    with pytest.raises(WeightsError, match="does not hold weights"):
        load_model_folder(tmp_path, name="trial")
