"""Predicting a picture's words: a companion of the contrastive loss that starts it off.

The contrastive loss teaches little until both towers know something of the other. Which
tokens a picture's captions hold is a plain target from the first step on.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.training.pairs import PairBatch, PairSampler


class WordPrediction(nn.Module):
    """Softmax over all tokens, against those of the picture's captions, rare ones weighing more.

        L = -Σ_t ŷ_t log softmax(W v)_t,     ŷ_t ∝ idf_t · [t in a caption of the picture]

    W is thrown away after training.

    Source: SuperClass (NeurIPS 2024), arXiv:2411.03313.
    """

    targets: Tensor
    weights: Tensor

    def __init__(self, sampler: PairSampler, dim: int) -> None:
        super().__init__()
        vocabulary = int(sampler.tokens.max()) + 1
        holds = torch.zeros(len(sampler.tokens), vocabulary, dtype=torch.bool)
        holds.scatter_(1, torch.from_numpy(sampler.tokens).long(), True)
        targets = torch.stack([holds[choices].any(dim=0) for choices in sampler.choices])
        share = targets.float().mean(dim=0)  # of the pictures that have the token
        weights = torch.where(share > 0, -share.clamp(min=1e-9).log(), 0.0)  # 0 if all have it
        self.register_buffer("targets", targets, persistent=False)
        self.register_buffer("weights", weights, persistent=False)
        self.head = nn.Linear(dim, vocabulary)

    def forward(self, images: Tensor, batch: PairBatch) -> Tensor:
        """The loss of image embeddings (batch, dim), not of unit length; a scalar."""
        wanted = self.targets[batch.indices.to(self.targets.device)] * self.weights
        wanted = wanted / wanted.sum(dim=1, keepdim=True).clamp(min=1e-6)  # (batch, vocabulary)
        return F.cross_entropy(self.head(images).float(), wanted)
