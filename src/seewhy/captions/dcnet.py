"""DCNet: reads a caption alone, and writes it again without its faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.captions.attention import CaptionAttention, CaptionKeys
from seewhy.captions.caption_encoders import TwoWayCaptionEncoder
from seewhy.captions.cells import PartwiseLSTMCell
from seewhy.captions.decoder import CaptionDecoder, Step, Trace, TwoLSTMState, WordEmbedding
from seewhy.captions.editnet import check_sizes, take_last
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.rows import Rows, to_grid
from seewhy.errors import InvalidArgumentError


@dataclass(frozen=True, kw_only=True)
class DCNetConfig:
    """Sizes of a DCNet. Defaults: as published, but for the vocabulary."""

    vocabulary: int
    dim: int = 1024
    """D: of words and decoder; the caption encoder has half of it each way."""
    attention_dim: int = 512
    dropout: float = 0.5
    is_raw_embedding: bool = False
    """Words as plain vectors (of GloVe), without ReLU and dropout."""

    def __post_init__(self) -> None:
        check_sizes(self)
        if self.dim % 2:
            raise InvalidArgumentError(f"dim must be even, for both ways, got {self.dim}.")

    @classmethod
    def from_weights(cls, weights: Mapping[str, Tensor]) -> DCNetConfig:
        """The sizes that weights under the published names have."""
        vocabulary, dim = weights["embed.embedding.weight"].shape
        attention = weights["caption_attention.cap_features_att.weight"].shape[0]
        return cls(vocabulary=vocabulary, dim=dim, attention_dim=attention)


@dataclass(frozen=True)
class DCNetContext(Rows):
    """What DCNet computes once a caption."""

    keys: CaptionKeys
    x_gates: Tensor
    """W_u u + b: the part of the attention LSTM's gates that stays, (captions, 4D)."""
    weights: tuple[Tensor, ...]
    """The attention LSTM's W, part by part."""


class DCNet(CaptionDecoder[DCNetContext, TwoLSTMState]):
    """Show, Edit and Tell's denoising network; it never sees the picture.

        H, u   = encode(existing caption), both ways
        h¹, c¹ = LSTM([e(w); u; h²], h¹, c¹)
        h², c² = LSTM([h¹; Σ α_j H_j], h², c²)
        logits = W Dropout(h²)

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107.
    """

    def __init__(self, config: DCNetConfig) -> None:
        super().__init__()
        dim = config.dim
        self.config, self.vocabulary = config, config.vocabulary
        self.embed = WordEmbedding(
            config.vocabulary, dim, config.dropout, is_raw=config.is_raw_embedding
        )
        self.caption_encoder = TwoWayCaptionEncoder(self.embed, dim, dim // 2)
        self.caption_attention = CaptionAttention(dim, dim, config.attention_dim)
        self.attention_lstm = PartwiseLSTMCell((dim, dim, dim), dim)
        self.language_lstm = nn.LSTMCell(2 * dim, dim)
        self.dropout = nn.Dropout(config.dropout)
        self.fc = nn.Linear(dim, config.vocabulary)

    def prepare(self, inputs: CaptionInputs) -> DCNetContext:
        """Encode and map the existing caption, once for all words."""
        encoded = self.caption_encoder(inputs.need_caption(self.vocabulary))
        weights = self.attention_lstm.split_weights()
        x_gates = F.linear(encoded.whole, weights[1], self.attention_lstm.bias_ih)
        return DCNetContext(self.caption_attention.prepare(encoded), x_gates, weights)

    def start(self, context: DCNetContext, hypotheses: int = 1) -> TwoLSTMState:
        """All zeros."""
        rows = hypotheses * len(context.x_gates)
        return TwoLSTMState.zeros(rows, self.config.dim, context.x_gates)

    def embed_words(self, words: Tensor) -> Tensor:
        """(...) → (..., dim)."""
        return self.embed(words)

    def step(self, embedded: Tensor, state: TwoLSTMState, context: DCNetContext) -> Step:
        """Read one word, (rows, dim)."""
        W_e, _, W_h = context.weights
        moving = F.linear(embedded, W_e) + F.linear(state.h2, W_h)
        x_gates = to_grid(moving, len(context.x_gates)) + context.x_gates[:, None]
        h1, c1 = self.attention_lstm(x_gates.flatten(0, 1), (state.h1, state.c1))
        attended, alpha = self.caption_attention.attend(context.keys, h1)
        h2, c2 = self.language_lstm(torch.cat([h1, attended], dim=-1), (state.h2, state.c2))
        return Step(h2, TwoLSTMState(h1, c1, h2, c2), Trace(words=alpha))

    def predict(self, output: Tensor) -> Tensor:
        """(..., dim) → (..., vocabulary)."""
        return self.fc(self.dropout(output))


class DCNetWithMSE(CaptionDecoder[DCNetContext, TwoLSTMState]):
    """A DCNet that is also taught to end near the right caption's encoding.

        q = W h²_last,    r = tanh(W_u [h→; h←]) of the right caption
        L = CE + mean (q - r)²

    r is not detached. W takes no part in decoding.

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107.
    """

    def __init__(self, dae: DCNet) -> None:
        super().__init__()
        self.dae = dae
        self.vocabulary = dae.vocabulary
        self.affine_hidden = nn.Linear(dae.config.dim, dae.config.dim)

    @property
    def config(self) -> DCNetConfig:
        """Sizes of the DCNet inside."""
        return self.dae.config

    def prepare(self, inputs: CaptionInputs) -> DCNetContext:
        """As DCNet."""
        return self.dae.prepare(inputs)

    def start(self, context: DCNetContext, hypotheses: int = 1) -> TwoLSTMState:
        """As DCNet."""
        return self.dae.start(context, hypotheses)

    def embed_words(self, words: Tensor) -> Tensor:
        """As DCNet."""
        return self.dae.embed_words(words)

    def step(self, embedded: Tensor, state: TwoLSTMState, context: DCNetContext) -> Step:
        """As DCNet."""
        return self.dae.step(embedded, state, context)

    def predict(self, output: Tensor) -> Tensor:
        """As DCNet."""
        return self.dae.predict(output)

    def forward_with_endings(
        self, inputs: CaptionInputs, captions: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, and the two vectors the second term of the loss compares.

        Args:
            inputs: existing captions.
            captions: the right captions, (batch, length), with ``<start>`` and ``<end>``.

        Returns:
            Logits (batch, steps, vocabulary), q and r, both (batch, dim).
        """
        steps = self.read(self.prepare(inputs), captions)
        outputs = torch.stack([step.output for step in steps], dim=1)
        q = self.affine_hidden(take_last(outputs, captions))
        return self.predict(outputs), q, self.dae.caption_encoder(captions).whole
