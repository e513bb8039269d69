from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

from seewhy.encoders.catalogue import load_encoder
from seewhy.encoders.preprocessing import preprocess_images
from seewhy.encoders.timm_models import import_timm, translate_config
from seewhy.errors import EncoderError, MissingFileError, UnknownNameError, WeightsError

SHAPES = {  # architecture -> kind, grid, prefix tokens, first and last layer, width, dim
    "resnet18": ("convnet", (7, 7), 0, "layer1", "layer4", 512, 512),
    "vit_tiny_patch16_224": ("vit", (14, 14), 1, "blocks.0", "blocks.11", 192, 192),
    "swin_tiny_patch4_window7_224": ("convnet", (7, 7), 0, "layers.0", "layers.3", 768, 768),
    "convnext_atto": ("convnet", (7, 7), 0, "stages.0", "stages.3", 320, 320),
    "mobilenetv3_small_100": ("convnet", (7, 7), 0, "blocks.0", "blocks.5", 576, 1024),
    "deit_tiny_distilled_patch16_224": ("vit", (14, 14), 2, "blocks.0", "blocks.11", 192, 192),
}


@pytest.fixture(scope="module")
def timm() -> Any:
    return import_timm()


@pytest.mark.parametrize("architecture", SHAPES)
def test_the_probe_finds_how_each_kind_is_built(
    architecture: str, pictures: list[Image.Image]
) -> None:
    encoder = load_encoder(f"timm:{architecture}", weights="random")
    layout = encoder.layout
    found = (
        layout.kind,
        layout.grid,
        layout.num_prefix_tokens,
        layout.layers[0],
        layout.layers[-1],
    )
    assert (*found, layout.width, layout.dim) == SHAPES[architecture]
    pixels = encoder.preprocess(pictures[:1])
    embedding, features = encoder.encode_with_features(pixels)
    torch.testing.assert_close(embedding, encoder.module(pixels))
    assert features.values.shape == (1, layout.grid[0] * layout.grid[1], layout.width)  # type: ignore[index]
    if layout.kind == "vit":
        assert encoder.features(pixels, kind="keys").values.shape == features.values.shape


def test_tokens_are_timms_own_features_before_the_last_norm(pictures: list[Image.Image]) -> None:
    encoder = load_encoder("timm:vit_tiny_patch16_224", weights="random")
    pixels = encoder.preprocess(pictures)
    module: Any = encoder.module
    normed = module.norm(encoder.features(pixels).values)
    torch.testing.assert_close(normed, module.forward_features(pixels)[:, 1:])
    expected = F.normalize(module(pixels), dim=1)
    torch.testing.assert_close(encoder.encode_images(pictures), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("crop_pct", [0.875, 0.9, 0.95, 1.0])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("mode", ["center", "squash", "border"])
def test_preprocessing_equals_timms(
    timm: Any, pictures: list[Image.Image], crop_pct: float, interpolation: str, mode: str
) -> None:
    config = {
        "input_size": (3, 224, 224),
        "interpolation": interpolation,
        "mean": (0.485, 0.456, 0.406),
        "std": (0.229, 0.224, 0.225),
        "crop_pct": crop_pct,
        "crop_mode": mode,
    }
    if mode != "center" and crop_pct < 1:
        with pytest.raises(EncoderError, match=f"crop_mode='{mode}'"):
            translate_config(config)
        return
    transform = timm.data.create_transform(**config)
    expected = torch.stack([transform(picture) for picture in pictures])
    found = preprocess_images(pictures, translate_config(config))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_local_file_loads_without_its_classifier(timm: Any, tmp_path: Path, suffix: str) -> None:
    torch.manual_seed(3)
    model = timm.create_model("resnet18", num_classes=1000).eval()
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pth":
        torch.save({"state_dict": model.state_dict()}, path)
    else:
        save_file(model.state_dict(), path)
    encoder = load_encoder("timm:resnet18", weights=path)
    pixels = torch.randn(2, 3, 224, 224)
    expected = model.forward_head(model.forward_features(pixels), pre_logits=True)
    torch.testing.assert_close(encoder.encode_pixels(pixels), expected)
    with pytest.raises(WeightsError, match="do not fit resnet34"):
        load_encoder("timm:resnet34", weights=path)


def test_no_weights_and_typos_are_explained() -> None:
    with pytest.raises(WeightsError, match="weights='pretrained', a local file, or 'random'"):
        load_encoder("timm:resnet18")
    with pytest.raises(WeightsError, match="neither here nor can they be fetched"):
        load_encoder("timm:resnet18", weights="pretrained")
    with pytest.raises(UnknownNameError, match="Did you mean 'resnet18'"):
        load_encoder("timm:resnett18", weights="random")
    with pytest.raises(MissingFileError, match=r"nowhere\.pth"):
        load_encoder("timm:resnet18", weights="nowhere.pth")
