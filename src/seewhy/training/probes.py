"""What features know of classes they were never told: k nearest neighbors, linear probe."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.errors import InvalidArgumentError, ShapeError


@dataclass(frozen=True)
class LabeledFeatures:
    """Features of pictures and the numbers of their classes."""

    features: Tensor
    """(pictures, channels)."""
    labels: Tensor
    """(pictures,), from 0."""

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or self.labels.shape != self.features.shape[:1]:
            raise ShapeError(
                "features must be (pictures, channels) and labels (pictures,), got "
                f"{tuple(self.features.shape)} and {tuple(self.labels.shape)}."
            )
        if len(self.labels) == 0:
            raise InvalidArgumentError("No pictures with labels: features is empty.")


def knn_accuracy(
    known: LabeledFeatures, asked: LabeledFeatures, *, k: int = 20, temperature: float = 0.07
) -> float:
    """Share of pictures that the k most alike of the known pictures classify correctly.

    A neighbor votes with exp(cosine / temperature).

    Args:
        known: pictures whose classes vote.
        asked: pictures to classify.
        k: neighbors; more than there are counts all.
        temperature: the smaller, the more the nearest counts.

    Returns:
        From 0 to 1.

    Source: Wu et al. (CVPR 2018), arXiv:1805.01978.

    Example:
        >>> known = LabeledFeatures(torch.eye(2), torch.tensor([0, 1]))
        >>> asked = LabeledFeatures(torch.tensor([[0.9, 0.1], [0.8, 0.6]]), torch.tensor([0, 1]))
        >>> knn_accuracy(known, asked)
        0.5
    """
    bank = F.normalize(known.features, dim=-1)
    num_classes = int(max(known.labels.max(), asked.labels.max())) + 1
    correct = 0
    for rows, labels in zip(asked.features.split(1024), asked.labels.split(1024), strict=True):
        cosines, places = (F.normalize(rows, dim=-1) @ bank.T).topk(min(k, len(bank)), dim=1)
        votes = torch.zeros(len(rows), num_classes, device=rows.device)
        votes.scatter_add_(1, known.labels[places], (cosines / temperature).exp())
        correct += int((votes.argmax(dim=1) == labels).sum())
    return correct / len(asked.labels)


def linear_probe_accuracy(
    known: LabeledFeatures, asked: LabeledFeatures, *, decay: float = 1e-3, steps: int = 50
) -> float:
    """Share of pictures that a linear classifier, learned from the known, gets right.

    Softmax regression on standardized features, by L-BFGS from zero; nothing is random.

    Args:
        known: pictures to learn from.
        asked: pictures to classify.
        decay: what half the squared weights are multiplied with, beside the mean loss.
        steps: of L-BFGS at most.

    Returns:
        From 0 to 1.
    """
    mean, std = known.features.mean(dim=0), known.features.std(dim=0, correction=0) + 1e-6
    known_rows, asked_rows = ((part.features - mean) / std for part in (known, asked))
    num_classes = int(known.labels.max()) + 1
    weights = known_rows.new_zeros(known_rows.shape[1], num_classes).requires_grad_()
    bias = known_rows.new_zeros(num_classes).requires_grad_()
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=steps, line_search_fn="strong_wolfe")

    def find_loss() -> Tensor:
        optimizer.zero_grad()
        logits = known_rows @ weights + bias
        loss = F.cross_entropy(logits, known.labels) + decay / 2 * weights.pow(2).sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        optimizer.step(find_loss)
    guesses = (asked_rows @ weights + bias).argmax(dim=1)
    return (guesses == asked.labels).double().mean().item()
