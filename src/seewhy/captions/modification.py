"""The modification network: changes what the residual of a sentence vector does not keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.captions.cells import PartwiseLSTMCell
from seewhy.captions.decoder import CaptionDecoder, Step, Trace, TwoLSTMState
from seewhy.captions.editnet import check_sizes
from seewhy.captions.inputs import CaptionInputs, Compat, check_numbers
from seewhy.captions.modification_parts import (
    AttributeDecoding,
    RegionAttention,
    ResidualGating,
    Split,
    TopDownSentinel,
    draw_lock,
)
from seewhy.captions.rows import Rows, to_grid
from seewhy.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class ModificationConfig:
    """Sizes of a modification network. Defaults: as published, but for the vocabulary."""

    vocabulary: int
    dim: int = 1000
    """D: of the decoder."""
    embedding_dim: int = 1000
    sentence_dim: int = 512
    """S: of the sentence vector, and of attention, whose gate multiplies it."""
    feature_dim: int = 2048
    """Channels of the picture's features."""
    dropout: float = 0.5
    is_last_global: bool = False
    """Whether the last region is the mean of the others, as ``pool_resnet`` gives them."""

    def __post_init__(self) -> None:
        check_sizes(self)

    @classmethod
    def from_weights(cls, weights: Mapping[str, Tensor]) -> ModificationConfig:
        """The sizes that weights under the published names have."""
        vocabulary, embedding = weights["embedding.weight"].shape
        sentence, dim = weights["residual_gating.sentinel_att.weight"].shape
        return cls(
            vocabulary=vocabulary,
            dim=dim,
            embedding_dim=embedding,
            sentence_dim=sentence,
            feature_dim=weights["attention.features_att.weight"].shape[1],
        )


@dataclass(frozen=True)
class ModificationContext(Rows):
    """What the modification network computes once a picture."""

    values: Tensor
    """v, (pictures, boxes, channels)."""
    projected: Tensor
    """(pictures, boxes, attention)."""
    mask: Tensor | None
    sentence: Tensor
    """s, (pictures, sentence)."""
    mapped_sentence: Tensor
    """(pictures, sentence)."""
    split: Split
    language_gates: Tensor
    """The attributes' part of the language LSTM's gates, (pictures, 4 · dim)."""
    language_weights: tuple[Tensor, ...]
    lock: Tensor | None
    """μ, (pictures, dim): the same for all words; ``None`` outside of training."""


