"""The parts of the modification network: sentinel, attention, residual gate, attributes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.captions.attention import hide_scores
from seewhy.captions.cells import PartwiseLSTMCell, State
from seewhy.captions.rows import Rows, to_grid, weigh
from seewhy.errors import ShapeError

RESNET_GRID = 14


@dataclass(frozen=True)
class Split(Rows):
    """Two maps of one input of several parts, of which some stay from word to word."""

    x_gates: Tensor
    """Of the LSTM: Σ W_p x_p + b over the parts that stay, (pictures, 4 · dim)."""
    x_sentinel: Tensor
    """Of the sentinel's gate, likewise, (pictures, dim)."""
    lstm_weights: tuple[Tensor, ...]
    sentinel_weights: tuple[Tensor, ...]


class TopDownSentinel(nn.Module):
    """LSTM cell with a sentinel: what the model knows without looking.

        x      = [h²; v̄; e(w); s]
        h¹, c¹ = LSTM(x, h¹_old, c¹_old)
        g      = σ(W_x x + W_h h¹_old)
        st     = g ⊙ tanh(c¹)

    Source: Look and Modify (BMVC 2019), arXiv:1909.03169.
    """

    def __init__(self, parts: tuple[int, int, int, int], dim: int) -> None:
        super().__init__()
        self.lstm_cell = PartwiseLSTMCell(parts, dim)
        self.x_gate, self.h_gate = nn.Linear(sum(parts), dim), nn.Linear(dim, dim)

    def prepare(self, mean: Tensor, sentence: Tensor) -> Split:
        """Map v̄ (pictures, channels) and s (pictures, dim) once for all words."""
        W, G = self.lstm_cell.split_weights(), self.x_gate.weight.split(self.lstm_cell.parts, dim=1)
        x_gates = F.linear(mean, W[1], self.lstm_cell.bias_ih) + F.linear(sentence, W[3])
        x_sentinel = F.linear(mean, G[1], self.x_gate.bias) + F.linear(sentence, G[3])
        return Split(x_gates, x_sentinel, W, G)

    def forward(self, h2: Tensor, e: Tensor, state: State, split: Split) -> tuple[State, Tensor]:
        """One step: h², e (rows, ...) → (h¹, c¹) and st, each (rows, dim)."""
        pictures, W, G = len(split.x_gates), split.lstm_weights, split.sentinel_weights
        x_gates = to_grid(F.linear(h2, W[0]) + F.linear(e, W[2]), pictures)
        x_gate = to_grid(F.linear(h2, G[0]) + F.linear(e, G[2]), pictures)
        h1, c1 = self.lstm_cell((x_gates + split.x_gates[:, None]).flatten(0, 1), state)
        x_gate = (x_gate + split.x_sentinel[:, None]).flatten(0, 1)
        g = (x_gate + self.h_gate(state[0])).sigmoid()
        return (h1, c1), g * c1.tanh()


