"""Where a decoder looks: at the words of the existing caption, at the regions of the picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from seewhy.captions.caption_encoders import EncodedCaption
from seewhy.captions.inputs import CaptionInputs, Compat
from seewhy.captions.rows import Rows, to_grid, weigh

FAR_BELOW = -1e10  # the score of what is not there, where the precision has it


def hide_scores(scores: Tensor, mask: Tensor) -> Tensor:
    """Scores with those of padding far below all others.

    Args:
        scores: (pictures, hypotheses, places).
        mask: which places are real, (pictures, places).
    """
    return scores.masked_fill(~mask[:, None], max(FAR_BELOW, torch.finfo(scores.dtype).min))


@dataclass(frozen=True)
class CaptionKeys(Rows):
    """An existing caption as attention reads it; does not change from word to word."""

    encoded: EncodedCaption
    projected: Tensor
    """W_H H, (pictures, words, attention)."""


class CaptionAttention(nn.Module):
    """Additive attention over the words of the existing caption.

        s_j = wᵀ tanh(W_H H_j + W_h h),    α = softmax(s),    ctx = Σ α_j H_j

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107.
    """

    def __init__(self, caption_dim: int, dim: int, attention_dim: int) -> None:
        super().__init__()
        self.cap_features_att = nn.Linear(caption_dim, attention_dim)
        self.cap_decoder_att = nn.Linear(dim, attention_dim)
        self.cap_full_att = nn.Linear(attention_dim, 1)

    def prepare(self, encoded: EncodedCaption) -> CaptionKeys:
        """Map the words once for all steps."""
        return CaptionKeys(encoded, self.cap_features_att(encoded.hidden))

    def attend(self, keys: CaptionKeys, h: Tensor) -> tuple[Tensor, Tensor]:
        """Look from h (rows, dim) → ctx (rows, caption_dim), α (rows, words)."""
        pictures = len(keys.projected)
        query = to_grid(self.cap_decoder_att(h), pictures)[:, :, None]
        # (pictures, hypotheses, words, attention)
        scores = self.cap_full_att((keys.projected[:, None] + query).tanh()).squeeze(-1)
        scores = hide_scores(scores, keys.encoded.mask)
        alpha = scores.softmax(dim=-1).flatten(0, 1)
        return weigh(alpha, keys.encoded.hidden), alpha


class GatedCaptionAttention(CaptionAttention):
    """Caption attention whose context is mixed with what the decoder knows itself.

        z = σ(W_z [e; h; ctx])
        ĉ = z ⊙ tanh(W_s ctx) + (1 - z) ⊙ tanh(W_t [e; h])

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107.
    """

    def __init__(self, embedding_dim: int, dim: int, attention_dim: int) -> None:
        super().__init__(dim, dim, attention_dim)
        self.context_gate = nn.Linear(embedding_dim + 2 * dim, dim)
        self.sc_affine = nn.Linear(dim, dim)
        self.tc_affine = nn.Linear(embedding_dim + dim, dim)

    def forward(self, keys: CaptionKeys, h: Tensor, e: Tensor) -> tuple[Tensor, Tensor]:
        """Look from h (rows, dim) at word e (rows, dim) → ĉ (rows, dim), α (rows, words)."""
        context, alpha = self.attend(keys, h)
        z = self.context_gate(torch.cat([e, h, context], dim=-1)).sigmoid()
        own = self.tc_affine(torch.cat([e, h], dim=-1)).tanh()
        return z * self.sc_affine(context).tanh() + (1 - z) * own, alpha


@dataclass(frozen=True)
class Regions(Rows):
    """A picture's regions as attention reads them; do not change from word to word."""

    values: Tensor
    """v, as they came, (pictures, boxes, channels)."""
    hidden: Tensor
    """ReLU(W_e v), (pictures, boxes, dim)."""
    projected: Tensor
    """W_v p, (pictures, boxes, attention)."""
    mask: Tensor | None
    """Which are real, (pictures, boxes); ``None``: all."""


class VisualAttention(nn.Module):
    """Additive attention over regions: the scores see mapped regions, the sum the raw ones.

        p_n = Dropout(ReLU(W_e v_n)),    s_n = wᵀ ReLU(W_v p_n + W_h h)
        β = softmax(s),    v̂ = Σ β_n v_n

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107.
    Differs: p is made once a picture, so that in training one dropout mask holds for all words,
        and which boxes are real is told by their number. ``compat="published"`` draws a mask
        for each word, and takes boxes whose p is all zero for padding. See
        docs/decisions/region-attention.md.
    """

    def __init__(
        self,
        channels: int,
        dim: int,
        attention_dim: int,
        *,
        dropout: float = 0.5,
        compat: Compat = "default",
    ) -> None:
        super().__init__()
        self.compat: Compat = compat
        self.channels = channels
        self.att_embed = nn.Sequential(nn.Linear(channels, dim), nn.ReLU(), nn.Dropout(dropout))
        self.features_att = nn.Linear(dim, attention_dim)
        self.decoder_att = nn.Linear(dim, attention_dim)
        self.full_att = nn.Linear(attention_dim, 1)

    def prepare(self, inputs: CaptionInputs) -> Regions:
        """Map the regions once for all steps."""
        values = inputs.need_features(self.channels)
        mask = inputs.box_mask()
        if mask is not None and self.compat == "published":
            mask = mask & (values.sum(dim=-1) != 0)
        hidden = self.att_embed[0](values).relu()
        if mask is not None:
            hidden = hidden * mask[..., None]
        return self._project(Regions(values, hidden, hidden, mask))

    def forward(self, regions: Regions, h: Tensor) -> tuple[Tensor, Tensor]:
        """Look from h (rows, dim) → v̂ (rows, channels), β (rows, boxes)."""
        if self.training and self.compat == "published":
            regions = self._project(regions)  # a new dropout mask for each word
        query = to_grid(self.decoder_att(h), len(regions.projected))[:, :, None]
        # (pictures, hypotheses, boxes, attention)
        scores = self.full_att((regions.projected[:, None] + query).relu()).squeeze(-1)
        if regions.mask is not None:
            scores = hide_scores(scores, regions.mask)
        beta = scores.softmax(dim=-1).flatten(0, 1)
        return weigh(beta, regions.values), beta

    def _project(self, regions: Regions) -> Regions:
        p = self.att_embed[2](regions.hidden)
        mask = regions.mask
        if mask is not None and self.compat == "published":
            mask = p.sum(dim=-1) != 0
        return replace(regions, projected=self.features_att(p), mask=mask)
