from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import Dinov2Config, Dinov2Model
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

from seewhy.cli.main import main
from seewhy.cli.models import describe
from seewhy.encoders.catalogue import list_encoders
from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.image_model import ImageModel, ImageModelConfig


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dinov2")
    torch.manual_seed(0)
    config = Dinov2Config(
        hidden_size=24, num_hidden_layers=6, num_attention_heads=2, image_size=28, patch_size=7
    )
    Dinov2Model(config).save_pretrained(folder)
    size = {"height": 28, "width": 28}
    BitImageProcessorPil(size={"shortest_edge": 32}, crop_size=size).save_pretrained(folder)
    return folder


def run(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


def test_the_list_holds_every_encoder(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list", "--json"]) == 0
    names = [entry["name"] for entry in json.loads(capsys.readouterr().out)]
    assert names == [entry.name for entry in list_encoders()]
    assert run(["models", "list"]) == 0
    table = capsys.readouterr().out
    assert all(name in table for name in names)


def test_the_probe_prints_layout_and_preprocessing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "probe", f"hf:{folder}"]) == 0
    table = capsys.readouterr().out
    for expected in (
        "4 x 4",
        "vit",
        "encoder.layer.0 ... encoder.layer.5 (6)",
        "28 x 28",
        "bicubic",
    ):
        assert expected in table


def test_the_probe_prints_nothing_but_json_if_asked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "probe", f"hf:{folder}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["layout"]["grid"] == [4, 4]
    assert found["layout"]["num_prefix_tokens"] == 1
    assert found["preprocessing"]["resize_to"] == 32
    assert len(found["digest"]) == 64


def test_a_typo_ends_in_one_sentence_and_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "probe", "hff:somewhere"]) == 2
    assert capsys.readouterr().err.startswith("Error: No encoder named 'hff:somewhere'.")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        ((14, 14), "14 x 14"),
        ((0.5, 0.25, 0.1), "0.5, 0.25, 0.1"),
        (tuple("abcde"), "a ... e (5)"),
        (("a", "b"), "a, b"),
        ("vit", "vit"),
        (3, "3"),
    ],
)
def test_cells_are_short(value: object, expected: str) -> None:
    assert describe(value) == expected


def test_a_head_is_shown_with_its_widths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = ConvNetConfig(size=16, widths=(4, 8), depths=(1, 1), strides=(1, 2))
    config = ImageModelConfig(image=image, objective="simsiam", projector=(12, 6), predictor=3)
    ImageModel(config).save_pretrained(tmp_path)
    assert run(["models", "probe", f"folder:{tmp_path}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["head"] == "mean of the map: 8 > 12 > 6 > 3 > 6"
