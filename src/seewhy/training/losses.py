"""The two losses that bring pictures and their texts together."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.errors import ShapeError


def info_nce(
    images: Tensor, texts: Tensor, scale: Tensor | float, *, groups: Tensor | None = None
) -> Tensor:
    """InfoNCE over a batch of pairs, the mean of both directions (CLIP's loss).

        L = ½ (CE(s · V Wᵀ, T) + CE(s · W Vᵀ, T))

    T is the identity; where texts repeat, T spreads evenly over the pairs of one group, so
    that a picture is not pushed away from a text that is its own.

    Args:
        images: V, unit length, (batch, dim).
        texts: W, unit length, (batch, dim).
        scale: s, what cosines are multiplied with.
        groups: a number for each pair, equal where the texts say the same, (batch,).

    Returns:
        The loss, a scalar; log(batch) where all embeddings are alike.

    Raises:
        ShapeError: if the two sides differ in shape, or ``groups`` in length.

    Sources: arXiv:2103.00020; groups: Yang et al. (CVPR 2022), arXiv:2204.03610.

    Example:
        >>> round(info_nce(torch.eye(2), torch.eye(2), 1.0).item(), 4)  # -ln(e / (e + 1))
        0.3133
    """
    check_pairs(images, texts)
    if groups is not None and groups.shape != images.shape[:1]:
        raise ShapeError(f"groups must be ({len(images)},), got {tuple(groups.shape)}.")
    logits = scale * images @ texts.T  # (batch, batch)
    if groups is None:
        groups = torch.arange(len(images), device=images.device)
    targets = (groups[:, None] == groups[None, :]).to(logits.dtype)
    targets = targets / targets.sum(dim=1, keepdim=True)  # symmetric: groups share their sizes
    return (F.cross_entropy(logits, targets) + F.cross_entropy(logits.T, targets)) / 2


def siglip(
    images: Tensor,
    texts: Tensor,
    scale: Tensor | float,
    bias: Tensor | float,
    *,
    groups: Tensor | None = None,
) -> Tensor:
    """SigLIP's loss: each picture with each text is a yes-or-no question of its own.

        L = -1/n Σᵢⱼ log σ(zᵢⱼ (s · vᵢ·wⱼ + b)),     z = 1 for pairs, -1 otherwise

    Args:
        images: v, unit length, (batch, dim).
        texts: w, unit length, (batch, dim).
        scale: s, what cosines are multiplied with.
        bias: b, negative, since most questions are answered no.
        groups: a number for each pair, equal where the texts say the same, (batch,).

    Returns:
        The loss, a scalar: summed over texts, averaged over pictures.

    Raises:
        ShapeError: if the two sides differ in shape, or ``groups`` in length.

    Source: Zhai et al. (ICCV 2023), arXiv:2303.15343.

    Example:
        >>> round(siglip(torch.eye(2), torch.eye(2), 2.0, -1.0).item(), 4)  # 2 ln(1 + 1/e)
        0.6265
    """
    check_pairs(images, texts)
    if groups is not None and groups.shape != images.shape[:1]:
        raise ShapeError(f"groups must be ({len(images)},), got {tuple(groups.shape)}.")
    if groups is None:
        groups = torch.arange(len(images), device=images.device)
    logits = scale * images @ texts.T + bias  # (batch, batch)
    signs = torch.where(groups[:, None] == groups[None, :], 1.0, -1.0)
    return -F.logsigmoid(signs * logits).sum() / len(images)


def check_pairs(images: Tensor, texts: Tensor) -> None:
    """Refuse two sides that do not pair up.

    Raises:
        ShapeError: if they are not both (batch, dim).
    """
    if images.ndim != 2 or images.shape != texts.shape:
        raise ShapeError(
            "images and texts must have one shape (batch, dim), got "
            f"{tuple(images.shape)} and {tuple(texts.shape)}."
        )
