"""The Transformer block that our image and text towers share."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.errors import InvalidArgumentError

INIT_STD = 0.02  # of linear weights and embeddings, as in GPT-2 and CLIP


class Attention(nn.Module):
    """Multi-head self-attention with one fused projection to queries, keys and values."""

    def __init__(self, width: int, heads: int, *, is_causal: bool = False) -> None:
        super().__init__()
        if width % heads:
            raise InvalidArgumentError(f"width must be a multiple of heads, got {width}, {heads}.")
        self.heads, self.is_causal = heads, is_causal
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (batch, tokens, width) → (batch, tokens, width)."""
        batch, tokens, width = x.shape
        qkv = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (batch, heads, tokens, width / heads)
        x = F.scaled_dot_product_attention(q, k, v, is_causal=self.is_causal)
        x = x.transpose(1, 2).reshape(batch, tokens, width)  # heads side by side again
        return self.proj(x)


class MLP(nn.Sequential):
    """Two linear layers, four times as wide between them."""

    def __init__(self, width: int) -> None:
        super().__init__(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))


class Block(nn.Module):
    """Pre-norm Transformer block.

    x' = x  + attention(norm(x))
    y  = x' + mlp(norm(x'))
    """

    def __init__(self, width: int, heads: int, *, is_causal: bool = False) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width), Attention(width, heads, is_causal=is_causal)
        self.norm2, self.mlp = nn.LayerNorm(width), MLP(width)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (batch, tokens, width) → (batch, tokens, width)."""
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


def init_transformer(module: nn.Module, *, depth: int) -> None:
    """Fill linear layers as GPT-2 does; those that end a residual branch shrink with depth."""
    for name, layer in module.named_modules():
        if not isinstance(layer, nn.Linear):
            continue
        ends_branch = name.endswith(("attn.proj", "mlp.2"))
        nn.init.normal_(
            layer.weight, std=INIT_STD / (2 * depth) ** 0.5 if ends_branch else INIT_STD
        )
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
