from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from seewhy.encoders.catalogue import LOADERS, find_minis, list_encoders, load_encoder
from seewhy.encoders.dual_encoder import DualEncoderConfig, DualEncoderModel
from seewhy.encoders.protocols import DualEncoder, ImageEncoder
from seewhy.encoders.text_transformer import TextTransformerConfig
from seewhy.encoders.vision_transformer import VisionTransformerConfig
from seewhy.errors import InvalidArgumentError, MissingDependencyError, UnknownNameError
from seewhy.text.byte_pairs import train_tokenizer


def test_every_family_is_listed_and_every_listed_name_has_a_loader() -> None:
    prefixes = {entry.name.split(":")[0] for entry in list_encoders()}
    assert prefixes | {"mini"} == set(LOADERS)


@pytest.mark.parametrize("name", find_minis())
def test_every_bundled_encoder_encodes_a_picture(name: str) -> None:
    encoder = load_encoder(f"mini:{name}")
    assert isinstance(encoder, ImageEncoder)
    pixels = torch.zeros(1, 3, *encoder.preprocessing.size)
    embedding, features = encoder.encode_with_features(pixels)
    assert embedding.shape == (1, encoder.dim)
    assert features.values.shape[1] == features.grid[0] * features.grid[1]
    assert isinstance(encoder, DualEncoder) or encoder.layout.kind in ("vit", "convnet")


@pytest.mark.parametrize("name", ["clip", "hf:", ":x", "mni:clip-base", "", "mini:no-such-model"])
def test_a_name_that_is_in_no_catalogue_is_refused(name: str) -> None:
    with pytest.raises(UnknownNameError, match="No encoder named"):
        load_encoder(name)


def test_a_typo_is_guessed() -> None:
    if not find_minis():
        pytest.skip("no bundled encoders yet")
    mini = find_minis()[0]
    with pytest.raises(UnknownNameError, match="Did you mean 'mini:"):
        load_encoder(f"mini:{mini[:-1]}")


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [("openclip:ViT-B-16", "open_clip", "openclip"), ("timm:resnet50", "timm", "timm")],
)
def test_an_extra_that_is_missing_is_named(name: str, package: str, extra: str) -> None:
    if find_spec(package):
        pytest.skip(f"{package} is installed")
    with pytest.raises(MissingDependencyError, match=rf"'{package}'.*seewhy\[{extra}\]"):
        load_encoder(name, weights="random")


def test_a_folder_of_your_own_training_loads(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(["a red cat"] * 9, vocabulary=260, context=8)
    config = DualEncoderConfig(
        image=VisionTransformerConfig(size=16, patch=4, width=8, depth=2, heads=2),
        text=TextTransformerConfig(
            vocabulary=tokenizer.get_vocab_size(), context=8, width=8, depth=1, heads=2
        ),
        dim=6,
    )
    DualEncoderModel(config).save_pretrained(tmp_path, tokenizer=tokenizer)
    encoder = load_encoder(f"folder:{tmp_path}")
    assert isinstance(encoder, DualEncoder)
    assert encoder.encode_texts(["a cat"]).shape == (1, 6)


@pytest.mark.parametrize("name", ["mini:clip-base", "folder:x", "hf:x"])
def test_weights_for_what_carries_its_own_are_refused(name: str) -> None:
    with pytest.raises(InvalidArgumentError, match="carries its own weights"):
        load_encoder(name, weights="a.pt")
