from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from transformers import Dinov2Config, Dinov2Model, SiglipConfig, SiglipModel, ViTConfig, ViTModel
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.utils import logging

from seewhy.encoders.base import TorchDualEncoder
from seewhy.encoders.catalogue import load_encoder
from seewhy.errors import (
    EncoderError,
    InvalidArgumentError,
    MissingFileError,
    SeewhyError,
    WeightsError,
)

TEXTS = ["a red cat", "the dog sits"]
SMALL = {
    "hidden_size": 24,
    "intermediate_size": 48,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
}


@pytest.fixture
def clip_folder(tiny_clip: Any, word_tokenizer: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "clip"
    tiny_clip.save_pretrained(folder)
    word_tokenizer.save_pretrained(folder)
    size = {"height": 32, "width": 32}
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=size).save_pretrained(folder)
    return folder


@pytest.fixture
def siglip_folder(word_tokenizer: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "siglip"
    text = {**SMALL, "vocab_size": 12, "max_position_embeddings": 8}
    vision = {**SMALL, "image_size": 32, "patch_size": 8}
    torch.manual_seed(0)
    SiglipModel(SiglipConfig(text_config=text, vision_config=vision)).save_pretrained(folder)
    word_tokenizer.save_pretrained(folder)
    SiglipImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def save_image_model(model: Any, folder: Path) -> Path:
    model.save_pretrained(folder)
    size = {"height": 28, "width": 28}
    BitImageProcessorPil(size={"shortest_edge": 32}, crop_size=size).save_pretrained(folder)
    return folder


@pytest.fixture
def dinov2_folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    config = Dinov2Config(**{**SMALL, "mlp_ratio": 2}, image_size=28, patch_size=7)
    return save_image_model(Dinov2Model(config), tmp_path / "dinov2")


def test_a_clip_folder_gives_transformers_own_numbers(
    clip_folder: Path, tiny_clip: Any, word_tokenizer: Any, pictures: list[Image.Image]
) -> None:
    encoder = load_encoder(f"hf:{clip_folder}")
    assert isinstance(encoder, TorchDualEncoder)
    processor = CLIPImageProcessorPil.from_pretrained(clip_folder)
    with torch.no_grad():
        images = tiny_clip.get_image_features(
            **processor(images=pictures, return_tensors="pt")
        ).pooler_output
        texts = tiny_clip.get_text_features(
            **word_tokenizer(TEXTS, padding=True, return_tensors="pt", return_token_type_ids=False)
        ).pooler_output
    torch.testing.assert_close(
        encoder.encode_images(pictures), F.normalize(images, dim=1), atol=1e-5, rtol=0
    )
    torch.testing.assert_close(
        encoder.encode_texts(TEXTS), F.normalize(texts, dim=1), atol=1e-5, rtol=0
    )
    assert encoder.logit_scale == pytest.approx(tiny_clip.logit_scale.exp().item())
    assert encoder.layout.layers[-1] == "vision_model.encoder.layers.2"
    assert encoder.layout.num_prefix_tokens == 1
    assert encoder.layout.grid == (4, 4)


def test_siglip_reads_texts_padded_to_the_full_length_as_in_training(
    siglip_folder: Path, word_tokenizer: Any
) -> None:
    encoder = load_encoder(f"hf:{siglip_folder}")
    assert isinstance(encoder, TorchDualEncoder)
    inputs = word_tokenizer(TEXTS, padding="max_length", max_length=8, return_tensors="pt")
    features = encoder.module.get_text_features(inputs["input_ids"])  # type: ignore[operator]
    expected = F.normalize(features.pooler_output, dim=1)
    torch.testing.assert_close(encoder.encode_texts(TEXTS), expected, atol=1e-5, rtol=0)
    assert (encoder.layout.grid, encoder.layout.num_prefix_tokens) == ((4, 4), 0)
    assert encoder.features(torch.zeros(1, 3, 32, 32), kind="keys").values.shape == (1, 16, 24)
    assert encoder.preprocessing.resize == "exact"


def test_dinov2_is_an_image_encoder(dinov2_folder: Path, pictures: list[Image.Image]) -> None:
    encoder = load_encoder(f"hf:{dinov2_folder}")
    assert not isinstance(encoder, TorchDualEncoder)
    assert (encoder.layout.grid, encoder.layout.num_prefix_tokens) == ((4, 4), 1)
    assert (encoder.preprocessing.resize_to, encoder.preprocessing.size) == (32, (28, 28))
    model = Dinov2Model.from_pretrained(dinov2_folder).eval()
    pixels = encoder.preprocess(pictures)
    outputs = model(pixels, output_hidden_states=True)
    expected = F.normalize(outputs.pooler_output, dim=1)
    torch.testing.assert_close(encoder.encode_images(pictures), expected, atol=1e-5, rtol=0)
    found = encoder.features(pixels).values
    torch.testing.assert_close(found, outputs.hidden_states[-1][:, 1:], atol=1e-5, rtol=0)
    assert encoder.features(pixels, kind="keys").values.shape == found.shape


def test_half_precision_on_disk_is_computed_with_in_single(clip_folder: Path) -> None:
    from transformers import CLIPModel

    CLIPModel.from_pretrained(clip_folder).half().save_pretrained(clip_folder)
    encoder = load_encoder(f"hf:{clip_folder}")
    assert encoder.encode_pixels(torch.zeros(1, 3, 32, 32)).dtype == torch.float32


def test_weights_that_are_missing_are_never_random(tmp_path: Path) -> None:
    config = ViTConfig(**SMALL, image_size=28, patch_size=7)
    folder = save_image_model(ViTModel(config, add_pooling_layer=False), tmp_path / "vit")
    with pytest.raises(WeightsError, match=r"pooler\.dense\.bias; they would be random"):
        load_encoder(f"hf:{folder}")


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "preprocessor_config.json"])
def test_a_file_that_is_missing_is_an_error_of_ours(dinov2_folder: Path, file: str) -> None:
    (dinov2_folder / file).unlink()
    with pytest.raises(SeewhyError, match=r"dinov2.* (cannot be read|holds no config)"):
        load_encoder(f"hf:{dinov2_folder}")


