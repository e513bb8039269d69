"""A captioner that starts from nothing: attention from the top down over regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.captions.cells import PartwiseLSTMCell
from seewhy.captions.decoder import CaptionDecoder, Step, Trace, TwoLSTMState, WordEmbedding
from seewhy.captions.editnet import check_sizes
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.modification_parts import RegionAttention
from seewhy.captions.rows import Rows, to_grid


@dataclass(frozen=True, kw_only=True)
class UpDownConfig:
    """Sizes of an Up-Down captioner. Defaults: as published, but for the vocabulary."""

    vocabulary: int
    dim: int = 1000
    embedding_dim: int = 1000
    attention_dim: int = 512
    feature_dim: int = 2048
    dropout: float = 0.5

    def __post_init__(self) -> None:
        check_sizes(self)

    @classmethod
    def from_weights(cls, weights: Mapping[str, Tensor]) -> UpDownConfig:
        """The sizes that weights have."""
        vocabulary, embedding = weights["embed.embedding.weight"].shape
        attention, dim = weights["attention.decoder_att.weight"].shape
        channels = weights["attention.features_att.weight"].shape[1]
        return cls(
            vocabulary=vocabulary,
            dim=dim,
            embedding_dim=embedding,
            attention_dim=attention,
            feature_dim=channels,
        )


@dataclass(frozen=True)
class UpDownContext(Rows):
    """What the captioner computes once a picture."""

    values: Tensor
    """v, (pictures, boxes, channels)."""
    projected: Tensor
    """(pictures, boxes, attention)."""
    mask: Tensor | None
    x_gates: Tensor
    """W_v v̄ + b: the part of the attention LSTM's gates that stays, (pictures, 4 · dim)."""
    weights: tuple[Tensor, ...]


class UpDown(CaptionDecoder[UpDownContext, TwoLSTMState]):
    """An attention captioner in the manner of Up-Down.

        h¹, c¹ = LSTM([h²; v̄; e(w)], h¹, c¹)
        v̂      = attention over regions v from h¹
        h², c² = LSTM([v̂; h¹], h², c²)
        logits = W Dropout(h²)

    Source: Bottom-Up and Top-Down Attention (CVPR 2018), arXiv:1707.07998.
    Differs: attention is additive with a ReLU and words are embedded as in Show, Edit and Tell,
        so that base and editors differ by what they are given alone.
    """

    def __init__(self, config: UpDownConfig) -> None:
        super().__init__()
        dim, channels = config.dim, config.feature_dim
        self.config, self.vocabulary = config, config.vocabulary
        self.embed = WordEmbedding(config.vocabulary, config.embedding_dim, config.dropout)
        self.attention_lstm = PartwiseLSTMCell((dim, channels, config.embedding_dim), dim)
        self.attention = RegionAttention(channels, dim, config.attention_dim, config.dropout)
        self.language_lstm = nn.LSTMCell(channels + dim, dim)
        self.dropout = nn.Dropout(config.dropout)
        self.fc = nn.Linear(dim, config.vocabulary)

    def prepare(self, inputs: CaptionInputs) -> UpDownContext:
        """Map the regions, once for all words."""
        values = inputs.need_features(self.config.feature_dim)
        weights = self.attention_lstm.split_weights()
        x_gates = F.linear(inputs.mean_features(), weights[1], self.attention_lstm.bias_ih)
        projected = self.attention.features_att(values)
        return UpDownContext(values, projected, inputs.box_mask(), x_gates, weights)

    def start(self, context: UpDownContext, hypotheses: int = 1) -> TwoLSTMState:
        """All zeros."""
        rows = hypotheses * len(context.values)
        return TwoLSTMState.zeros(rows, self.config.dim, context.x_gates)

    def embed_words(self, words: Tensor) -> Tensor:
        """(...) → (..., dim)."""
        return self.embed(words)

    def step(self, embedded: Tensor, state: TwoLSTMState, context: UpDownContext) -> Step:
        """Read one word, (rows, dim)."""
        W_h, _, W_e = context.weights
        moving = F.linear(state.h2, W_h) + F.linear(embedded, W_e)
        x_gates = to_grid(moving, len(context.values)) + context.x_gates[:, None]
        h1, c1 = self.attention_lstm(x_gates.flatten(0, 1), (state.h1, state.c1))
        v_hat, beta = self.attention(context.values, context.projected, h1, context.mask)
        h2, c2 = self.language_lstm(torch.cat([v_hat, h1], dim=-1), (state.h2, state.c2))
        return Step(h2, TwoLSTMState(h1, c1, h2, c2), Trace(regions=beta))

    def predict(self, output: Tensor) -> Tensor:
        """(..., dim) → (..., vocabulary)."""
        return self.fc(self.dropout(output))
