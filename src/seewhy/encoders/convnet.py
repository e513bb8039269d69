"""The image tower that is a convolutional network: a small ResNet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from seewhy.errors import InvalidArgumentError, ShapeError


@dataclass(frozen=True, kw_only=True)
class ConvNetConfig:
    """Shape of a ``ConvNet``. The default sees 96 pixels as 12 x 12 positions."""

    kind: Literal["convnet"] = "convnet"
    size: int = 96
    """Height and width of a picture, in pixels."""
    widths: tuple[int, ...] = (24, 48, 96, 160)
    """Channels of each stage."""
    depths: tuple[int, ...] = (1, 1, 2, 1)
    """Residual blocks of each stage."""
    strides: tuple[int, ...] = (1, 2, 2, 1)
    """How much each stage's first block shrinks the map; the stem shrinks it by 2 before."""
    pooling: Literal["mean", "max"] = "mean"
    """How the last map becomes one vector. ``max`` suits things that fill little of a picture."""

    def __post_init__(self) -> None:
        if not len(self.widths) == len(self.depths) == len(self.strides) > 0:
            raise InvalidArgumentError(
                "widths, depths and strides must name the same stages, got "
                f"{self.widths}, {self.depths} and {self.strides}."
            )


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut, which is the identity where shapes allow.

    y = relu(shortcut(x) + norm(convolutions(x)))
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.last_norm = nn.BatchNorm2d(after)
        self.convolutions = nn.Sequential(
            nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, padding=1, bias=False),
        )
        self.shortcut = (
            nn.Identity()
            if stride == 1 and before == after
            else nn.Sequential(
                nn.Conv2d(before, after, 1, stride=stride, bias=False), nn.BatchNorm2d(after)
            )
        )
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map x (batch, before, height, width) → (batch, after, shrunk height, shrunk width)."""
        return self.relu(self.shortcut(x) + self.last_norm(self.convolutions(x)))


class ConvTrunk(nn.Module):
    """Picture → stem → stages of residual blocks → a map.

    Source: He et al. (CVPR 2016), arXiv:1512.03385.
    Differs: a 3 x 3 stem without pooling, since our pictures are small.
    """

    def __init__(
        self, widths: Sequence[int], depths: Sequence[int], strides: Sequence[int]
    ) -> None:
        """Put the stages one behind the other; see ``ConvNetConfig``."""
        super().__init__()
        first = widths[0]
        self.stem = nn.Sequential(
            nn.Conv2d(3, first, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
        )
        stages = zip((first, *widths[:-1]), widths, depths, strides, strict=True)
        self.stages = nn.ModuleList(make_stage(*shape) for shape in stages)
        init_convolutions(self)

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels (batch, 3, height, width) → (batch, channels, rows, columns)."""
        if pixels.ndim != 4 or pixels.shape[1] != 3:
            raise ShapeError(
                f"pixels must be (batch, 3, height, width), got {tuple(pixels.shape)}."
            )
        x = self.stem(pixels)  # (batch, widths[0], height / 2, width / 2)
        for stage in self.stages:
            x = stage(x)
        return x


class ConvNet(ConvTrunk):
    """Picture → trunk → pooled map, projected."""

    def __init__(self, config: ConvNetConfig, dim: int) -> None:
        super().__init__(config.widths, config.depths, config.strides)
        self.config = config
        self.norm = nn.LayerNorm(config.widths[-1])
        self.projection = nn.Linear(config.widths[-1], dim, bias=False)

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels (batch, 3, height, width), normalized → (batch, dim), not of unit length."""
        return self.encode_with_patches(pixels)[0]

    def encode_with_patches(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Map pixels to embeddings (batch, dim) and the map's positions (batch, patches, width)."""
        x = super().forward(pixels)  # (batch, widths[-1], rows, columns)
        is_max = self.config.pooling == "max"
        pooled = x.amax(dim=(2, 3)) if is_max else x.mean(dim=(2, 3))  # (batch, widths[-1])
        return self.projection(self.norm(pooled)), x.flatten(2).transpose(1, 2)


def make_stage(before: int, after: int, depth: int, stride: int) -> nn.Sequential:
    """One stage: ``depth`` blocks, the first of which widens and shrinks."""
    first = ResidualBlock(before, after, stride)
    return nn.Sequential(first, *(ResidualBlock(after, after, 1) for _ in range(depth - 1)))


def init_convolutions(module: nn.Module) -> None:
    """He initialization; the last norm of each residual branch starts at 0 (identity blocks)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(layer, ResidualBlock):
            nn.init.zeros_(layer.last_norm.weight)