def test_a_damaged_file_is_an_error_of_ours(dinov2_folder: Path) -> None:
    (dinov2_folder / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match="cannot be read"):
        load_encoder(f"hf:{dinov2_folder}")


@pytest.mark.parametrize("name", ["./no/folder", "/no/folder", "~/no-such-folder", "a/b/c"])
def test_a_folder_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(MissingFileError, match=name):
        load_encoder(f"hf:{name}")


def test_a_hub_name_without_a_network_is_explained() -> None:
    with pytest.raises(WeightsError, match=r"fetched from the hub: .* Name a local folder"):
        load_encoder("hf:nobody/no-such-model")


def test_a_model_for_pictures_of_any_shape_is_refused(dinov2_folder: Path) -> None:
    path = dinov2_folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "model_type": "siglip2"}))
    with pytest.raises(EncoderError, match="NaFlex"):
        load_encoder(f"hf:{dinov2_folder}")


def test_code_from_a_folder_is_not_run(dinov2_folder: Path) -> None:
    path = dinov2_folder / "config.json"
    settings = {**json.loads(path.read_text()), "model_type": "evil"}
    settings["auto_map"] = {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}
    path.write_text(json.dumps(settings))
    (dinov2_folder / "evil.py").write_text("raise SystemExit('it was run')")
    with pytest.raises(WeightsError, match="cannot be read"):
        load_encoder(f"hf:{dinov2_folder}")


def test_weights_beside_a_folder_are_refused(clip_folder: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"weights='a\.pt' were given"):
        load_encoder(f"hf:{clip_folder}", weights="a.pt")


def test_loading_prints_nothing_and_leaves_transformers_as_it_was(
    clip_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    load_encoder(f"hf:{clip_folder}")
    assert capfd.readouterr() == ("", "")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
