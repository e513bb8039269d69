"""Scores of vectors of unit length: CLIPScore, similarity of sentences, sameness of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import cosine_similarity, normalize

from seewhy.errors import InvalidArgumentError, ShapeError

if TYPE_CHECKING:
    from torch import Tensor

WEIGHT = 2.5


def clip_score(images: Tensor, captions: Tensor, *, weight: float = WEIGHT) -> Tensor:
    """CLIPScore of each pair, w · max(cos(v, c), 0).

    Args:
        images: image embeddings, (pairs, dim).
        captions: caption embeddings, (pairs, dim).
        weight: w; 2.5 spreads the scores over roughly [0, 1].

    Returns:
        (pairs,). Higher is better; the mean is the corpus score.

    Raises:
        ShapeError: if the two shapes differ.

    Source: Hessel et al. (EMNLP 2021), arXiv:2104.08718.

    Example:
        >>> picture, caption = torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0, 4.0]])
        >>> round(clip_score(picture, caption).item(), 3)
        1.5
    """
    if images.shape != captions.shape or images.ndim != 2:
        raise ShapeError(
            "images and captions must both be (pairs, dim), got "
            f"{tuple(images.shape)} and {tuple(captions.shape)}."
        )
    return weight * cosine_similarity(images, captions, dim=-1).clamp(min=0)


def ref_clip_score(
    images: Tensor, captions: Tensor, references: Tensor, item: Tensor, *, weight: float = WEIGHT
) -> Tensor:
    """RefCLIPScore: how well a caption fits its picture and its nearest reference.

        H(CLIPScore(v, c), max(0, max over references r of cos(c, r))),  H the harmonic mean

    Args:
        images: image embeddings, (pairs, dim).
        captions: caption embeddings, (pairs, dim).
        references: embeddings of all references, (references, dim).
        item: which pair each reference belongs to, (references,), int64; each has at least one.
        weight: of CLIPScore.

    Returns:
        (pairs,); 0 where either part is 0.

    Raises:
        ShapeError: if shapes do not fit each other.

    Source: Hessel et al. (EMNLP 2021), arXiv:2104.08718, eq. 2.
    Differs: their code leaves out the outer max(0, .), which the paper has; it matters only where
        a caption points away from all its references.
    """
    fit = clip_score(images, captions, weight=weight)
    nearest = sentence_similarity(captions, references, item).clamp(min=0)
    total = fit + nearest
    return torch.where(total > 0, 2 * fit * nearest / total.clamp(min=1e-12), 0.0)


def sentence_similarity(candidates: Tensor, references: Tensor, item: Tensor) -> Tensor:
    """Cosine of each candidate and the nearest of its references.

    Args:
        candidates: (items, dim).
        references: embeddings of all references, (references, dim).
        item: which candidate each belongs to, (references,), int64; each has at least one.

    Returns:
        (items,), from -1 to 1.

    Raises:
        ShapeError: if shapes do not fit each other, or a candidate has no reference.
    """
    fits = references.ndim == candidates.ndim == 2 and item.shape == references.shape[:1]
    if not fits or references.shape[1] != candidates.shape[1]:
        raise ShapeError(
            "candidates must be (items, dim), references (references, dim) and item (references,),"
            f" got {tuple(candidates.shape)}, {tuple(references.shape)} and {tuple(item.shape)}."
        )
    if sorted(set(item.tolist())) != list(range(len(candidates))):
        raise ShapeError(
            f"item must name each of the {len(candidates)} candidates, and nothing else; it names "
            f"{len(set(item.tolist()))} numbers."
        )
    cosines = cosine_similarity(candidates[item], references, dim=-1)
    lowest = torch.full((len(candidates),), -torch.inf)
    return lowest.scatter_reduce(0, item, cosines, "amax")


def retrieval_attack_score(explanations: Tensor) -> float:
    """How much alike the explanations of similar inputs are: near 1 for a model that parrots.

        mean over pairs i < j of max(0, cos(e_i, e_j))

    Args:
        explanations: embeddings of the explanations of one query's inputs, (explanations, dim).

    Returns:
        From 0 to 1; lower is better. Average it over queries.

    Raises:
        ShapeError: if ``explanations`` is no matrix.
        InvalidArgumentError: if there are fewer than two.

    Source: Sammani et al., NLX-GPT (CVPR 2022), arXiv:2203.05081.
    Differs: for one explanation their code gives NaN.

    Example:
        >>> round(retrieval_attack_score(torch.tensor([[1.0, 0.0], [3.0, 4.0], [-1.0, 0.0]])), 3)
        0.2
    """
    if explanations.ndim != 2:
        raise ShapeError(
            f"explanations must be (explanations, dim), got {tuple(explanations.shape)}."
        )
    if len(explanations) < 2:
        raise InvalidArgumentError(
            f"At least two explanations can be compared, got {len(explanations)}."
        )
    unit = normalize(explanations.float(), dim=-1)
    row, column = torch.triu_indices(len(unit), len(unit), offset=1)
    return float((unit @ unit.T).clamp(min=0)[row, column].mean())
