"""Interaction-CAM: channels that both pictures use, weighted by what the similarity gains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from seewhy.errors import EncoderError, InvalidArgumentError, ShapeError
from seewhy.similarity.explanation import Findings
from seewhy.similarity.model import cosine
from seewhy.similarity.pair import Pair

Reduction = Literal["mean", "max", "attn"]
CHUNK = 256  # channels whose interactions are held at once


@dataclass(frozen=True, kw_only=True)
class InteractionSettings:
    """How the channels of both pictures are put together."""

    reduction: Reduction = "mean"
    """What becomes of a map's positions: their mean, maximum, or pooling by self-attention."""
    uses_gradient_interaction: bool = False
    """Whether a channel's gradient is replaced by its largest product with the other picture's."""
    scales_attention: bool = True
    """Whether attention is divided by the root of the number of channels; as published it is not,
    and with many channels nearly all of it falls on one position."""
    weighs_invariance: bool = False
    """Whether maps are multiplied by how alike both embeddings are, as in the first released code:
    one number for the whole map."""

    def __post_init__(self) -> None:
        if self.reduction not in ("mean", "max", "attn"):
            raise InvalidArgumentError(
                f"reduction must be 'mean', 'max' or 'attn', got {self.reduction!r}."
            )


PUBLISHED_INTERACTION = InteractionSettings(scales_attention=False)


@dataclass(frozen=True)
class GradCamSettings:
    """Grad-CAM on the similarity has nothing to set."""


@dataclass(frozen=True, eq=False)
class MapGradients:
    """Maps of both pictures, (channels, rows, columns), and what the similarity gains by them."""

    maps: tuple[Tensor, Tensor]
    gradients: tuple[Tensor, Tensor]
    embeddings: tuple[Tensor, Tensor]


def find_map_gradients(pair: Pair) -> MapGradients:
    """F_k and G_k = ∂ cos(head(F1), head(F2)) / ∂F_k, from one backward pass.

    Raises:
        EncoderError: if the encoder has no map, or the similarity has no gradient.
    """
    (first, map1), (second, map2) = (pair.model.embed_with_map(view) for view in pair.views)
    gradients = torch.autograd.grad(cosine(first, second).sum(), [map1, map2])
    if not all(bool(torch.isfinite(gradient).all()) for gradient in gradients):
        raise EncoderError(
            f"The similarity of {pair.model.encoder.name} has a gradient that is no finite number."
        )
    return MapGradients(
        (map1.detach()[0].float(), map2.detach()[0].float()),
        (gradients[0][0].float(), gradients[1][0].float()),
        (first.detach().float(), second.detach().float()),
    )


def grad_cam(pair: Pair, settings: GradCamSettings) -> Findings:
    """Grad-CAM on the similarity, element by element as published.

        C_k = Σ_d F_k[d] * relu(G_k[d])

    Source: arXiv:2206.09753, the baseline of its released code.
    Differs: Grad-CAM as first published averages gradients over positions, and cuts off negative
        values at the end; here neither happens. See docs/decisions/similarity-heads.md.
    """
    found = find_map_gradients(pair)
    first, second = (
        (maps * gradient.relu()).sum(0)
        for maps, gradient in zip(found.maps, found.gradients, strict=True)
    )
    return Findings(maps=(pair.map_of(1, first), pair.map_of(2, second)))


def map_interaction(pair: Pair, settings: InteractionSettings) -> Findings:
    """Interaction-CAM: Grad-CAM of channels that are strong in both pictures.

        J = r(F1) * r(F2),   C_k = Σ_d (F_k[d] J[d]) * relu(G_k[d])

    Source: arXiv:2206.09753.
    Differs: the map is what the network's own head consumes; attention is scaled by default; the
        interaction of gradients never holds all pairs of channels at once.
        See docs/decisions/similarity-heads.md.
    """
    found = find_map_gradients(pair)
    scale = len(found.maps[0]) ** -0.5 if settings.scales_attention else 1.0
    joint = reduce_positions(found.maps[0], settings.reduction, scale=scale) * reduce_positions(
        found.maps[1], settings.reduction, scale=scale
    )
    gradients = found.gradients
    if settings.uses_gradient_interaction:
        gradients = interact_gradients(*gradients)
    weight = weigh_invariance(*found.embeddings) if settings.weighs_invariance else 1.0
    first, second = (
        weight * (maps * joint[:, None, None] * gradient.relu()).sum(0)
        for maps, gradient in zip(found.maps, gradients, strict=True)
    )
    return Findings(maps=(pair.map_of(1, first), pair.map_of(2, second)))


def reduce_positions(maps: Tensor, reduction: Reduction, *, scale: float = 1.0) -> Tensor:
    """One number for each channel of a map (channels, rows, columns) → (channels,).

    Attention asks with the mean of all positions: softmax(scale * mean A, Aᵀ) A.
    """
    if reduction == "mean":
        return maps.mean((1, 2))
    if reduction == "max":
        return maps.amax((1, 2))
    positions = maps.flatten(1).T  # (positions, channels)
    attention = (scale * (positions @ positions.mean(0))).softmax(0)
    return attention @ positions


def interact_gradients(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Each channel's largest product with a channel of the other picture.

        Q[d, e] = Σ over positions of G1[d] G2[e],   γ1[d] = max_e Q[d, e],   γ2[e] = max_d Q[d, e]

    Args:
        first: (channels, rows, columns).
        second: of the same shape.

    Returns:
        γ1 and γ2, (channels, 1, 1) each.

    Raises:
        ShapeError: if the maps are of different size.
    """
    if first.shape != second.shape:
        raise ShapeError(
            "Gradients interact position by position, so both maps must be of one size, got "
            f"{tuple(first.shape)} and {tuple(second.shape)}."
        )
    others = second.flatten(1).T
    rows, columns = [], []
    for chunk in first.flatten(1).split(CHUNK):
        products = chunk @ others
        rows.append(products.amax(1))
        columns.append(products.amax(0))
    largest = torch.stack(columns).amax(0)
    return torch.cat(rows)[:, None, None], largest[:, None, None]


def weigh_invariance(first: Tensor, second: Tensor) -> float:
    """1 - mean |n(f(x1)) - n(f(x2))|, n from 0 (smallest) to 1 (largest) of an embedding."""
    spread = [
        (one - one.min()) / (one.max() - one.min()).clamp(min=1e-12) for one in (first, second)
    ]
    return 1 - float((spread[0] - spread[1]).abs().mean())
