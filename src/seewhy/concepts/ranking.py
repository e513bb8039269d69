"""Ranking: what the image side names in a picture, and what the text side knows of a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from seewhy.errors import InvalidArgumentError, ShapeError

SCALE = 2.5


@dataclass(frozen=True)
class RankedConcepts:
    """Descriptors, best first."""

    indices: tuple[int, ...]
    """Into the descriptors."""
    scores: tuple[float, ...]


def rank_concepts(
    chosen: Sequence[int], whole: Tensor, descriptors: Tensor, *, scale: float = SCALE
) -> RankedConcepts:
    """Rank the distinct descriptors of a picture by how well they fit the whole of it.

    Args:
        chosen: descriptors of all parts; repeats count once.
        whole: embedding of the whole picture, (dim,).
        descriptors: embeddings of raw descriptor texts, (descriptors, dim).
        scale: what the cosine is multiplied with.

    Returns:
        At most as many as were chosen; scores are ``scale`` · cosine.

    Source: CLIP mutual knowledge (NeurIPS 2024), arXiv:2410.13016, released code.
    """
    distinct = list(dict.fromkeys(int(index) for index in chosen))
    if not distinct:
        return RankedConcepts((), ())
    rows = normalize(descriptors[distinct].float(), dim=1)
    scores = scale * (rows @ normalize(whole.float(), dim=0))
    order = scores.sort(descending=True, stable=True).indices.tolist()
    return RankedConcepts(tuple(distinct[i] for i in order), tuple(float(scores[i]) for i in order))


def find_class_concepts(
    class_weight: Tensor, descriptors: Tensor, *, number: int
) -> RankedConcepts:
    """Find the descriptors the text side holds nearest to a class.

    Args:
        class_weight: embedding of the class, (dim,).
        descriptors: embeddings of prompted descriptors, (descriptors, dim).
        number: how many; 50 for mutual information and 15 for the figure, as published.

    Raises:
        InvalidArgumentError: if ``number`` is not positive.
    """
    if number < 1:
        raise InvalidArgumentError(f"number must be at least 1, got {number}.")
    top = (descriptors.float() @ class_weight.float()).topk(min(number, len(descriptors)))
    return RankedConcepts(tuple(top.indices.tolist()), tuple(top.values.tolist()))


def average_templates(embeddings: Tensor) -> Tensor:
    """Make one class weight of the embeddings of several prompts.

        w = n( mean over templates of n(t) ),   n(x) = x / ‖x‖

    Args:
        embeddings: (templates, classes, dim).

    Returns:
        (classes, dim), unit length.

    Raises:
        ShapeError: if there are not three axes.
    """
    if embeddings.ndim != 3:
        raise ShapeError(
            f"Embeddings must be (templates, classes, dim), got {tuple(embeddings.shape)}."
        )
    return normalize(normalize(embeddings, dim=-1).mean(0), dim=-1)


def rank_classes(whole: Tensor, class_weights: Tensor, *, logit_scale: float) -> Tensor:
    """Probability of each class for each picture, (pictures, classes).

    Args:
        whole: embeddings of pictures, (pictures, dim).
        class_weights: (classes, dim), unit length.
        logit_scale: what cosines are multiplied with.
    """
    return torch.softmax(
        logit_scale * normalize(whole.float(), dim=1) @ class_weights.T.float(), dim=1
    )
