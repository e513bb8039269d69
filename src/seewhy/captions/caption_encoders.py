"""The existing caption as vectors: one way with memories (EditNet), both ways (DCNet)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seewhy.captions.cells import LSTMCellC
from seewhy.captions.decoder import WordEmbedding
from seewhy.captions.inputs import caption_lengths
from seewhy.captions.rows import Rows


@dataclass(frozen=True)
class EncodedCaption(Rows):
    """An existing caption, word by word and as a whole."""

    hidden: Tensor
    """H, (batch, words, dim), zero at padding."""
    memories: Tensor | None
    """M, the cell memories, (batch, words, dim), zero at padding; ``None`` of both ways."""
    whole: Tensor
    """u, (batch, dim)."""
    mask: Tensor
    """Which positions hold words, (batch, words)."""


class CaptionEncoder(nn.Module):
    """EditNet's encoder of the existing caption: one LSTM whose memories can be copied.

        h_j, c_j = LSTM(e(w_j), h_{j-1}, c_{j-1}),    u = tanh(W h_last)

    A caption without words gives zeros, and u = tanh(b).

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107.
    """

    def __init__(self, embed: WordEmbedding, embedding_dim: int, dim: int) -> None:
        super().__init__()
        self.embed = embed
        self.lstm_encoder_cell = LSTMCellC(embedding_dim, dim)
        self.affine_hn = nn.Linear(dim, dim)

    def forward(self, caption: Tensor) -> EncodedCaption:
        """Encode captions padded with 0, (batch, words)."""
        cell = self.lstm_encoder_cell
        x_gates = cell.x2h(self.embed(caption))  # (batch, words, 4 · dim), all words at once
        h = c = x_gates.new_zeros(len(caption), self.affine_hn.in_features)
        hidden, memories = [], []
        for gates in x_gates.unbind(dim=1):
            h, c = cell.advance(gates, (h, c))
            hidden.append(h)
            memories.append(c)
        lengths = caption_lengths(caption)
        mask = make_mask(lengths, caption.shape[1])
        H = torch.stack(hidden, dim=1) * mask[..., None]
        M = torch.stack(memories, dim=1) * mask[..., None]
        last = H[torch.arange(len(caption), device=caption.device), (lengths - 1).clamp(min=0)]
        return EncodedCaption(H, M, self.affine_hn(last).tanh(), mask)


class TwoWayCaptionEncoder(nn.Module):
    """DCNet's encoder of the existing caption: an LSTM forward, another backward.

        u = tanh(W [h→_last; h←_first])

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107.
    """

    def __init__(self, embed: WordEmbedding, embedding_dim: int, dim: int) -> None:
        super().__init__()
        self.embed = embed
        self.lstm_encoder = nn.LSTM(embedding_dim, dim, batch_first=True, bidirectional=True)
        self.concat = nn.Linear(2 * dim, 2 * dim)

    def forward(self, caption: Tensor) -> EncodedCaption:
        """Encode captions padded with 0, (batch, words)."""
        lengths = caption_lengths(caption)
        hidden, ends = read_both_ways(self.lstm_encoder, self.embed(caption), lengths)
        has_words = (lengths > 0).to(ends)[:, None]  # an empty caption was run as one pad
        whole = self.concat(ends * has_words).tanh()
        mask = make_mask(lengths, caption.shape[1])
        return EncodedCaption(hidden * mask[..., None], None, whole, mask)


def read_both_ways(lstm: nn.LSTM, vectors: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Run an LSTM over captions from either end; an empty one is run as one pad.

    Args:
        lstm: bidirectional, batch first.
        vectors: (batch, words, dim).
        lengths: words of each caption, (batch,).

    Returns:
        What it says at each word, (batch, words, 2 · hidden), zero behind the last; and what either
        way says at its end, (batch, 2 · hidden).
    """
    packed = pack_padded_sequence(
        vectors, lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
    )
    outputs, (last, _) = lstm(packed)
    hidden, _ = pad_packed_sequence(outputs, batch_first=True, total_length=vectors.shape[1])
    return hidden, torch.cat([last[0], last[1]], dim=-1)


def make_mask(lengths: Tensor, width: int) -> Tensor:
    """Which positions are no padding, (batch, width)."""
    return torch.arange(width, device=lengths.device) < lengths[:, None]
