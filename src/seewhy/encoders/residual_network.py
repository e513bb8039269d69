"""ResNets as torchvision lays them out, without torchvision: same names, same numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from seewhy.encoders.projection_heads import fill
from seewhy.errors import ShapeError, WeightsError

BLOCK = re.compile(r"layer(\d+)\.(\d+)\.")

BlockKind = Literal["basic", "bottleneck"]
WIDENING = {"basic": 1, "bottleneck": 4}
"""How many channels a block gives for each of its own."""


@dataclass(frozen=True, kw_only=True)
class ResidualNetworkConfig:
    """Shape of a ``ResidualNetwork``; the default is ResNet-50."""

    depths: tuple[int, ...] = (3, 4, 6, 3)
    """Blocks of each stage."""
    block: BlockKind = "bottleneck"
    width: int = 64
    """Channels of the stem, and inside the blocks of the first stage; each stage doubles them."""

    @property
    def channels(self) -> int:
        """Channels of the last map."""
        return self.width * 2 ** (len(self.depths) - 1) * WIDENING[self.block]


RESIDUAL_NETWORKS: dict[str, ResidualNetworkConfig] = {
    "resnet18": ResidualNetworkConfig(depths=(2, 2, 2, 2), block="basic"),
    "resnet34": ResidualNetworkConfig(block="basic"),
    "resnet50": ResidualNetworkConfig(),
    "resnet101": ResidualNetworkConfig(depths=(3, 4, 23, 3)),
    "resnet152": ResidualNetworkConfig(depths=(3, 8, 36, 3)),
    "resnet50x2": ResidualNetworkConfig(width=128),
    "resnet200x2": ResidualNetworkConfig(depths=(3, 24, 36, 3), width=128),
}


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut: y = relu(shortcut(x) + convolutions(x))."""

    def __init__(self, before: int, inside: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, inside, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(inside)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(inside, inside, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(inside)
        self.downsample = make_shortcut(before, inside, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (batch, before, height, width) → (batch, inside, shrunk height, shrunk width)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + shortcut)


class BottleneckBlock(nn.Module):
    """1 x 1, 3 x 3 and 1 x 1 convolutions beside a shortcut; the 3 x 3 one shrinks the map."""

    def __init__(self, before: int, inside: int, stride: int) -> None:
        super().__init__()
        after = inside * WIDENING["bottleneck"]
        self.conv1 = nn.Conv2d(before, inside, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inside)
        self.conv2 = nn.Conv2d(inside, inside, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(inside)
        self.conv3 = nn.Conv2d(inside, after, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        self.relu = nn.ReLU()
        self.downsample = make_shortcut(before, after, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (batch, before, height, width) → (batch, 4 inside, shrunk height and width)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + shortcut)


class ResidualNetwork(nn.Module):
    """Picture → stem → four stages → the map that a head pools.

    Source: He et al. (CVPR 2016), arXiv:1512.03385.
    Differs: as torchvision and all that was trained with it, the 3 x 3 convolution of a
        bottleneck has the stride, not the first; there is no pooling and no classifier.
    """

    def __init__(self, config: ResidualNetworkConfig) -> None:
        super().__init__()
        self.config, width = config, config.width
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        before = width
        for number, depth in enumerate(config.depths):
            inside, stride = width * 2**number, 1 if number == 0 else 2
            self.add_module(f"layer{number + 1}", make_stage(config, before, inside, depth, stride))
            before = inside * WIDENING[config.block]
        init_kernels(self.modules())

    @property
    def stages(self) -> list[str]:
        """Names of the stages, first to last."""
        return [f"layer{number + 1}" for number in range(len(self.config.depths))]

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels (batch, 3, height, width) → (batch, channels, height / 32, width / 32)."""
        if pixels.ndim != 4 or pixels.shape[1] != 3:
            raise ShapeError(
                f"pixels must be (batch, 3, height, width), got {tuple(pixels.shape)}."
            )
        x = self.maxpool(self.relu(self.bn1(self.conv1(pixels))))  # a quarter of each side
        for stage in self.stages:
            x = self.get_submodule(stage)(x)
        return x


def make_stage(
    config: ResidualNetworkConfig, before: int, inside: int, depth: int, stride: int
) -> nn.Sequential:
    """One stage: ``depth`` blocks, the first of which widens and shrinks."""
    block = BasicBlock if config.block == "basic" else BottleneckBlock
    after = inside * WIDENING[config.block]
    rest = (block(after, inside, 1) for _ in range(depth - 1))
    return nn.Sequential(block(before, inside, stride), *rest)


def make_shortcut(before: int, after: int, stride: int) -> nn.Sequential | None:
    """A 1 x 1 convolution where the shapes beside it differ; ``None`` where they agree."""
    if stride == 1 and before == after:
        return None
    return nn.Sequential(
        nn.Conv2d(before, after, 1, stride=stride, bias=False), nn.BatchNorm2d(after)
    )


def build_residual_network(weights: Mapping[str, Tensor], *, source: str) -> ResidualNetwork:
    """A ResNet all of whose sizes are read from its weights, in evaluation mode.

    Args:
        weights: under torchvision's names, without a classifier.
        source: what error messages call it.

    Raises:
        WeightsError: if a weight is missing, left over, or of another shape.
    """
    blocks = [match for match in map(BLOCK.match, weights) if match]
    counts = Counter(int(stage) for stage, _ in {(match[1], match[2]) for match in blocks})
    if "conv1.weight" not in weights or sorted(counts) != list(range(1, len(counts) + 1)):
        raise WeightsError(
            f"{source} is no ResNet of torchvision's form: it holds {sorted(weights)[:3]}."
        )
    config = ResidualNetworkConfig(
        depths=tuple(counts[stage] for stage in sorted(counts)),
        block="bottleneck" if "layer1.0.conv3.weight" in weights else "basic",
        width=len(weights["conv1.weight"]),
    )
    with torch.device("meta"):
        network = ResidualNetwork(config)
    return fill(network, weights, source=source).eval()


def init_kernels(layers: Iterable[nn.Module]) -> None:
    """He initialization of all convolutions."""
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
