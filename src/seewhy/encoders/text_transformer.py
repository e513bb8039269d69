"""The text tower: a causal Transformer whose end-of-text token speaks for the whole text."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seewhy.encoders.transformer import INIT_STD, Block, init_transformer
from seewhy.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class TextTransformerConfig:
    """Shape of a ``TextTransformer``."""

    vocabulary: int = 1024
    """Number of tokens the tokenizer knows."""
    end_token: int = 1
    """Number of the token that ends a text; the tower is read out there."""
    context: int = 40
    """Tokens of the longest text, its end included."""
    width: int = 128
    depth: int = 3
    heads: int = 4


class TextTransformer(nn.Module):
    """Token numbers → embeddings → causal blocks → the end token, projected.

    Causal attention makes what stands after the end token (padding) invisible to it.

    Source: Radford et al. (ICML 2021), arXiv:2103.00020.
    """

    def __init__(self, config: TextTransformerConfig, dim: int) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Parameter(INIT_STD * torch.randn(1, config.context, config.width))
        self.blocks = nn.ModuleList(
            Block(config.width, config.heads, is_causal=True) for _ in range(config.depth)
        )
        self.norm = nn.LayerNorm(config.width)
        self.projection = nn.Linear(config.width, dim, bias=False)
        nn.init.normal_(self.tokens.weight, std=INIT_STD)
        init_transformer(self, depth=config.depth)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (batch, tokens), padded after their end token → (batch, dim).

        Raises:
            ShapeError: if there are more tokens than the context holds.
        """
        if tokens.ndim != 2 or tokens.shape[1] > self.config.context:
            raise ShapeError(
                f"tokens must be (batch, up to {self.config.context}), got {tuple(tokens.shape)}."
            )
        x = self.tokens(tokens) + self.positions[:, : tokens.shape[1]]  # (batch, tokens, width)
        for block in self.blocks:
            x = block(x)
        end = (tokens == self.config.end_token).int().argmax(dim=1)  # the first, if padding is it
        x = x[torch.arange(len(x), device=x.device), end]  # (batch, width)
        return self.projection(self.norm(x))
