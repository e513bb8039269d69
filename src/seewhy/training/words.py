"""Predicting a picture's words: a companion of the contrastive loss that starts it off.

The contrastive loss teaches little until both towers know something of the other. Which
tokens a picture's captions hold is a plain target from the first step on.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.training.pairs import PairBatch, PairSampler


class Embedded(Protocol):
    """What it wants to know of the pictures of a batch."""

    @property
    def embeddings(self) -> Tensor:
        """(batch, dim), not of unit length."""
        ...


class WordPrediction(nn.Module):
    """Softmax over all tokens, against those of the picture's captions, telling ones weighing more.

        L = -Σ_t ŷ_t log softmax(W v)_t,     ŷ_t ∝ tf_t · idf_t

    with tf_t the number of the picture's captions that hold token t, and idf_t the logarithm
    of one over the share of pictures with a caption that does. W is thrown away after training.

    Source: SuperClass (NeurIPS 2024), arXiv:2411.03313.
    Differs: counts all captions of a picture, where SuperClass has one.
    """

    targets: Tensor
    weights: Tensor

    def __init__(self, sampler: PairSampler, dim: int) -> None:
        super().__init__()
        vocabulary = int(sampler.tokens.max()) + 1
        held = [torch.from_numpy(np.unique(tokens)) for tokens in sampler.tokens]
        counts = torch.stack(
            [
                torch.bincount(torch.cat([held[text] for text in texts]), minlength=vocabulary)
                for texts in sampler.choices
            ]
        )  # (pictures, vocabulary): how many of a picture's texts hold a token
        share = (counts > 0).float().mean(dim=0)  # of the pictures that have the token
        weights = torch.where(share > 0, -share.clamp(min=1e-9).log(), 0.0)  # 0 if all have it
        targets = counts.to(torch.uint8)  # a picture has few captions
        self.register_buffer("targets", targets, persistent=False)
        self.register_buffer("weights", weights, persistent=False)
        self.head = nn.Linear(dim, vocabulary)

    def forward(self, pictures: Embedded, batch: PairBatch) -> Tensor:
        """The loss of a batch; a scalar."""
        wanted = self.targets[batch.indices.to(self.targets.device)] * self.weights
        wanted = wanted / wanted.sum(dim=1, keepdim=True).clamp(min=1e-6)  # (batch, vocabulary)
        return F.cross_entropy(self.head(pictures.embeddings).float(), wanted)
