"""Heads between pooled features and what is compared, built from the weights that fill them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.encoders.weight_files import shorten
from seewhy.errors import WeightsError

PLACE = re.compile(r"(\d+)\.(\w+)")
WEIGHT_NORMED = ("last_layer.weight_g", "last_layer.weight_v")
Activation = Literal["relu", "gelu"]
Module = TypeVar("Module", bound=nn.Module)


def build_mlp(
    weights: Mapping[str, Tensor], *, source: str, activation: Activation = "relu"
) -> nn.Sequential:
    """Linear layers, batch norms and activations in the order that their names tell.

    A number that is missing between two layers is an activation, which has no weights: of
    ``0.weight``, ``1.weight``, ``3.weight`` the third layer is one.

    Args:
        weights: under names as ``0.weight`` and ``1.running_mean``.
        source: what error messages call it.
        activation: which it is.

    Raises:
        WeightsError: if the names or shapes are not those of such a head.
    """
    found: dict[int, dict[str, Tensor]] = {}
    for name, tensor in weights.items():
        match = PLACE.fullmatch(name)
        if match is None:
            raise WeightsError(f"{source} holds {name!r}, which is no layer of a projection head.")
        found.setdefault(int(match[1]), {})[match[2]] = tensor
    gaps = [number for number in range(max(found, default=0)) if number not in found]
    if 0 in gaps or any(number + 1 in gaps for number in gaps):
        raise WeightsError(f"{source} lacks the weights of one of its layers {gaps}.")
    layers: list[nn.Module] = []
    with torch.device("meta"):  # all weights are put in afterwards
        for number in range(max(found, default=-1) + 1):
            if number in found:
                layers.append(make_layer(found[number], f"{source}{number}"))
            else:
                layers.append(nn.ReLU() if activation == "relu" else nn.GELU())
    return fill(nn.Sequential(*layers), weights, source=source)


def make_layer(weights: Mapping[str, Tensor], source: str) -> nn.Module:
    """The layer that weights are of, not yet filled."""
    if "running_mean" in weights:
        return nn.BatchNorm1d(len(weights["running_mean"]), affine="weight" in weights)
    weight = weights.get("weight")
    if weight is None or weight.ndim != 2:
        raise WeightsError(f"{source} is neither a linear layer nor a batch norm.")
    after, before = weight.shape
    return nn.Linear(before, after, bias="bias" in weights)


class PrototypeHead(nn.Module):
    """DINO's head: features → MLP → unit length → one logit for each prototype.

    Source: Caron et al. (ICCV 2021), arXiv:2104.14294.
    """

    def __init__(self, mlp: nn.Sequential, prototypes: Tensor) -> None:
        """Put the head together.

        Args:
            mlp: from features to the bottleneck.
            prototypes: what the last layer multiplies with, (prototypes, bottleneck).
        """
        super().__init__()
        self.mlp = mlp
        with torch.device("meta"):
            self.last_layer = nn.Linear(prototypes.shape[1], prototypes.shape[0], bias=False)
        self.last_layer.weight = nn.Parameter(prototypes)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (batch, channels) → logits (batch, prototypes)."""
        return self.last_layer(F.normalize(self.mlp(features), dim=-1))


def build_prototype_head(weights: Mapping[str, Tensor], *, source: str) -> PrototypeHead:
    """DINO's head, all of whose sizes are read from its weights.

    The last layer may be plain, or weight-normed (``weight_g`` and ``weight_v``), that is, its
    rows are g · v / |v|.

    Raises:
        WeightsError: if the weights are of another head.
    """
    inside = {n.removeprefix("mlp."): v for n, v in weights.items() if n.startswith("mlp.")}
    linear = [name.partition(".")[0] for name, value in inside.items() if value.ndim == 2]
    if lacking := [number for number in linear if f"{number}.bias" not in inside]:
        raise WeightsError(f"{source} lacks mlp.{lacking[0]}.bias, which DINO's heads have.")
    last = {name: value for name, value in weights.items() if not name.startswith("mlp.")}
    if set(last) == {"last_layer.weight"}:
        prototypes = last["last_layer.weight"].float()
    elif set(last) == set(WEIGHT_NORMED):
        scale, direction = (last[name].float() for name in WEIGHT_NORMED)
        prototypes = scale * F.normalize(direction, dim=1)
    else:
        raise WeightsError(
            f"{source} is no head of DINO: beside its mlp it holds {sorted(last)}, not "
            "last_layer.weight or last_layer.weight_g and last_layer.weight_v."
        )
    return PrototypeHead(build_mlp(inside, source=f"{source}mlp.", activation="gelu"), prototypes)


def check_widths(head: nn.Module, width: int, *, source: str) -> None:
    """Refuse a head whose layers do not take what the layer before gives.

    Args:
        head: its layers in the order of their use.
        width: channels of the pooled features.
        source: what the error message calls it.

    Raises:
        WeightsError: if one does not.
    """
    for name, layer in head.named_modules():
        if isinstance(layer, (nn.Linear, nn.BatchNorm1d)):
            is_linear = isinstance(layer, nn.Linear)
            wanted = layer.in_features if is_linear else layer.num_features
            if wanted != width:
                raise WeightsError(
                    f"The head of {source} does not fit: its layer {name} takes {wanted} channels, "
                    f"but is given {width}."
                )
            width = layer.out_features if is_linear else width


def fill(module: Module, weights: Mapping[str, Tensor], *, source: str) -> Module:
    """Put weights into a module that was made on the device ``meta``, in single precision.

    Raises:
        WeightsError: if one is missing, or left over, or of another shape.
    """
    single = {
        name: value.float() if value.is_floating_point() else value
        for name, value in weights.items()
    }
    try:
        module.load_state_dict(single, assign=True)
    except RuntimeError as error:
        raise WeightsError(f"The weights of {source} do not fit: {shorten(error)}.") from error
    return module
