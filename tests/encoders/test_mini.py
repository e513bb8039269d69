from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.dual_encoder import DualEncoderConfig, DualEncoderModel
from seewhy.encoders.mini import load_dual_encoder, load_mini, wrap_dual_encoder
from seewhy.encoders.protocols import DualEncoder
from seewhy.encoders.text_transformer import TextTransformerConfig
from seewhy.encoders.vision_transformer import VisionTransformerConfig
from seewhy.errors import MissingFileError
from seewhy.text.byte_pairs import train_tokenizer

IMAGES = {
    "vit": VisionTransformerConfig(size=16, patch=4, width=8, depth=2, heads=2),
    "convnet": ConvNetConfig(size=16, widths=(4, 8), depths=(1, 1), strides=(1, 2)),
}
TEXTS = ["a red cat", "a dog", "a red cat"]


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(["a red cat and a dog"] * 9, vocabulary=270, context=8)


@pytest.fixture(params=["vit", "convnet"])
def encoder(request, tokenizer, tmp_path, monkeypatch):
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path))
    text = TextTransformerConfig(
        vocabulary=tokenizer.get_vocab_size(), context=8, width=8, depth=1, heads=2
    )
    torch.manual_seed(0)
    model = DualEncoderModel(DualEncoderConfig(image=IMAGES[request.param], text=text, dim=6))
    return wrap_dual_encoder(model, tokenizer, name="trial")


def test_it_is_a_dual_encoder_whose_layout_is_known(encoder):
    assert isinstance(encoder, DualEncoder)
    layout = encoder.layout
    assert (layout.grid, layout.width, layout.dim) == ((4, 4), 8, 6)
    assert len(layout.layers) == 2
    assert (layout.kind, layout.num_prefix_tokens) in (("vit", 1), ("convnet", 0))


def test_pictures_and_texts_come_out_with_unit_length(encoder):
    pictures = np.random.default_rng(0).integers(0, 256, (3, 20, 30, 3), dtype=np.uint8)
    images, texts = encoder.encode_images(list(pictures)), encoder.encode_texts(TEXTS)
    for rows in (images, texts):
        assert rows.shape == (3, 6)
        torch.testing.assert_close(rows.norm(dim=1), torch.ones(3))
    assert torch.equal(texts[0], texts[2])
    assert not torch.allclose(texts[0], texts[1])


def test_pixels_go_through_the_image_tower_in_evaluation_mode(encoder):
    pixels = torch.randn(2, 3, 16, 16)
    encoder.module.train()
    found = encoder.encode_pixels(pixels)
    assert encoder.module.training
    torch.testing.assert_close(found, encoder.module.eval().image(pixels))


def test_texts_go_through_the_tokenizer_and_the_text_tower(encoder, tokenizer):
    tokens = torch.tensor([tokenizer.encode("a dog").ids])
    expected = F.normalize(encoder.module.eval().text(tokens), dim=-1)
    torch.testing.assert_close(encoder.encode_texts(["a dog"]), expected)


def test_features_are_what_the_last_block_gives(encoder):
    pixels = torch.randn(2, 3, 16, 16)
    features = encoder.features(pixels)
    assert features.grid == (4, 4)
    tower = encoder.module.eval().image
    if encoder.layout.kind == "vit":
        patches = features.values
        first = encoder.features(pixels, layer=-2).values
        assert not torch.allclose(patches, first)
    else:
        mean = features.values.mean(dim=1)
        torch.testing.assert_close(tower.projection(tower.norm(mean)), tower(pixels))
    assert features.values.shape == (2, 16, 8)


def test_keys_are_there_where_there_is_attention(encoder):
    if encoder.layout.kind == "vit":
        pixels = torch.randn(2, 3, 16, 16)
        keys = encoder.features(pixels, kind="keys").values
        block = encoder.module.image.blocks[-1]
        inputs = []
        handle = block.register_forward_hook(lambda module, args, output: inputs.append(args[0]))
        encoder.encode_pixels(pixels)
        handle.remove()
        expected = block.norm1(inputs[0])[:, 1:] @ block.attn.qkv.weight[8:16].T
        torch.testing.assert_close(keys, expected)


def test_the_text_digest_follows_text_weights_and_tokenizer_only(encoder, tokenizer):
    before = encoder.text_digest
    with torch.no_grad():
        encoder.module.image.projection.weight[0, 0] += 1
    assert encoder.text_digest == before
    other = train_tokenizer(["another dog"] * 9, vocabulary=270, context=8)
    assert wrap_dual_encoder(encoder.module, other, name="trial").text_digest != before
    with torch.no_grad():
        encoder.module.text.projection.weight[0, 0] += 1
    assert encoder.text_digest != before


def test_a_saved_folder_gives_the_same_embeddings(encoder, tokenizer, tmp_path):
    encoder.module.save_pretrained(tmp_path / "model", tokenizer=tokenizer)
    again = load_dual_encoder(tmp_path / "model")
    assert again.name == str(tmp_path / "model")
    assert again.logit_scale == pytest.approx(encoder.logit_scale)
    pixels = torch.randn(2, 3, 16, 16)
    assert torch.equal(again.encode_pixels(pixels), encoder.encode_pixels(pixels))
    assert torch.equal(again.encode_texts(TEXTS), encoder.encode_texts(TEXTS))


def test_a_name_that_is_not_bundled_is_a_missing_file():
    with pytest.raises(MissingFileError, match="clip-nothing"):
        load_mini("clip-nothing")
