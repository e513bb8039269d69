"""OpenAI's CLIP weights, under OpenAI's names, as a transformers model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from seewhy.encoders.torchvision_operators import declare_torchvision_operators
from seewhy.encoders.weight_files import shorten
from seewhy.errors import WeightsError

HEAD_WIDTH = 64  # of every CLIP that OpenAI published
FIXED = {  # OpenAI's name -> transformers' name
    "logit_scale": "logit_scale",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
    "text_projection": "text_projection.weight",
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",  # the library's own spelling
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
    "visual.proj": "visual_projection.weight",
}
TRANSPOSED = {"text_projection", "visual.proj"}  # OpenAI multiplies from the right
BLOCK = re.compile(r"(visual\.)?transformer\.resblocks\.(\d+)\.(.+)\.(weight|bias)")
BLOCK_PARTS = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}
STACKED = re.compile(r"(visual\.)?transformer\.resblocks\.(\d+)\.attn\.in_proj_(weight|bias)")
NOT_WEIGHTS = {"input_resolution", "context_length", "vocab_size"}  # numbers beside the weights


def convert_openai_clip(
    state_dict: Mapping[str, Tensor],
    *,
    vision_heads: int | None = None,
    text_heads: int | None = None,
    activation: str = "quick_gelu",
) -> Any:
    """A transformers ``CLIPModel`` with the weights of an OpenAI CLIP, in evaluation mode.

    Its sizes are read from the weights. ``save_pretrained`` of it, with a CLIP tokenizer and
    image processor beside, makes a folder for ``load_encoder("hf:FOLDER")``.

    Args:
        state_dict: tensors under OpenAI's names (``visual.conv1.weight``, ...).
        vision_heads: attention heads of the image side; ``None``: one for each 64 channels, as
            in all that OpenAI published. The weights do not show it.
        text_heads: the same for the text side.
        activation: as transformers calls it. OpenAI's own is ``quick_gelu``; others trained the
            same networks with ``gelu``.

    Raises:
        WeightsError: if these are not the weights of an OpenAI CLIP with a Vision Transformer.
    """
    declare_torchvision_operators()  # a torchvision that does not import takes transformers along
    from transformers import CLIPModel

    weights = {name: value.float() for name, value in state_dict.items() if name not in NOT_WEIGHTS}
    if "visual.layer1.0.conv1.weight" in weights:
        raise WeightsError(
            "These are the weights of a CLIP with a ResNet, which transformers does not have. "
            "Load them with load_encoder('openclip:RN50-quickgelu', weights=FILE) or the like."
        )
    if missing := sorted(set(FIXED) - set(weights)):
        raise WeightsError(f"These are no weights of an OpenAI CLIP: {missing[0]} is not there.")
    config = _read_config(weights, vision_heads, text_heads)
    config.vision_config.hidden_act = config.text_config.hidden_act = activation
    model = CLIPModel(config)
    renamed = {new: value for name in weights for new, value in _rename(name, weights[name])}
    try:
        model.load_state_dict(renamed)
    except RuntimeError as error:
        raise WeightsError(f"These weights make no whole CLIP: {shorten(error)}.") from error
    return model.eval()


def _read_config(
    weights: Mapping[str, Tensor], vision_heads: int | None, text_heads: int | None
) -> Any:
    """The configuration that fits the shapes of the weights."""
    from transformers import CLIPConfig

    width, _, patch, _ = weights["visual.conv1.weight"].shape
    patches = weights["visual.positional_embedding"].shape[0] - 1
    vocabulary, text_width = weights["token_embedding.weight"].shape
    dim = weights["text_projection"].shape[1]
    vision = {
        "hidden_size": width,
        "intermediate_size": _read_hidden_width(weights, "visual.transformer"),
        "num_hidden_layers": _count_blocks(weights, "visual.transformer"),
        "num_attention_heads": vision_heads or max(1, width // HEAD_WIDTH),
        "patch_size": patch,
        "image_size": patch * round(patches**0.5),
    }
    text = {
        "hidden_size": text_width,
        "intermediate_size": _read_hidden_width(weights, "transformer"),
        "num_hidden_layers": _count_blocks(weights, "transformer"),
        "num_attention_heads": text_heads or max(1, text_width // HEAD_WIDTH),
        "max_position_embeddings": weights["positional_embedding"].shape[0],
        "vocab_size": vocabulary,
        "eos_token_id": vocabulary - 1,  # as in OpenAI's vocabulary, the last token
        "bos_token_id": vocabulary - 2,
        "pad_token_id": vocabulary - 1,
    }
    for side in (vision, text):
        side["projection_dim"] = dim
    return CLIPConfig(text_config=text, vision_config=vision, projection_dim=dim)


def _count_blocks(weights: Mapping[str, Tensor], prefix: str) -> int:
    pattern = re.compile(rf"{re.escape(prefix)}\.resblocks\.(\d+)\.")
    return 1 + max((int(m[1]) for name in weights if (m := pattern.match(name))), default=-1)


def _read_hidden_width(weights: Mapping[str, Tensor], prefix: str) -> int:
    name = f"{prefix}.resblocks.0.mlp.c_fc.weight"
    if name not in weights:
        raise WeightsError(f"These are no weights of an OpenAI CLIP: {name} is not there.")
    return weights[name].shape[0]


def _rename(name: str, value: Tensor) -> list[tuple[str, Tensor]]:
    """One of OpenAI's weights under transformers' name; stacked projections become three."""
    if name in FIXED:
        return [(FIXED[name], value.T.contiguous() if name in TRANSPOSED else value)]
    if match := STACKED.fullmatch(name):
        block, kind = _name_block(match[1], match[2]), match[3]
        parts = zip("qkv", value.chunk(3), strict=True)
        return [(f"{block}.self_attn.{part}_proj.{kind}", third) for part, third in parts]
    match = BLOCK.fullmatch(name)
    if match is None or match[3] not in BLOCK_PARTS:
        raise WeightsError(f"An OpenAI CLIP has no weights named {name!r}.")
    return [(f"{_name_block(match[1], match[2])}.{BLOCK_PARTS[match[3]]}.{match[4]}", value)]


def _name_block(visual: str | None, number: str) -> str:
    side = "vision_model" if visual else "text_model"
    return f"{side}.encoder.layers.{number}"
