"""The image tower that is a Vision Transformer, as in CLIP, on patches or convolutions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from seewhy.encoders.convnet import ConvTrunk, init_convolutions
from seewhy.encoders.transformer import INIT_STD, Block, init_transformer
from seewhy.errors import InvalidArgumentError, ShapeError


@dataclass(frozen=True, kw_only=True)
class VisionTransformerConfig:
    """Shape of a ``VisionTransformer``. The default sees 96 pixels as 12 x 12 tokens."""

    kind: Literal["vit"] = "vit"
    size: int = 96
    """Height and width of a picture, in pixels."""
    patch: int = 8
    """Height and width of a patch, in pixels; a power of two unless ``stem`` is ``patch``."""
    width: int = 128
    depth: int = 4
    heads: int = 4
    stem: Literal["patch", "conv", "residual"] = "residual"
    """``patch``: one linear map of each patch; ``conv``: 3 x 3 convolutions that halve the
    picture until a patch is one position; ``residual``: a ``ConvTrunk`` of this width, which
    learns from the fewest pictures and can start from a trained ``ConvNet``."""
    class_start: Literal["learned", "strongest"] = "learned"
    """What the class token starts from. ``learned``: the same for every picture, as in CLIP;
    ``strongest``: to that is added the largest value of each channel over the patches, with
    which it learns from far fewer pictures."""
    patch_dropout: float = 0.0
    """Fraction of the patches left out of a training step, from 0 to below 1 (FLIP)."""

    def __post_init__(self) -> None:
        if self.patch < 1 or self.size % self.patch:
            raise InvalidArgumentError(
                f"size must be a multiple of patch, got {self.size} and {self.patch}."
            )
        if self.stem != "patch" and (self.patch < 2 or self.patch & (self.patch - 1)):
            raise InvalidArgumentError(
                f"patch must be a power of two for a {self.stem} stem, got {self.patch}."
            )
        if not 0 <= self.patch_dropout < 1:
            raise InvalidArgumentError(
                f"patch_dropout must be from 0 to below 1, got {self.patch_dropout}."
            )


class VisionTransformer(nn.Module):
    """Picture → patches and a class token → blocks → the class token, projected.

    Sources: Dosovitskiy et al. (ICLR 2021), arXiv:2010.11929; conv stem: Xiao et al. (NeurIPS
        2021), arXiv:2106.14881; patch dropout: Li et al. (CVPR 2023), arXiv:2212.00794.
    """

    def __init__(self, config: VisionTransformerConfig, dim: int) -> None:
        super().__init__()
        self.config = config
        self.grid = (config.size // config.patch, config.size // config.patch)
        patches = self.grid[0] * self.grid[1]
        self.stem = make_stem(config)
        self.class_token = nn.Parameter(INIT_STD * torch.randn(1, 1, config.width))
        self.positions = nn.Parameter(INIT_STD * torch.randn(1, 1 + patches, config.width))
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width)
        self.projection = nn.Linear(config.width, dim, bias=False)
        init_transformer(self, depth=config.depth)
        if config.stem == "conv":
            init_convolutions(self.stem)

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels (batch, 3, height, width), normalized → (batch, dim), not of unit length."""
        return self.encode_with_patches(pixels)[0]

    def encode_with_patches(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Map pixels to embeddings (batch, dim) and last patch tokens (batch, patches, width)."""
        size = self.config.size
        if pixels.shape[1:] != (3, size, size):
            raise ShapeError(
                f"pixels must be (batch, 3, {size}, {size}), got {tuple(pixels.shape)}."
            )
        x = self.stem(pixels)  # (batch, width, rows, columns)
        x = x.flatten(2).transpose(1, 2)  # (batch, patches, width), row-major
        x = self._drop_patches(x + self.positions[:, 1:])
        first = (self.class_token + self.positions[:, :1]).expand(len(x), -1, -1)
        if self.config.class_start == "strongest":
            first = first + x.amax(dim=1, keepdim=True)
        x = torch.cat([first.to(x.dtype), x], dim=1)  # (batch, 1 + patches, width)
        for block in self.blocks:
            x = block(x)
        return self.projection(self.norm(x[:, 0])), x[:, 1:]

    def _drop_patches(self, x: Tensor) -> Tensor:
        """In training, keep a random part of each picture's patches; in evaluation, all."""
        if not self.training or self.config.patch_dropout == 0:
            return x
        kept = max(1, round(x.shape[1] * (1 - self.config.patch_dropout)))
        order = torch.rand(x.shape[:2], device=x.device).argsort(dim=1)[:, :kept]
        return x.gather(1, order[..., None].expand(-1, -1, x.shape[2]))


def make_stem(config: VisionTransformerConfig) -> nn.Module:
    """From (batch, 3, height, width) to (batch, width, rows, columns)."""
    if config.stem == "patch":
        return nn.Conv2d(3, config.width, config.patch, stride=config.patch)
    halvings = config.patch.bit_length() - 1
    if config.stem == "residual":
        widths = [max(16, config.width >> (halvings - i)) for i in range(halvings)]
        depths = [1] * (halvings - 1) + [2, 1]  # most where the map has its final size
        strides = [1] + [2] * (halvings - 1) + [1]  # the trunk's own stem halves once
        return ConvTrunk([*widths, config.width], depths, strides)
    widths = [max(16, config.width >> (halvings + 1 - i)) for i in range(1, halvings + 1)]
    layers = [halve(before, after) for before, after in pairwise([3, *widths])]
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], config.width, 1))


def halve(before: int, after: int) -> nn.Sequential:
    """A convolution that halves height and width, with its norm and activation."""
    convolution = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())
