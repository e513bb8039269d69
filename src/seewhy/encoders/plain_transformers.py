"""Vision Transformers of DINO, MoCo v3 and DINOv2, under their own names, on transformers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Any

import torch
from torch import Tensor, nn

from seewhy.encoders.projection_heads import fill
from seewhy.encoders.torchvision_operators import declare_torchvision_operators
from seewhy.errors import UnknownNameError, WeightsError

HEAD_WIDTH = 64
SIZES = {"s": (384, 12), "b": (768, 12), "l": (1024, 24), "g": (1536, 40)}
"""Width and depth by letter."""
NAME = re.compile(r"vit([sblg])(\d+)(_reg4)?")
FIXED = {
    "cls_token": "embeddings.cls_token",
    "pos_embed": "embeddings.position_embeddings",
    "mask_token": "embeddings.mask_token",
    "register_tokens": "embeddings.register_tokens",
    "patch_embed.proj.weight": "embeddings.patch_embeddings.projection.weight",
    "patch_embed.proj.bias": "embeddings.patch_embeddings.projection.bias",
    "norm.weight": "layernorm.weight",
    "norm.bias": "layernorm.bias",
}
BLOCK = re.compile(r"blocks\.(\d+)\.(.+)")
PARTS = {
    "attn.proj": "attention.o_proj",
    "ls1.gamma": "layer_scale1.lambda1",
    "ls2.gamma": "layer_scale2.lambda1",
    "mlp.w3": "mlp.down_proj",
}
STACKED = {
    "attn.qkv": ("attention.q_proj", "attention.k_proj", "attention.v_proj"),
    "mlp.w12": ("mlp.gate_proj", "mlp.up_proj"),
}


@dataclass(frozen=True, kw_only=True)
class PlainTransformerConfig:
    """Shape of a ``PlainTransformer``."""

    width: int
    depth: int
    patch: int
    """Height and width of a patch, in pixels."""
    registers: int = 0
    """Register tokens between the class token and the patches."""

    @property
    def channels(self) -> int:
        """Channels of a token."""
        return self.width


def find_transformer(architecture: str) -> PlainTransformerConfig:
    """The shape that a name stands for, as ``vits16``, ``vitb14`` or ``vitl14_reg4``.

    Raises:
        UnknownNameError: if it stands for none.
    """
    match = NAME.fullmatch(architecture)
    if match is None:
        known = [f"vit{letter}{patch}" for letter in SIZES for patch in (8, 14, 16)]
        raise UnknownNameError("Vision Transformer", architecture, known)
    width, depth = SIZES[match[1]]
    registers = 4 if match[3] else 0
    return PlainTransformerConfig(
        width=width, depth=depth, patch=int(match[2]), registers=registers
    )


class PlainTransformer(nn.Module):
    """Picture → class token, registers and patches, after the last norm.

    Sources: arXiv:2104.14294 (DINO), 2104.02057 (MoCo v3), 2304.07193 (DINOv2).
    Differs: transformers stretches position embeddings to the grid exactly, where DINOv2's own
        code adds 0.1 to its sides first.
    """

    def __init__(self, config: PlainTransformerConfig, model: Any) -> None:
        super().__init__()
        self.config, self.model = config, model

    @property
    def stages(self) -> list[str]:
        """Names of the blocks, first to last."""
        return [f"model.encoder.layer.{number}" for number in range(self.config.depth)]

    @property
    def num_prefix_tokens(self) -> int:
        """Tokens before the patches."""
        return 1 + self.config.registers

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels (batch, 3, height, width), normalized → tokens (batch, tokens, width)."""
        return self.model(pixels).last_hidden_state


def build_transformer(
    weights: Mapping[str, Tensor], *, source: str, heads: int | None = None
) -> PlainTransformer:
    """A Vision Transformer all of whose sizes are read from its weights.

    Args:
        weights: under the names of DINO's code, with or without layer scales and registers.
        source: what error messages call it.
        heads: of the attention, which the weights do not show; ``None``: one for 64 channels.

    Raises:
        WeightsError: if the weights are of another network.
    """
    declare_torchvision_operators()  # a torchvision that does not import takes transformers along
    from transformers import (
        Dinov2Config,
        Dinov2Model,
        Dinov2WithRegistersConfig,
        Dinov2WithRegistersModel,
    )

    config = read_shape(weights, source)
    renamed = dict(rename_weights(weights, source, config))
    options: dict[str, Any] = {
        "hidden_size": config.width,
        "num_hidden_layers": config.depth,
        "num_attention_heads": heads or max(1, config.width // HEAD_WIDTH),
        "patch_size": config.patch,
        "image_size": config.patch * isqrt(weights["pos_embed"].shape[1] - 1),
        "use_swiglu_ffn": "blocks.0.mlp.w12.weight" in weights,
    }
    with torch.device("meta"):
        if config.registers:
            options["num_register_tokens"] = config.registers
            model: Any = Dinov2WithRegistersModel(Dinov2WithRegistersConfig(**options))
        else:
            model = Dinov2Model(Dinov2Config(**options))
    return PlainTransformer(config, fill(model, renamed, source=source).eval())


def read_shape(weights: Mapping[str, Tensor], source: str) -> PlainTransformerConfig:
    """Sizes that the weights show."""
    blocks = {int(match[1]) for match in map(BLOCK.match, weights) if match}
    if not blocks or not {"pos_embed", "patch_embed.proj.weight"} <= set(weights):
        raise WeightsError(
            f"{source} is no Vision Transformer of DINO's form: it holds {sorted(weights)[:3]}, "
            "but no blocks.0, pos_embed or patch_embed.proj."
        )
    kernel = weights["patch_embed.proj.weight"]
    registers = weights.get("register_tokens")
    return PlainTransformerConfig(
        width=kernel.shape[0],
        depth=max(blocks) + 1,
        patch=kernel.shape[2],
        registers=0 if registers is None else registers.shape[1],
    )


def rename_weights(
    weights: Mapping[str, Tensor], source: str, config: PlainTransformerConfig
) -> list[tuple[str, Tensor]]:
    """Names and tensors as transformers has them; what was stacked is split.

    Layer scales that are not there are ones, and so is a mask token of zeros, which no whole
    picture meets.
    """
    renamed = (
        [] if "mask_token" in weights else [(FIXED["mask_token"], torch.zeros(1, config.width))]
    )
    if "blocks.0.ls1.gamma" not in weights:
        places = [f"encoder.layer.{i}.layer_scale{k}" for i in range(config.depth) for k in (1, 2)]
        renamed += [(f"{place}.lambda1", torch.ones(config.width)) for place in places]
    for name, tensor in weights.items():
        match = BLOCK.fullmatch(name)
        if match is None and name not in FIXED:
            raise WeightsError(f"{source} holds {name}, which is no part of a Vision Transformer.")
        if match is None:
            renamed.append((FIXED[name], tensor))
            continue
        place, inner = f"encoder.layer.{match[1]}", match[2]
        part, _, kind = inner.rpartition(".")
        if part in STACKED:
            pieces = tensor.chunk(len(STACKED[part]))
            names = [f"{place}.{new}.{kind}" for new in STACKED[part]]
            renamed += list(zip(names, pieces, strict=True))
        elif inner in PARTS:
            renamed.append((f"{place}.{PARTS[inner]}", tensor))
        else:
            renamed.append((f"{place}.{PARTS.get(part, part)}.{kind}", tensor))
    return renamed
