from __future__ import annotations

from typing import Any

import pytest
import torch

from seewhy.encoders.openai_weights import convert_openai_clip
from seewhy.errors import WeightsError


def to_openai(model: Any) -> dict[str, torch.Tensor]:
    """The weights of a transformers CLIP under OpenAI's names: the way back, written out."""
    own = model.state_dict()
    found = {"logit_scale": own["logit_scale"]}
    sides = {"visual.": ("vision_model", 3), "": ("text_model", 2)}
    for prefix, (side, blocks) in sides.items():
        for number in range(blocks):
            block = f"{side}.encoder.layers.{number}"
            new = f"{prefix}transformer.resblocks.{number}"
            for kind in ("weight", "bias"):
                stacked = [own[f"{block}.self_attn.{part}_proj.{kind}"] for part in "qkv"]
                found[f"{new}.attn.in_proj_{kind}"] = torch.cat(stacked)
                found[f"{new}.attn.out_proj.{kind}"] = own[f"{block}.self_attn.out_proj.{kind}"]
                found[f"{new}.ln_1.{kind}"] = own[f"{block}.layer_norm1.{kind}"]
                found[f"{new}.ln_2.{kind}"] = own[f"{block}.layer_norm2.{kind}"]
                found[f"{new}.mlp.c_fc.{kind}"] = own[f"{block}.mlp.fc1.{kind}"]
                found[f"{new}.mlp.c_proj.{kind}"] = own[f"{block}.mlp.fc2.{kind}"]
    for kind in ("weight", "bias"):
        found[f"ln_final.{kind}"] = own[f"text_model.final_layer_norm.{kind}"]
        found[f"visual.ln_pre.{kind}"] = own[f"vision_model.pre_layrnorm.{kind}"]
        found[f"visual.ln_post.{kind}"] = own[f"vision_model.post_layernorm.{kind}"]
    vision, text = "vision_model.embeddings", "text_model.embeddings"
    found["visual.class_embedding"] = own[f"{vision}.class_embedding"]
    found["visual.conv1.weight"] = own[f"{vision}.patch_embedding.weight"]
    found["visual.positional_embedding"] = own[f"{vision}.position_embedding.weight"]
    found["visual.proj"] = own["visual_projection.weight"].T
    found["token_embedding.weight"] = own[f"{text}.token_embedding.weight"]
    found["positional_embedding"] = own[f"{text}.position_embedding.weight"]
    found["text_projection"] = own["text_projection.weight"].T
    return found


def test_there_and_back_is_the_same_model(tiny_clip: Any) -> None:
    weights = to_openai(tiny_clip) | {"input_resolution": torch.tensor(32)}
    converted = convert_openai_clip(weights, vision_heads=2, text_heads=2)
    own = tiny_clip.state_dict()
    assert all(torch.equal(value, own[name]) for name, value in converted.state_dict().items())
    pixels = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(
        converted.get_image_features(pixels).pooler_output,
        tiny_clip.get_image_features(pixels).pooler_output,
    )


def test_the_text_is_read_at_the_last_token_of_the_vocabulary(tiny_clip: Any) -> None:
    converted = convert_openai_clip(to_openai(tiny_clip), vision_heads=2, text_heads=2)
    tokens = torch.tensor([[10, 3, 4, 11, 0, 0]])
    other_padding = torch.tensor([[10, 3, 4, 11, 7, 8]])
    torch.testing.assert_close(
        converted.get_text_features(tokens).pooler_output,
        converted.get_text_features(other_padding).pooler_output,
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"visual.layer1.0.conv1.weight": torch.ones(1)}, "openclip:RN50-quickgelu"),
        ({"visual.proj": None}, "visual.proj is not there"),
        ({"head.weight": torch.ones(1)}, "no weights named 'head.weight'"),
        ({"transformer.resblocks.0.ln_3.weight": torch.ones(1)}, "ln_3"),
        ({"visual.transformer.resblocks.1.ln_1.bias": None}, "make no whole CLIP"),
    ],
)
def test_other_weights_are_refused(tiny_clip: Any, change: dict[str, Any], message: str) -> None:
    weights = to_openai(tiny_clip) | change
    with pytest.raises(WeightsError, match=message):
        convert_openai_clip({k: v for k, v in weights.items() if v is not None})
