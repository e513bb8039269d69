"""Encoders trained without labels, from the checkpoint files that were published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from seewhy.encoders.checkpoint_layouts import FAMILIES, CheckpointParts, divide_checkpoint
from seewhy.encoders.headed import HeadedImageEncoder, HeadedNetwork
from seewhy.encoders.plain_transformers import (
    PlainTransformer,
    PlainTransformerConfig,
    build_transformer,
    find_transformer,
)
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.encoders.projection_heads import build_mlp, build_prototype_head, check_widths
from seewhy.encoders.residual_network import (
    RESIDUAL_NETWORKS,
    ResidualNetwork,
    ResidualNetworkConfig,
    build_residual_network,
)
from seewhy.encoders.simclr_v2 import SimCLRv2Config, SimCLRv2Network, find_simclr_v2
from seewhy.encoders.simclr_v2_weights import build_simclr_v2
from seewhy.encoders.weight_files import read_checkpoint
from seewhy.errors import UnknownNameError, WeightsError

Trunk = ResidualNetwork | SimCLRv2Network | PlainTransformer
Shape = ResidualNetworkConfig | SimCLRv2Config | PlainTransformerConfig
NUM_HEADS = {"moco-v3": 12}
"""Attention heads, where they are not one for 64 channels."""
PLACES = {
    "": "after the last head",
    "backbone": "pooled features, without a head",
    "projector": "after the first head, before the predictor",
    "student": "the student, where the teacher is the default",
}
IMAGENET = Preprocessing(
    size=(224, 224),
    resize_to=256,
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    interpolation="bilinear",
)
UNSCALED = Preprocessing(  # SimCLRv2 takes pixels of 0 to 1 as they are
    size=(224, 224),
    resize_to=256,
    mean=(0.0, 0.0, 0.0),
    std=(1.0, 1.0, 1.0),
    interpolation="bilinear",
)


def load_self_supervised(
    family: str, architecture: str, *, weights: str | Path | None, device: str = "cpu"
) -> HeadedImageEncoder:
    """An encoder from a published checkpoint, with the head that its pictures are compared by.

    Args:
        family: ``simclrv2``, or one of ``checkpoint_layouts.FAMILIES``.
        architecture: as ``resnet50``; behind an ``@`` may stand one of ``PLACES`` where pictures
            are compared instead of at the end, as ``resnet50@backbone``.
        weights: the file; ``random`` for an untrained ``resnet``, the same weights each time.
        device: where to compute.

    Raises:
        UnknownNameError: if there is no such architecture, or no such place.
        MissingFileError: if the file is not there.
        WeightsError: if it is unsafe, damaged, of another layout or another architecture.
    """
    shape, _, place = architecture.partition("@")
    expected = find_shape(family, shape)
    if place not in PLACES:
        raise UnknownNameError("place to compare pictures", place, PLACES)
    if weights is None:
        raise WeightsError(
            f"{family}:{architecture} needs weights, and none were named. Give weights=FILE."
        )
    if family == "resnet" and weights == "random":
        network = HeadedNetwork(build_random(expected), None)
    else:
        source = str(weights)
        network = build_network(family, read_checkpoint(weights), place=place, source=source)
        found = network.trunk.config
        if found != expected:
            raise WeightsError(f"{source} holds a {found}, but {shape} is a {expected}.")
    return wrap_network(network, name=f"{family}:{architecture}", device=device)


def find_shape(family: str, architecture: str) -> Shape:
    """The shape an architecture of a family has.

    Raises:
        UnknownNameError: if there is none of that name.
    """
    if family == "simclrv2":
        return find_simclr_v2(architecture)
    if architecture.startswith("vit") or family == "dinov2":
        return find_transformer(architecture)
    if architecture not in RESIDUAL_NETWORKS:
        raise UnknownNameError("residual network", architecture, RESIDUAL_NETWORKS)
    return RESIDUAL_NETWORKS[architecture]


def build_network(
    family: str, content: Mapping[str, Any], *, place: str = "", source: str = "the checkpoint"
) -> HeadedNetwork:
    """Trunk and head of a checkpoint, whose sizes are read from its weights.

    Args:
        family: ``simclrv2``, or one of ``checkpoint_layouts.FAMILIES``.
        content: what the file holds.
        place: one of ``PLACES``.
        source: what error messages call it.

    Raises:
        WeightsError: if it is of another layout, or there is no such place in it.
    """
    if family == "simclrv2":
        trunk, heads = build_simclr_v2(content, source=source)
    else:
        parts = divide_checkpoint(content, family, is_student=place == "student", source=source)
        trunk = build_trunk(family, parts, source)
        build = build_prototype_head if FAMILIES[family].head == "prototypes" else build_mlp
        heads = [build(head, source=f"{source}: {name}") for name, head in parts.heads.items()]
    if place == "projector" and len(heads) < 2:
        raise WeightsError(f"{source} holds no head before a predictor. Leave '@projector' out.")
    heads = heads[: {"backbone": 0, "projector": 1}.get(place, len(heads))]
    head = nn.Sequential(*heads) if len(heads) > 1 else next(iter(heads), None)
    if head is not None:
        check_widths(head, trunk.config.channels, source=source)
    is_vit = isinstance(trunk, PlainTransformer)
    return HeadedNetwork(trunk, head, pooling="class" if is_vit else "mean").eval()


def build_trunk(family: str, parts: CheckpointParts, source: str) -> Trunk:
    """The backbone of a checkpoint: a ResNet or a Vision Transformer."""
    if "conv1.weight" in parts.backbone:
        return build_residual_network(parts.backbone, source=source)
    return build_transformer(parts.backbone, source=source, heads=NUM_HEADS.get(family))


def build_random(shape: Shape) -> ResidualNetwork:
    """An untrained residual network; the caller's random numbers stay untouched."""
    assert isinstance(shape, ResidualNetworkConfig)  # noqa: S101  a resnet has no other
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ResidualNetwork(shape).eval()


def wrap_network(network: HeadedNetwork, *, name: str, device: str = "cpu") -> HeadedImageEncoder:
    """An encoder around a network that ``build_network`` gave.

    Args:
        network: moved to the device, its weights kept from being trained.
        name: what it is called in results.
        device: where to compute.
    """
    trunk = network.trunk
    assert isinstance(trunk, Trunk)  # noqa: S101  there is no other
    return HeadedImageEncoder(
        name=name,
        module=network.to(device).requires_grad_(False),
        preprocessing=UNSCALED if isinstance(trunk, SimCLRv2Network) else IMAGENET,
        layers=trunk.stages,
        num_prefix_tokens=trunk.num_prefix_tokens if isinstance(trunk, PlainTransformer) else 0,
    )
