"""The decoder of NLX-GPT: GPT-2 that looks at a picture in every block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.errors import DataFormatError, InvalidArgumentError, ShapeError
from seewhy.rationales.alignment import ALIGNMENT_NUMBERS, WordAlignment

IGNORED = -100
"""Label of a token that is not learned."""
BOX_NUMBERS = 8
"""Numbers that describe a box (see ``boxes.describe_box``)."""


@dataclass(frozen=True, kw_only=True)
class DecoderConfig:
    """Shape of a ``RationaleDecoder``. Defaults: NLX-GPT, which is distilGPT2's size."""

    vocabulary: int = 50_261
    """Rows of the word table, special tokens included."""
    positions: int = 1024
    """Tokens of the longest text."""
    width: int = 768
    depth: int = 6
    heads: int = 12
    image_width: int = 768
    """Channels of a patch; another number than ``width`` is projected."""
    has_boxes: bool = False
    """Whether tokens may carry boxes and their numbers (VCR)."""
    alignment: int = 0
    """Dimensions of the space in which words of a question and the picture are compared (see
    ``alignment.WordAlignment``); 0: they are not."""
    inner: int | None = None
    """Width inside the MLP; ``None``: four times ``width``."""
    dropout: float = 0.1
    norm_epsilon: float = 1e-5
    init_std: float = 0.02

    def __post_init__(self) -> None:
        for name in ("vocabulary", "positions", "width", "depth", "heads", "image_width"):
            if getattr(self, name) < 1:
                raise InvalidArgumentError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if self.width % self.heads:
            raise InvalidArgumentError(
                f"width must be a multiple of heads, got {self.width} and {self.heads}."
            )
        if self.alignment < 0:
            raise InvalidArgumentError(f"alignment must not be negative, got {self.alignment}.")
        if not 0 <= self.dropout < 1:
            raise InvalidArgumentError(f"dropout is from 0 to below 1, got {self.dropout}.")

    def to_dict(self) -> dict[str, Any]:
        """The configuration as ``config.json`` holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DecoderConfig:
        """Read what ``to_dict`` wrote.

        Raises:
            DataFormatError: if a field is unknown or out of its range.
        """
        try:
            return cls(**values)
        except (TypeError, InvalidArgumentError) as error:
            raise DataFormatError(
                f"A decoder's configuration cannot be read: {error}. Use a config.json that "
                "save_pretrained wrote."
            ) from error


@dataclass(frozen=True)
class TextBatch:
    """Texts as numbers, with what each token carries besides its word."""

    ids: Tensor
    """(batch, tokens)."""
    segments: Tensor | None = None
    """Words that mark question, answer and explanation, (batch, tokens); -1 where a token has no
    mark; ``None``: none has."""
    boxes: Tensor | None = None
    """(batch, tokens, 8); all zeros where a token points at nothing."""
    box_numbers: Tensor | None = None
    """Words that number the boxes, (batch, tokens); -1 where there is no word either."""
    alignment: Tensor | None = None
    """How well words fit the picture, (batch, tokens, 2); zeros where nothing is known."""

    def to(self, device: torch.device | str) -> TextBatch:
        """The batch on another device."""
        rest = (self.segments, self.boxes, self.box_numbers, self.alignment)
        moved = (part if part is None else part.to(device) for part in rest)
        return TextBatch(self.ids.to(device), *moved)


class RationaleDecoder(nn.Module):
    """GPT-2 with cross-attention to the patches of a picture.

        h = x + SelfAttn(LN x);  h = h + CrossAttn(LN h, image);  y = h + MLP(LN h)

    The input of a token is the sum of rows of one word table: its word, its segment (the row of
    a special token), the number of its box; plus its position, plus its box (a linear map of
    eight numbers, left out with its bias where there is no box), plus how well it fits the picture
    where words are aligned (a linear map of two numbers). The head is tied to the table. All of it
    but boxes and alignment is transformers' ``GPT2LMHeadModel``.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081.
    Differs: patches of another width than the text's are projected; the paper's are equal. The
    alignment is ours.
    """

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        from transformers import GPT2Config, GPT2LMHeadModel

        self.config = config
        drop = dict.fromkeys(("attn_pdrop", "embd_pdrop", "resid_pdrop"), config.dropout)
        self.language = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=config.vocabulary,
                n_positions=config.positions,
                n_embd=config.width,
                n_layer=config.depth,
                n_head=config.heads,
                n_inner=config.inner,
                layer_norm_epsilon=config.norm_epsilon,
                initializer_range=config.init_std,
                add_cross_attention=True,
                use_cache=False,
                bos_token_id=None,
                eos_token_id=None,
                **drop,
            )
        )
        for block in self.blocks:  # the published init does not scale what it adds to GPT-2
            nn.init.normal_(block.crossattention.c_proj.weight, std=config.init_std)
        is_equal = config.image_width == config.width
        self.projection = None if is_equal else nn.Linear(config.image_width, config.width)
        self.box_embed = nn.Linear(BOX_NUMBERS, config.width) if config.has_boxes else None
        self.alignment = self.alignment_embed = None
        if config.alignment:
            table = (config.vocabulary, config.image_width, config.alignment)
            self.alignment = WordAlignment(*table)
            self.alignment_embed = nn.Linear(ALIGNMENT_NUMBERS, config.width, bias=False)
            nn.init.zeros_(self.alignment_embed.weight)

    @property
    def blocks(self) -> Any:
        """The blocks, first to last."""
        return self.language.transformer.h

    @property
    def words(self) -> nn.Embedding:
        """The word table."""
        return self.language.transformer.wte

    def embed(self, batch: TextBatch) -> Tensor:
        """What tokens are before their position is added, (batch, tokens, width).

        Raises:
            InvalidArgumentError: if boxes come to a decoder without boxes, or an alignment to one
                without it.
        """
        x = self.words(batch.ids)
        for rows in (batch.segments, batch.box_numbers):
            if rows is not None:
                is_there = (rows >= 0)[..., None].to(x.dtype)
                x = x + self.words(rows.clamp(min=0)) * is_there
        if batch.alignment is not None:
            if self.alignment_embed is None:
                raise InvalidArgumentError(
                    "An alignment was given to a decoder without one. Leave it out, or build it "
                    "with alignment=64."
                )
            x = x + self.alignment_embed(batch.alignment.to(x.dtype))
        if batch.boxes is None:
            return x
        if self.box_embed is None:
            raise InvalidArgumentError(
                "Boxes were given to a decoder without boxes. Leave them out, or build it with "
                "has_boxes=True."
            )
        is_there = (batch.boxes.sum(-1, keepdim=True) != 0).to(x.dtype)
        return x + self.box_embed(batch.boxes.to(x.dtype)) * is_there

    def project(self, pictures: Tensor) -> Tensor:
        """Patches (pictures, patches, image width) → (pictures, patches, width).

        Raises:
            ShapeError: if they have another width.
        """
        if pictures.ndim != 3 or pictures.shape[2] != self.config.image_width:
            raise ShapeError(
                f"pictures must be (pictures, patches, {self.config.image_width}), got "
                f"{tuple(pictures.shape)}."
            )
        pictures = pictures.contiguous()  # GPT-2 takes no expanded tensors
        return pictures if self.projection is None else self.projection(pictures)

    def forward(
        self,
        batch: TextBatch,
        pictures: Tensor,
        *,
        mask: Tensor | None = None,
        picture_mask: Tensor | None = None,
        positions: Tensor | None = None,
    ) -> Tensor:
        """Scores of the next word at every token, (batch, tokens, vocabulary).

        Args:
            batch: the texts.
            pictures: (batch, patches, image width).
            mask: 1 where a token counts, (batch, tokens), padding on the right needs none; or
                what is added to the scores of its own, (batch, 1, tokens, tokens).
            picture_mask: 1 where a patch counts, (batch, patches).
            positions: of the tokens, (batch, tokens); ``None``: 0, 1, 2, ...
        """
        return self.language(
            inputs_embeds=self.embed(batch),
            attention_mask=mask,
            position_ids=positions,
            encoder_hidden_states=self.project(pictures),
            encoder_attention_mask=picture_mask,
            use_cache=False,
        ).logits


def compute_loss(logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Cross entropy of the next words, the mean over all that are learned.

    Args:
        logits: (batch, tokens, vocabulary).
        labels: the words themselves, -100 where none is learned, (batch, tokens).
        weights: how much each word counts, (batch, tokens); ``None``: all alike.
    """
    shifted, wanted = logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten()
    if weights is None:
        return F.cross_entropy(shifted, wanted, ignore_index=IGNORED)
    losses = F.cross_entropy(shifted, wanted, ignore_index=IGNORED, reduction="none")
    counts = weights[:, 1:].flatten() * (wanted != IGNORED)
    return (losses * counts).sum() / counts.sum()