class ModificationNetwork(CaptionDecoder[ModificationContext, TwoLSTMState]):
    """Look and Modify's decoder.

        a          = tanh(W tanh(W mean E[attributes]))
        h¹, c¹, st = TopDownSentinel([h²; v̄; E[w]; s])        h¹ ← h¹ ⊙ μ
        v̂          = attention over regions v from h¹
        known      = σ(W_s s + W_st st) ⊙ s
        h², c²     = LSTM([v̂; h¹; a], h², c²)                  h² ← h² ⊙ μ
        logits     = W₂ Dropout(tanh(W₁ h²) + known)

    μ is a dropout mask that is locked: the same for all words, and in what recurs.

    Source: Look and Modify (BMVC 2019), arXiv:1909.03169.
    Differs: μ is drawn in training only; ``compat="published"`` draws it in evaluation too when
        captions are read (not when they are searched for). See docs/decisions/locked-dropout.md.
    """

    def __init__(self, config: ModificationConfig, *, compat: Compat = "default") -> None:
        super().__init__()
        dim, E, S = config.dim, config.embedding_dim, config.sentence_dim
        self.config, self.vocabulary = config, config.vocabulary
        self.compat: Compat = compat
        self.embedding = nn.Embedding(config.vocabulary, E)
        self.attribute_decoding = AttributeDecoding(E)
        self.top_down_attention = TopDownSentinel((dim, config.feature_dim, E, S), dim)
        self.attention = RegionAttention(config.feature_dim, dim, S, config.dropout)
        self.residual_gating = ResidualGating(S, dim)
        self.language_model = PartwiseLSTMCell((config.feature_dim, dim, E), dim)
        self.dropout = nn.Dropout(config.dropout)
        self.fc1, self.fc2 = nn.Linear(dim, S), nn.Linear(S, config.vocabulary)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        nn.init.uniform_(self.fc2.weight, -0.1, 0.1)
        nn.init.zeros_(self.fc2.bias)

    def prepare(self, inputs: CaptionInputs) -> ModificationContext:
        """Map regions, sentence and attributes, once for all words."""
        values = inputs.need_features(self.config.feature_dim)
        sentence = inputs.need_sentence(self.config.sentence_dim)
        weights = self.language_model.split_weights()
        attributes = self.decode_attributes(inputs, values)
        gates = F.linear(attributes, weights[2], self.language_model.bias_ih)
        is_locked = self.training and self.config.dropout > 0
        return ModificationContext(
            values=values,
            projected=self.attention.features_att(values),
            mask=inputs.box_mask(),
            sentence=sentence,
            mapped_sentence=self.residual_gating.sen_att(sentence),
            split=self.top_down_attention.prepare(self._find_mean(inputs, values), sentence),
            language_gates=gates,
            language_weights=weights,
            lock=self._draw_lock(values) if is_locked else None,
        )

    def decode_attributes(self, inputs: CaptionInputs, values: Tensor) -> Tensor:
        """a, (pictures, dim); zeros without attributes.

        Raises:
            ShapeError: if attributes are not (batch, attributes).
            InvalidArgumentError: if one has no number in the vocabulary.
        """
        if inputs.attributes is None:
            return values.new_zeros(len(values), self.config.embedding_dim)
        if inputs.attributes.ndim != 2:
            shape = tuple(inputs.attributes.shape)
            raise ShapeError(f"attributes must be (batch, attributes), got {shape}.")
        check_numbers(inputs.attributes, self.vocabulary, "attributes")
        embedded = self.embedding(inputs.attributes)
        return self.attribute_decoding(embedded, inputs.num_attributes)

    def start(self, context: ModificationContext, hypotheses: int = 1) -> TwoLSTMState:
        """All zeros."""
        rows = hypotheses * len(context.values)
        return TwoLSTMState.zeros(rows, self.config.dim, context.sentence)

    def embed_words(self, words: Tensor) -> Tensor:
        """(...) → (..., dim)."""
        return self.embedding(words)

    def step(self, embedded: Tensor, state: TwoLSTMState, context: ModificationContext) -> Step:
        """Read one word, (rows, dim)."""
        (h1, c1), sentinel = self.top_down_attention(
            state.h2, embedded, (state.h1, state.c1), context.split
        )
        h1 = _apply_lock(h1, context.lock)
        v_hat, beta = self.attention(context.values, context.projected, h1, context.mask)
        known, gate = self.residual_gating(context.sentence, context.mapped_sentence, sentinel)
        W_v, W_h, _ = context.language_weights
        moving = F.linear(v_hat, W_v) + F.linear(h1, W_h)
        x_gates = to_grid(moving, len(context.values)) + context.language_gates[:, None]
        h2, c2 = self.language_model(x_gates.flatten(0, 1), (state.h2, state.c2))
        h2 = _apply_lock(h2, context.lock)
        output = self.fc1(h2).tanh() + known
        return Step(
            output, TwoLSTMState(h1, c1, h2, c2), Trace(regions=beta, gate=gate.mean(dim=-1))
        )

    def predict(self, output: Tensor) -> Tensor:
        """(..., sentence) → (..., vocabulary)."""
        return self.fc2(self.dropout(output))

    def forward(
        self,
        inputs: CaptionInputs,
        captions: Tensor,
        *,
        sampling: float = 0.0,
        generator: torch.Generator | None = None,
        lock: Tensor | None = None,
    ) -> Tensor:
        """As ``CaptionDecoder.forward``; ``lock`` is μ, (batch, dim), if it is not to be drawn."""
        context = self.prepare(inputs)
        if lock is not None:
            context = replace(context, lock=lock)
        elif self.compat == "published" and context.lock is None and self.config.dropout > 0:
            context = replace(context, lock=self._draw_lock(context.values))
        steps = self.read(context, captions, sampling=sampling, generator=generator)
        return self.predict(torch.stack([step.output for step in steps], dim=1))

    def _find_mean(self, inputs: CaptionInputs, values: Tensor) -> Tensor:
        """v̄, (pictures, channels): of the grid alone where the last region is its mean."""
        if self.config.is_last_global and inputs.image_mean is None:
            return values[:, :-1].mean(dim=1)
        return inputs.mean_features()

    def _draw_lock(self, like: Tensor) -> Tensor:
        return draw_lock(len(like), self.config.dim, dropout=self.config.dropout, like=like)


def _apply_lock(h: Tensor, lock: Tensor | None) -> Tensor:
    """Give h ⊙ μ, (rows, dim), for each hypothesis of a picture alike."""
    return h if lock is None else (to_grid(h, len(lock)) * lock[:, None]).flatten(0, 1)
