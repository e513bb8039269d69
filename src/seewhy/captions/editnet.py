"""EditNet: reads a caption and the picture, and copies or rewrites word by word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.captions.attention import CaptionKeys, GatedCaptionAttention, Regions, VisualAttention
from seewhy.captions.caption_encoders import CaptionEncoder
from seewhy.captions.cells import CopyLSTMCell, PartwiseLSTMCell, SelectC
from seewhy.captions.decoder import CaptionDecoder, Step, Trace, TwoLSTMState, WordEmbedding
from seewhy.captions.inputs import CaptionInputs, Compat, caption_lengths
from seewhy.captions.rows import Rows, to_grid
from seewhy.errors import InvalidArgumentError


@dataclass(frozen=True, kw_only=True)
class EditNetConfig:
    """Sizes of an EditNet. Defaults: as published, but for the vocabulary."""

    vocabulary: int
    dim: int = 1024
    """D: of words, caption vectors and decoder alike."""
    attention_dim: int = 512
    feature_dim: int = 2048
    """Channels of the picture's features."""
    dropout: float = 0.5

    def __post_init__(self) -> None:
        check_sizes(self)

    @classmethod
    def from_weights(cls, weights: Mapping[str, Tensor]) -> EditNetConfig:
        """The sizes that weights under the published names have."""
        vocabulary, dim = weights["embed.embedding.weight"].shape
        attention, _ = weights["visual_attention.features_att.weight"].shape
        channels = weights["visual_attention.att_embed.0.weight"].shape[1]
        return cls(vocabulary=vocabulary, dim=dim, attention_dim=attention, feature_dim=channels)


def check_sizes(config: object) -> None:
    """Refuse sizes below 1 and a dropout that is no probability below 1.

    Raises:
        InvalidArgumentError: names the field.
    """
    for name, value in vars(config).items():
        if isinstance(value, bool):
            continue
        if isinstance(value, int) and value < 1:
            raise InvalidArgumentError(f"{name} must be at least 1, got {value}.")
        if name == "dropout" and not 0 <= value < 1:
            raise InvalidArgumentError(f"dropout must be from 0 to below 1, got {value}.")


@dataclass(frozen=True)
class EditNetContext(Rows):
    """What EditNet computes once a picture."""

    keys: CaptionKeys
    regions: Regions
    x_gates: Tensor
    """W_u u + W_v v̄ + b: the part of the attention LSTM's gates that stays, (pictures, 4D)."""
    weights: tuple[Tensor, ...]
    """The attention LSTM's W, part by part."""


class EditNet(CaptionDecoder[EditNetContext, TwoLSTMState]):
    """Show, Edit and Tell's editor of captions.

        H, M, u  = encode(existing caption)
        h¹, c¹   = LSTM([e(w); u; h²; v̄], h¹, c¹)
        ĉ, α     = gated attention over H from h¹
        m        = M_{argmax α}                          (SCMA)
        v̂        = attention over regions v from h¹
        h², c²   = CopyLSTM([h¹; ĉ; v̂], h², c², m)
        logits   = W Dropout(h²)

    Pictures of 10 to 100 boxes are given by ``num_boxes``.

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107.
    Differs: see ``VisualAttention``.
    """

    def __init__(self, config: EditNetConfig, *, compat: Compat = "default") -> None:
        super().__init__()
        dim = config.dim
        self.config, self.vocabulary = config, config.vocabulary
        self.embed = WordEmbedding(config.vocabulary, dim, config.dropout)
        self.caption_encoder = CaptionEncoder(self.embed, dim, dim)  # one table for both
        self.caption_attention = GatedCaptionAttention(dim, dim, config.attention_dim)
        self.visual_attention = VisualAttention(
            config.feature_dim, dim, config.attention_dim, dropout=config.dropout, compat=compat
        )
        self.select = SelectC()
        self.attention_lstm = PartwiseLSTMCell((dim, dim, dim, config.feature_dim), dim)
        self.copy_lstm = CopyLSTMCell(2 * dim + config.feature_dim, dim)
        self.dropout = nn.Dropout(config.dropout)
        self.fc = nn.Linear(dim, config.vocabulary)

    def prepare(self, inputs: CaptionInputs) -> EditNetContext:
        """Encode the existing caption, map caption and regions, once for all words."""
        regions = self.visual_attention.prepare(inputs)
        encoded = self.caption_encoder(inputs.need_caption(self.vocabulary))
        weights = self.attention_lstm.split_weights()
        x_gates = F.linear(encoded.whole, weights[1], self.attention_lstm.bias_ih)
        x_gates = x_gates + F.linear(inputs.mean_features(), weights[3])
        return EditNetContext(self.caption_attention.prepare(encoded), regions, x_gates, weights)

    def start(self, context: EditNetContext, hypotheses: int = 1) -> TwoLSTMState:
        """All zeros."""
        rows = hypotheses * len(context.x_gates)
        return TwoLSTMState.zeros(rows, self.config.dim, context.x_gates)

    def embed_words(self, words: Tensor) -> Tensor:
        """(...) → (..., dim)."""
        return self.embed(words)

    def step(self, embedded: Tensor, state: TwoLSTMState, context: EditNetContext) -> Step:
        """Read one word, (rows, dim)."""
        W_e, _, W_h, _ = context.weights
        moving = F.linear(embedded, W_e) + F.linear(state.h2, W_h)
        x_gates = to_grid(moving, len(context.x_gates)) + context.x_gates[:, None]
        h1, c1 = self.attention_lstm(x_gates.flatten(0, 1), (state.h1, state.c1))
        c_hat, alpha = self.caption_attention(context.keys, h1, embedded)
        v_hat, beta = self.visual_attention(context.regions, h1)
        memories = context.keys.encoded.memories
        assert memories is not None  # noqa: S101  this encoder gives them
        m = self.select(memories, alpha)
        h2, c2, k = self.copy_lstm(torch.cat([h1, c_hat, v_hat], dim=-1), (state.h2, state.c2), m)
        return Step(h2, TwoLSTMState(h1, c1, h2, c2), Trace(alpha, beta, k.mean(dim=-1)))

    def predict(self, output: Tensor) -> Tensor:
        """(..., dim) → (..., vocabulary)."""
        return self.fc(self.dropout(output))

    def forward_with_endings(
        self, inputs: CaptionInputs, captions: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, and the two vectors that the adaptive model's optional MSE term compares.

        Args:
            inputs: of the pictures.
            captions: the right captions, (batch, length), with ``<start>`` and ``<end>``.

        Returns:
            Logits (batch, steps, vocabulary), h² at each caption's last step, and u of the right
            caption, both (batch, dim).
        """
        steps = self.read(self.prepare(inputs), captions)
        outputs = torch.stack([step.output for step in steps], dim=1)
        q, r = take_last(outputs, captions), self.caption_encoder(captions).whole
        return self.predict(outputs), q, r


def take_last(outputs: Tensor, captions: Tensor) -> Tensor:
    """Each caption's output at its last step, (batch, steps, dim) → (batch, dim)."""
    last = (caption_lengths(captions) - 2).clamp(min=0)
    return outputs[torch.arange(len(outputs), device=outputs.device), last]
