"""SimCLRv2's own ResNets, under the names of the published PyTorch conversions."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.errors import ShapeError, UnknownNameError

DEPTHS = {"r50": (3, 4, 6, 3), "r101": (3, 4, 23, 3), "r152": (3, 8, 36, 3)}
NAME = re.compile(r"(r50|r101|r152)_([123])x(_sk[01])?")
KERNELS = ("", "_sk1")
SMALLEST_MIXER = 32  # channels; selective kernels mix with a sixteenth of theirs, but at least so


@dataclass(frozen=True, kw_only=True)
class SimCLRv2Config:
    """Shape of a ``SimCLRv2Network``; the default is ``r50_1x``."""

    depths: tuple[int, ...] = (3, 4, 6, 3)
    """Blocks of each group."""
    width: int = 64
    """Channels of the stem."""
    has_selective_kernels: bool = False

    @property
    def channels(self) -> int:
        """Channels of the last map."""
        return self.width * 2 ** (len(self.depths) + 1)


def find_simclr_v2(architecture: str) -> SimCLRv2Config:
    """The shape that a name stands for, as ``r50_1x``, ``r50_2x`` or ``r152_3x_sk1``.

    Raises:
        UnknownNameError: if it stands for none.
    """
    match = NAME.fullmatch(architecture)
    if match is None:
        known = [f"{d}_{width}x{sk}" for d in DEPTHS for width in (1, 2, 3) for sk in KERNELS]
        raise UnknownNameError("SimCLRv2 architecture", architecture, known)
    depth, width, kernels = match.groups()
    return SimCLRv2Config(
        depths=DEPTHS[depth], width=64 * int(width), has_selective_kernels=kernels == "_sk1"
    )


class SimCLRv2Network(nn.Module):
    """Picture → stem → four groups of bottlenecks → the map that the head pools.

    Source: Chen et al. (NeurIPS 2020), arXiv:2006.10029; selective kernels: arXiv:1903.06586.
    Differs: no classifier; published files hold one, ``fc``, which is left out. The ReLU at the
        end of a block is a function and no module, as in the published conversion, on which what
        guided gradients see depends.
    """

    def __init__(self, config: SimCLRv2Config) -> None:
        super().__init__()
        self.config = config
        width, before = config.width, config.width
        parts: list[nn.Module] = [make_stem(config)]
        for number, depth in enumerate(config.depths):
            inside, stride = width * 2**number, 1 if number == 0 else 2
            parts.append(BlockGroup(before, inside, depth, stride, config.has_selective_kernels))
            before = 4 * inside
        self.net = nn.Sequential(*parts)

    @property
    def stages(self) -> list[str]:
        """Names of the groups, first to last."""
        return [f"net.{number + 1}" for number in range(len(self.config.depths))]

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels (batch, 3, height, width) of 0 to 1 → (batch, channels, rows, columns)."""
        if pixels.ndim != 4 or pixels.shape[1] != 3:
            raise ShapeError(
                f"pixels must be (batch, 3, height, width), got {tuple(pixels.shape)}."
            )
        return self.net(pixels)


class BlockGroup(nn.Module):
    """Bottlenecks of one size; the first widens, and shrinks the map by ``stride``."""

    def __init__(self, before: int, inside: int, depth: int, stride: int, is_sk: bool) -> None:
        super().__init__()
        first = Bottleneck(before, inside, stride, is_sk, is_first=True)
        rest = (Bottleneck(4 * inside, inside, 1, is_sk) for _ in range(depth - 1))
        self.blocks = nn.Sequential(first, *rest)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (batch, before, height, width) → (batch, 4 inside, shrunk height and width)."""
        return self.blocks(x)


class Bottleneck(nn.Module):
    """y = relu(shortcut(x) + net(x)), the shortcut projected in the first block of a group."""

    def __init__(
        self, before: int, inside: int, stride: int, is_sk: bool, *, is_first: bool = False
    ) -> None:
        super().__init__()
        after = 4 * inside
        self.projection = Projection(before, after, stride, is_sk) if is_first else nn.Identity()
        middle: list[nn.Module] = [SelectiveKernel(inside, stride)]
        if not is_sk:
            middle = [make_convolution(inside, inside, 3, stride), make_norm(inside)]
        self.net = nn.Sequential(
            make_convolution(before, inside, 1),
            make_norm(inside),
            *middle,
            make_convolution(inside, after, 1),
            make_norm(after, has_relu=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map x (batch, before, height, width) → (batch, 4 inside, shrunk height and width)."""
        return F.relu(self.projection(x) + self.net(x))


class Projection(nn.Module):
    """The shortcut of a group's first block; beside selective kernels it averages first."""

    def __init__(self, before: int, after: int, stride: int, is_sk: bool) -> None:
        super().__init__()
        self.shortcut: nn.Module = make_convolution(before, after, 1, 1 if is_sk else stride)
        if is_sk:
            pad = nn.ZeroPad2d((0, 1, 0, 1))  # right and bottom
            self.shortcut = nn.Sequential(pad, nn.AvgPool2d(2, stride=stride), self.shortcut)
        self.bn = make_norm(after, has_relu=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (batch, before, height, width) → (batch, after, shrunk height, shrunk width)."""
        return self.bn(self.shortcut(x))


class SelectiveKernel(nn.Module):
    """Two branches of a convolution, mixed channel by channel by what the whole map shows."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        inside = max(channels // 16, SMALLEST_MIXER)
        self.main_conv = nn.Sequential(
            make_convolution(channels, 2 * channels, 3, stride), make_norm(2 * channels)
        )
        self.mixing_conv = nn.Sequential(
            make_convolution(channels, inside, 1),
            make_norm(inside),
            make_convolution(inside, 2 * channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map x (batch, channels, height, width) → (batch, channels, shrunk height and width)."""
        branches = self.main_conv(x).unflatten(1, (2, -1))  # (batch, 2, channels, rows, columns)
        pooled = branches.sum(dim=1).mean(dim=(2, 3), keepdim=True)  # (batch, channels, 1, 1)
        shares = self.mixing_conv(pooled).unflatten(1, (2, -1)).softmax(dim=1)
        return (branches * shares).sum(dim=1)


def make_stem(config: SimCLRv2Config) -> nn.Sequential:
    """One convolution of 7 x 7, or beside selective kernels three of 3 x 3; then max pooling."""
    width = config.width
    pool = nn.MaxPool2d(3, stride=2, padding=1)
    if not config.has_selective_kernels:
        return nn.Sequential(make_convolution(3, width, 7, 2), make_norm(width), pool)
    half = width // 2
    return nn.Sequential(
        make_convolution(3, half, 3, 2),
        make_norm(half),
        make_convolution(half, half, 3),
        make_norm(half),
        make_convolution(half, width, 3),
        make_norm(width),
        pool,
    )


def make_convolution(before: int, after: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """A convolution without bias that keeps the size but for its stride."""
    return nn.Conv2d(before, after, kernel, stride=stride, padding=kernel // 2, bias=False)


def make_norm(channels: int, *, has_relu: bool = True) -> nn.Sequential:
    """A batch norm, with or without ReLU behind it."""
    return nn.Sequential(nn.BatchNorm2d(channels), *([nn.ReLU()] if has_relu else []))
