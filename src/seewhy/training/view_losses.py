"""The losses of self-supervised training: two views of a picture, and what they share."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.errors import ShapeError


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.5) -> Tensor:
    """SimCLR's loss: each view is to find its other among all views of the batch.

        L = mean over 2n views i of  -log  exp(cos(i, j) / t) / Σ_{k ≠ i} exp(cos(i, k) / t)

    where j is the other view of the same picture.

    Args:
        first: embeddings of the first views, (batch, dim).
        second: of the second, in the same order, (batch, dim).
        temperature: t.

    Returns:
        The loss, a scalar; log(2 batch - 1) where all embeddings are alike.

    Raises:
        ShapeError: if the two differ in shape.

    Source: Chen et al. (ICML 2020), arXiv:2002.05709.

    Example:
        >>> round(nt_xent(torch.eye(2), torch.eye(2), 1.0).item(), 4)  # ln(1 + 2 / e)
        0.5514
    """
    check_views(first, second)
    views = F.normalize(torch.cat([first, second]), dim=-1)  # (2 batch, dim)
    logits = views @ views.T / temperature
    logits = logits.masked_fill(torch.eye(len(views), dtype=torch.bool, device=views.device), -1e9)
    partners = torch.arange(len(views), device=views.device).roll(len(first))
    return F.cross_entropy(logits, partners)


def barlow_twins(first: Tensor, second: Tensor, redundancy: float = 0.0051) -> Tensor:
    """Barlow Twins' loss: the views' numbers agree, and each tells something of its own.

        L = Σᵢ (1 - Cᵢᵢ)² + λ Σ_{i ≠ j} Cᵢⱼ²

    C is the correlation, over the batch, of number i of the first view with j of the second.

    Args:
        first: embeddings of the first views, (batch, dim).
        second: of the second, in the same order, (batch, dim).
        redundancy: λ.

    Returns:
        The loss, a scalar; 0 where C is the identity.

    Raises:
        ShapeError: if the two differ in shape.

    Source: Zbontar et al. (ICML 2021), arXiv:2103.03230.

    Example:
        >>> one = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
        >>> round(barlow_twins(one, -one).item(), 3)  # each number says the contrary: (1 + 1)²
        8.0
    """
    check_views(first, second)
    one, other = standardize(first), standardize(second)
    correlation = one.T @ other / len(one)  # (dim, dim)
    diagonal = correlation.diagonal()
    apart = correlation.pow(2).sum() - diagonal.pow(2).sum()
    return (1 - diagonal).pow(2).sum() + redundancy * apart


def simsiam(predictions: tuple[Tensor, Tensor], projections: tuple[Tensor, Tensor]) -> Tensor:
    """SimSiam's loss: what is predicted from a view points to the other view's projection.

        L = -½ cos(p₁, z₂) - ½ cos(p₂, z₁),     z without gradient

    Args:
        predictions: p of both views, (batch, dim) each.
        projections: z of both views, (batch, dim) each.

    Returns:
        The loss, a scalar from -1 to 1.

    Raises:
        ShapeError: if they differ in shape.

    Source: Chen and He (CVPR 2021), arXiv:2011.10566.

    Example:
        >>> p, z = torch.tensor([[3.0, 0.0]]), torch.tensor([[1.0, 1.0]])
        >>> round(simsiam((p, p), (z, -p)).item(), 4)  # ½ - ½ cos 45°
        0.1464
    """
    for prediction, projection in zip(predictions, reversed(projections), strict=True):
        check_views(prediction, projection)
    (p1, p2), (z1, z2) = predictions, projections
    cosines = F.cosine_similarity(p1, z2.detach()) + F.cosine_similarity(p2, z1.detach())
    return -cosines.mean() / 2


def standardize(values: Tensor) -> Tensor:
    """Each column with mean 0 and variance 1 over the batch; a constant one with 0."""
    values = values - values.mean(dim=0)
    return values / (values.pow(2).mean(dim=0) + 1e-5).sqrt()


def check_views(first: Tensor, second: Tensor) -> None:
    """Refuse two views that do not pair up.

    Raises:
        ShapeError: if they are not both (batch, dim).
    """
    if first.ndim != 2 or first.shape != second.shape:
        raise ShapeError(
            "The embeddings of two views must have one shape (batch, dim), got "
            f"{tuple(first.shape)} and {tuple(second.shape)}."
        )