class RegionAttention(nn.Module):
    """Additive attention over raw regions.

        β = softmax(wᵀ Dropout(ReLU(W_v v_n + W_h h))),    v̂ = Σ β_n v_n

    Source: Look and Modify (BMVC 2019), arXiv:1909.03169; as in Up-Down (CVPR 2018).
    """

    def __init__(self, channels: int, dim: int, attention_dim: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.features_att = nn.Linear(channels, attention_dim)
        self.decoder_att = nn.Linear(dim, attention_dim)
        self.full_att = nn.Linear(attention_dim, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, values: Tensor, projected: Tensor, h: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Look at the regions of each picture.

        Args:
            values: (pictures, boxes, channels).
            projected: what ``features_att`` makes of them, once a picture.
            h: (rows, dim).
            mask: which boxes are real, (pictures, boxes); ``None``: all.

        Returns:
            v̂ (rows, channels) and β (rows, boxes).
        """
        query = to_grid(self.decoder_att(h), len(projected))[:, :, None]
        # (pictures, hypotheses, boxes, attention)
        hidden = self.dropout((projected[:, None] + query).relu())
        scores = self.full_att(hidden).squeeze(-1)
        if mask is not None:
            scores = hide_scores(scores, mask)
        beta = scores.softmax(dim=-1).flatten(0, 1)
        return weigh(beta, values), beta


class ResidualGating(nn.Module):
    """What of the existing caption to keep.

        known = σ(W_s s + W_st st) ⊙ s

    Source: Look and Modify (BMVC 2019), arXiv:1909.03169.
    """

    def __init__(self, sentence_dim: int, dim: int) -> None:
        super().__init__()
        self.sen_att = nn.Linear(sentence_dim, sentence_dim)
        self.sentinel_att = nn.Linear(dim, sentence_dim)

    def forward(self, sentence: Tensor, mapped: Tensor, sentinel: Tensor) -> tuple[Tensor, Tensor]:
        """Gate the sentence.

        Args:
            sentence: s, (pictures, sentence).
            mapped: what ``sen_att`` makes of it, once a picture.
            sentinel: st, (rows, dim).

        Returns:
            known and the gate, both (rows, sentence).
        """
        query = to_grid(self.sentinel_att(sentinel), len(sentence))
        gate = (mapped[:, None] + query).sigmoid()
        return (gate * sentence[:, None]).flatten(0, 1), gate.flatten(0, 1)


class AttributeDecoding(nn.Module):
    """Words that are likely in the picture, as one vector.

        a = tanh(W₂ tanh(W₁ mean E[attributes])),    0 for a picture without attributes

    Source: Look and Modify (BMVC 2019), arXiv:1909.03169.
    """

    def __init__(self, embedding_dim: int) -> None:
        super().__init__()
        self.attr_decode1 = nn.Linear(embedding_dim, embedding_dim)
        self.attr_decode2 = nn.Linear(embedding_dim, embedding_dim)

    def forward(self, embedded: Tensor, count: Tensor | None = None) -> Tensor:
        """Decode the mean of the attributes.

        Args:
            embedded: (batch, attributes, dim).
            count: real attributes of each picture, (batch,); ``None``: all are.

        Returns:
            (batch, dim).
        """
        if count is None:
            return self._decode(embedded.mean(dim=1))
        is_real = torch.arange(embedded.shape[1], device=embedded.device) < count[:, None]
        total = (embedded * is_real[..., None]).sum(dim=1)
        decoded = self._decode(total / count.clamp(min=1)[:, None])
        return decoded * (count > 0)[:, None]

    def _decode(self, mean: Tensor) -> Tensor:
        return self.attr_decode2(self.attr_decode1(mean).tanh()).tanh()


def draw_lock(rows: int, dim: int, *, dropout: float, like: Tensor) -> Tensor:
    """A locked dropout mask: one for all words of a caption, (rows, dim), 0 or 1 / (1 - p)."""
    keep = 1 - dropout
    return torch.bernoulli(like.new_full((rows, dim), keep)) / keep


def pool_resnet(maps: Tensor, *, grid: int = RESNET_GRID) -> Tensor:
    """A ResNet's last map as regions: a grid row by row, and the mean of the map behind it.

    Args:
        maps: (batch, channels, rows, columns).
        grid: cells on each side that the map is pooled to.

    Returns:
        (batch, grid² + 1, channels).

    Raises:
        ShapeError: if the maps have another number of dimensions.

    Source: Look and Modify (BMVC 2019), arXiv:1909.03169, released code.
    """
    if maps.ndim != 4:
        raise ShapeError(f"maps must be (batch, channels, rows, columns), got {tuple(maps.shape)}.")
    cells = F.adaptive_avg_pool2d(maps, grid).flatten(2).transpose(1, 2)
    return torch.cat([cells, cells.mean(dim=1, keepdim=True)], dim=1)
