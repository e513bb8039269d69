"""How good a dual encoder is: zero-shot classification and retrieval."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError, ShapeError


def zero_shot_accuracy(images: Tensor, classes: Tensor, labels: Tensor, *, top: int = 1) -> float:
    """Share of pictures whose class is among the ``top`` classes nearest to them.

    Args:
        images: embeddings of pictures, unit length, (images, dim).
        classes: embeddings of the classes' texts, unit length, (classes, dim).
        labels: number of each picture's class, (images,).
        top: how many guesses a picture has.

    Returns:
        From 0 to 1.

    Raises:
        ShapeError: if the shapes do not fit together.
        InvalidArgumentError: if there are no pictures, or ``top`` is not from 1 to classes.

    Example:
        >>> images = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
        >>> round(zero_shot_accuracy(images, torch.eye(2), torch.tensor([0, 0, 1])), 3)
        0.667
    """
    if labels.shape != images.shape[:1] or images.shape[1:] != classes.shape[1:]:
        raise ShapeError(
            "images must be (images, dim), classes (classes, dim) and labels (images,), got "
            f"{tuple(images.shape)}, {tuple(classes.shape)} and {tuple(labels.shape)}."
        )
    if len(images) == 0:
        raise InvalidArgumentError("No pictures to classify: images is empty.")
    if not 1 <= top <= len(classes):
        raise InvalidArgumentError(f"top must be from 1 to {len(classes)} classes, got {top}.")
    guesses = (images @ classes.T).topk(top, dim=1).indices  # (images, top)
    return (guesses == labels[:, None]).any(dim=1).double().mean().item()


def retrieval_recall(
    images: Tensor, texts: Tensor, owners: Tensor, *, ks: Sequence[int] = (1, 5, 10)
) -> dict[str, float]:
    """Recall at k in both directions, as the literature counts it.

    ``text_to_image@k``: share of texts whose own picture is among the k nearest pictures;
    ``image_to_text@k``: share of pictures with at least one own text among the k nearest texts.

    Args:
        images: unit length, (images, dim).
        texts: unit length, (texts, dim); a picture may own several.
        owners: number of each text's picture, (texts,).
        ks: how far down the list to look; more than there are counts all.

    Returns:
        ``{"image_to_text@1": 0.5, ...}``, from 0 to 1.

    Raises:
        ShapeError: if the shapes do not fit together.
        InvalidArgumentError: if a side is empty.

    Example:
        >>> images, texts = torch.eye(2), torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8]])
        >>> recall = retrieval_recall(images, texts, torch.tensor([0, 0, 0]), ks=[1])
        >>> {name: round(value, 3) for name, value in recall.items()}
        {'image_to_text@1': 0.5, 'text_to_image@1': 0.667}
    """
    if owners.shape != texts.shape[:1] or images.shape[1:] != texts.shape[1:]:
        raise ShapeError(
            "images must be (images, dim), texts (texts, dim) and owners (texts,), got "
            f"{tuple(images.shape)}, {tuple(texts.shape)} and {tuple(owners.shape)}."
        )
    if len(images) == 0 or len(texts) == 0:
        raise InvalidArgumentError("Nothing to retrieve: images or texts is empty.")
    similarity = images @ texts.T  # (images, texts)
    is_own = owners[None, :] == torch.arange(len(images), device=owners.device)[:, None]
    scores = {}
    for name, rows, own in (
        ("image_to_text", similarity, is_own),
        ("text_to_image", similarity.T, is_own.T),
    ):
        order = rows.argsort(dim=1, descending=True, stable=True)
        hits = own.gather(1, order)  # (rows, columns), nearest first
        for k in ks:
            scores[f"{name}@{k}"] = hits[:, :k].any(dim=1).double().mean().item()
    return scores
