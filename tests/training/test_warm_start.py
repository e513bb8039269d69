from __future__ import annotations

import pytest
import torch

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.dual_encoder import DualEncoderConfig, DualEncoderModel
from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.encoders.text_transformer import TextTransformerConfig
from seewhy.encoders.vision_transformer import VisionTransformerConfig
from seewhy.errors import InvalidArgumentError
from seewhy.training.warm_start import copy_weights, find_start

TEXT = TextTransformerConfig(vocabulary=260, context=8, width=8, depth=1, heads=2)
CONVNET = ConvNetConfig(
    size=16, widths=(16, 16, 32), depths=(1, 2, 1), strides=(1, 2, 1), pooling="max"
)
VIT = VisionTransformerConfig(
    size=16, patch=4, width=32, depth=1, heads=2, stem="residual", class_start="strongest"
)


def make_model(image, seed, **text):
    torch.manual_seed(seed)
    settings = {**vars(TEXT), **text}
    config = DualEncoderConfig(image=image, text=TextTransformerConfig(**settings), dim=6)
    return DualEncoderModel(config).eval()


def test_a_model_of_the_same_shape_is_copied_whole():
    source, model = make_model(VIT, 0), make_model(VIT, 1)
    assert set(copy_weights(model, source)) == set(source.state_dict())
    for name, tensor in source.state_dict().items():
        assert torch.equal(model.state_dict()[name], tensor)


def test_a_vision_transformer_takes_a_convnets_trunk_for_its_stem():
    source, model = make_model(CONVNET, 0), make_model(VIT, 1)
    copied = copy_weights(model, source)
    pixels = torch.randn(2, 3, 16, 16)
    trunk = source.image.stages[2](
        source.image.stages[1](source.image.stages[0](source.image.stem(pixels)))
    )
    torch.testing.assert_close(model.image.stem(pixels), trunk)
    assert "image.projection.weight" in copied
    assert all(name in copied for name in model.state_dict() if name.startswith("text."))
    assert not any(name.startswith("image.blocks") for name in copied)


def test_without_blocks_and_positions_it_begins_as_good_as_the_convnet():
    vit = VisionTransformerConfig(**{**vars(VIT), "depth": 0})
    source, model = make_model(CONVNET, 0), make_model(vit, 1)
    copy_weights(model, source)
    with torch.no_grad():
        model.image.positions.zero_()
        model.image.class_token.zero_()
    pixels = torch.randn(2, 3, 16, 16)
    torch.testing.assert_close(model.encode_pixels(pixels), source.encode_pixels(pixels))


def test_weights_of_another_shape_are_left_as_they_were():
    source, model = make_model(VIT, 0), make_model(VIT, 1, vocabulary=300)
    before = model.text.tokens.weight.clone()
    assert "text.tokens.weight" not in copy_weights(model, source)
    assert torch.equal(model.text.tokens.weight, before)


def test_a_model_that_shares_nothing_is_refused():
    other = VisionTransformerConfig(size=16, patch=8, width=8, depth=1, heads=2, stem="patch")
    wide = DualEncoderConfig(image=other, text=TEXT, dim=7)
    with pytest.raises(InvalidArgumentError, match="shares no weights"):
        copy_weights(make_model(CONVNET, 0), DualEncoderModel(wide))


def test_a_start_is_a_bundled_model_or_a_folder(tmp_path):
    assert find_start("mini:clip-conv") == MINIS_FOLDER / "clip-conv"
    assert find_start(str(tmp_path)) == tmp_path
