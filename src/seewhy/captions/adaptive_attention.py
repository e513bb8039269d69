"""A captioner that knows when to look: at a region, or at its own sentinel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.captions.attention import hide_scores
from seewhy.captions.cells import PartwiseLSTMCell
from seewhy.captions.decoder import CaptionDecoder, Step, Trace
from seewhy.captions.editnet import check_sizes
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.rows import Rows, to_grid


@dataclass(frozen=True, kw_only=True)
class AdaptiveAttentionConfig:
    """Sizes of an adaptive-attention captioner. Defaults: as published, but for the vocabulary."""

    vocabulary: int
    dim: int = 512
    embedding_dim: int = 512
    attention_dim: int = 512
    feature_dim: int = 2048
    dropout: float = 0.5

    def __post_init__(self) -> None:
        check_sizes(self)

    @classmethod
    def from_weights(cls, weights: Mapping[str, Tensor]) -> AdaptiveAttentionConfig:
        """The sizes that weights have."""
        vocabulary, embedding = weights["embedding.weight"].shape
        dim, channels = weights["map_regions.weight"].shape
        return cls(
            vocabulary=vocabulary,
            dim=dim,
            embedding_dim=embedding,
            attention_dim=weights["score.weight"].shape[1],
            feature_dim=channels,
        )


@dataclass(frozen=True)
class AdaptiveContext(Rows):
    """What the captioner computes once a picture."""

    values: Tensor
    """ReLU(W v), (pictures, boxes, dim)."""
    projected: Tensor
    """(pictures, boxes, attention)."""
    mask: Tensor | None
    x_gates: Tensor
    """The global vector's part of the LSTM's gates, (pictures, 4 · dim)."""
    x_sentinel: Tensor
    """Its part of the sentinel's gate, (pictures, dim)."""
    weights: tuple[Tensor, ...]
    sentinel_weights: tuple[Tensor, ...]


@dataclass(frozen=True)
class LSTMState(Rows):
    """Hidden state and memory, (rows, dim)."""

    h: Tensor
    c: Tensor


class AdaptiveAttention(CaptionDecoder[AdaptiveContext, LSTMState]):
    """Knowing When to Look.

        x      = [e(w); ReLU(W v̄)]
        h, c'  = LSTM(x, h, c),     st = σ(W_x x + W_h h_old) ⊙ tanh(c')
        α      = softmax(wᵀ tanh(W_v [V; st] + W_g h))      over regions and sentinel
        ctx    = Σ α_n V_n + α_st st
        logits = W Dropout(tanh(W_c (ctx + tanh(W_a h))))

    The weight of the sentinel says how little the picture was needed.

    Source: Lu et al. (CVPR 2017), arXiv:1612.01887.
    """

    def __init__(self, config: AdaptiveAttentionConfig) -> None:
        super().__init__()
        dim, A = config.dim, config.attention_dim
        parts = (config.embedding_dim, dim)
        self.config, self.vocabulary = config, config.vocabulary
        self.embedding = nn.Embedding(config.vocabulary, config.embedding_dim)
        self.map_regions = nn.Linear(config.feature_dim, dim)
        self.map_whole = nn.Linear(config.feature_dim, dim)
        self.lstm = PartwiseLSTMCell(parts, dim)
        self.x_gate, self.h_gate = nn.Linear(sum(parts), dim), nn.Linear(dim, dim)
        self.region_key, self.sentinel_key = nn.Linear(dim, A), nn.Linear(dim, A)
        self.query, self.score = nn.Linear(dim, A), nn.Linear(A, 1)
        self.h_affine, self.context_hidden = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.dropout = nn.Dropout(config.dropout)
        self.fc = nn.Linear(dim, config.vocabulary)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)

    def prepare(self, inputs: CaptionInputs) -> AdaptiveContext:
        """Map regions and their mean, once for all words."""
        values = self.map_regions(inputs.need_features(self.config.feature_dim)).relu()
        whole = self.map_whole(inputs.mean_features()).relu()
        W, G = self.lstm.split_weights(), self.x_gate.weight.split(self.lstm.parts, dim=1)
        return AdaptiveContext(
            values=values,
            projected=self.region_key(values),
            mask=inputs.box_mask(),
            x_gates=F.linear(whole, W[1], self.lstm.bias_ih),
            x_sentinel=F.linear(whole, G[1], self.x_gate.bias),
            weights=W,
            sentinel_weights=G,
        )

    def start(self, context: AdaptiveContext, hypotheses: int = 1) -> LSTMState:
        """All zeros."""
        zero = context.x_gates.new_zeros(hypotheses * len(context.values), self.config.dim)
        return LSTMState(zero, zero)

    def embed_words(self, words: Tensor) -> Tensor:
        """(...) → (..., dim)."""
        return self.embedding(words)

    def step(self, embedded: Tensor, state: LSTMState, context: AdaptiveContext) -> Step:
        """Read one word, (rows, dim)."""
        pictures = len(context.values)
        x_gates = to_grid(F.linear(embedded, context.weights[0]), pictures)
        x_gate = to_grid(F.linear(embedded, context.sentinel_weights[0]), pictures)
        h, c = self.lstm((x_gates + context.x_gates[:, None]).flatten(0, 1), (state.h, state.c))
        x_gate = (x_gate + context.x_sentinel[:, None]).flatten(0, 1)
        sentinel = (x_gate + self.h_gate(state.h)).sigmoid() * c.tanh()
        attended, beta, trust = self._attend(h, sentinel, context)
        output = self.context_hidden(attended + self.h_affine(h).tanh()).tanh()
        return Step(output, LSTMState(h, c), Trace(regions=beta, gate=trust))

    def predict(self, output: Tensor) -> Tensor:
        """(..., dim) → (..., vocabulary)."""
        return self.fc(self.dropout(output))

    def _attend(
        self, h: Tensor, sentinel: Tensor, context: AdaptiveContext
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Context (rows, dim), weights of regions (rows, boxes) and of the sentinel (rows,)."""
        pictures = len(context.values)
        query = to_grid(self.query(h), pictures)  # (pictures, hypotheses, attention)
        regions = self.score((context.projected[:, None] + query[:, :, None]).tanh()).squeeze(-1)
        if context.mask is not None:
            regions = hide_scores(regions, context.mask)
        own = self.score((to_grid(self.sentinel_key(sentinel), pictures) + query).tanh())
        alpha = torch.cat([regions, own], dim=-1).softmax(dim=-1)  # (pictures, hypotheses, n + 1)
        seen = (alpha[..., :-1] @ context.values).flatten(0, 1)
        alpha = alpha.flatten(0, 1)
        return seen + alpha[:, -1:] * sentinel, alpha[:, :-1], alpha[:, -1]
