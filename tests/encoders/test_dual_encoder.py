from __future__ import annotations

import json

import pytest
import torch

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.dual_encoder import DualEncoderConfig, DualEncoderModel
from seewhy.encoders.text_transformer import TextTransformerConfig
from seewhy.encoders.vision_transformer import VisionTransformerConfig
from seewhy.errors import DataFormatError, MissingFileError, WeightsError
from seewhy.text.byte_pairs import load_tokenizer, train_tokenizer

TEXT = TextTransformerConfig(vocabulary=260, context=8, width=8, depth=1, heads=2)
IMAGES = {
    "vit": VisionTransformerConfig(size=16, patch=4, width=8, depth=1, heads=2),
    "convnet": ConvNetConfig(size=16, widths=(4, 8), depths=(1, 1), strides=(1, 2)),
}
PIXELS, TOKENS = torch.randn(2, 3, 16, 16), torch.tensor([[5, 6, 1], [7, 1, 0]])


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(["a red cat"], vocabulary=260, context=8)


def make_model(kind="vit", has_logit_bias=False):
    config = DualEncoderConfig(image=IMAGES[kind], text=TEXT, dim=6, has_logit_bias=has_logit_bias)
    return DualEncoderModel(config).eval()


@pytest.mark.parametrize("kind", ["vit", "convnet"])
@pytest.mark.parametrize("has_logit_bias", [True, False])
def test_a_saved_model_comes_back_as_it_was(kind, has_logit_bias, tokenizer, tmp_path):
    model = make_model(kind, has_logit_bias)
    model.save_pretrained(tmp_path, tokenizer=tokenizer)
    again = DualEncoderModel.from_pretrained(tmp_path)
    assert again.config == model.config
    assert not again.training
    for found, expected in zip(again(PIXELS, TOKENS), model(PIXELS, TOKENS), strict=True):
        assert (found is None) == (expected is None)
        assert found is None or torch.equal(found, expected)
    assert load_tokenizer(tmp_path).to_str() == tokenizer.to_str()


def test_half_precision_halves_the_file_and_hardly_moves_an_embedding(tokenizer, tmp_path):
    model = make_model("convnet")
    whole = model.save_pretrained(tmp_path / "whole", tokenizer=tokenizer)
    half = model.save_pretrained(tmp_path / "half", tokenizer=tokenizer, half=True)
    sizes = [(path / "model.safetensors").stat().st_size for path in (half, whole)]
    assert sizes[0] < 0.7 * sizes[1]  # the header has its own length
    again = DualEncoderModel.from_pretrained(half)
    assert {value.dtype for value in again.parameters()} == {torch.float32}
    cosines = (again(PIXELS, TOKENS).images * model(PIXELS, TOKENS).images).sum(dim=1)
    assert cosines.min() > 0.999


def test_both_sides_of_a_batch_have_unit_length():
    output = make_model()(PIXELS, TOKENS)
    torch.testing.assert_close(output.images.norm(dim=1), torch.ones(2))
    torch.testing.assert_close(output.texts.norm(dim=1), torch.ones(2))


def test_scale_and_bias_start_where_the_papers_start():
    clip, siglip = make_model(), make_model(has_logit_bias=True)
    assert clip.logit_scale.item() == pytest.approx(1 / 0.07, rel=1e-5)
    assert clip.logit_bias is None
    assert siglip.logit_scale.item() == pytest.approx(10, rel=1e-5)
    assert siglip.logit_bias.item() == -10


def test_the_scale_is_capped_at_a_hundred():
    model = make_model()
    with torch.no_grad():
        model.log_scale.fill_(9.0)
    assert model.logit_scale.item() == 100


def test_a_configuration_survives_json():
    for kind in IMAGES:
        config = make_model(kind).config
        assert DualEncoderConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    "change",
    [
        {"image": {"kind": "vit", "size": 17}},
        {"image": {"kind": "mixer"}},
        {"depth": 3},
        {"text": "none"},
    ],
)
def test_a_configuration_that_is_not_ours_is_refused(change):
    with pytest.raises(DataFormatError, match="configuration cannot be read"):
        DualEncoderConfig.from_dict({**make_model().config.to_dict(), **change})


def test_a_folder_without_a_model_is_a_missing_file(tmp_path):
    with pytest.raises(MissingFileError, match=r"config\.json"):
        DualEncoderModel.from_pretrained(tmp_path)


def test_a_folder_without_weights_is_a_missing_file(tokenizer, tmp_path):
    make_model().save_pretrained(tmp_path, tokenizer=tokenizer)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(MissingFileError, match="No weights"):
        DualEncoderModel.from_pretrained(tmp_path)


def test_weights_of_another_shape_are_refused(tokenizer, tmp_path):
    make_model().save_pretrained(tmp_path, tokenizer=tokenizer)
    values = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**values, "dim": 7}))
    with pytest.raises(WeightsError, match="does not hold weights for its config"):
        DualEncoderModel.from_pretrained(tmp_path)


def test_a_broken_weights_file_is_refused(tokenizer, tmp_path):
    make_model().save_pretrained(tmp_path, tokenizer=tokenizer)
    (tmp_path / "model.safetensors").write_bytes(b"not a tensor")
    with pytest.raises(WeightsError, match="Save the model again"):
        DualEncoderModel.from_pretrained(tmp_path)


@pytest.mark.parametrize(("text", "message"), [("{", "is not JSON"), ("[]", "holds a list")])
def test_a_broken_configuration_file_is_refused(tmp_path, text, message):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(DataFormatError, match=message):
        DualEncoderModel.from_pretrained(tmp_path)
