"""Small encoders of each kind, with random weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.modules import wrap_module
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.similarity.model import PairModel

SIZE = Preprocessing(size=(32, 24), resize="exact", mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3))


class Trunk(nn.Sequential):
    """Three stages; the last map is 4 x 3 for pictures of 32 x 24."""

    def __init__(self) -> None:
        super().__init__()
        for before, after in ((3, 6), (6, 8), (8, 10)):
            stage = nn.Sequential(nn.Conv2d(before, after, 3, 2, 1), nn.BatchNorm2d(after))
            if after < 10:  # the last stage is linear, as MobileNet's
                stage.append(nn.ReLU(inplace=True))
            self.append(stage)


class Headed(nn.Module):
    """f(x) = head(mean of the map), with an activation in between that works in place."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.after = nn.ReLU6(inplace=True)
        self.head = nn.Sequential(
            nn.Linear(10, 12), nn.ReLU(), nn.Linear(12, 5), nn.BatchNorm1d(5, affine=False)
        )

    def forward(self, pixels: Tensor) -> Tensor:
        return self.head(self.after(self.trunk(pixels)).mean((2, 3)))


class Transformer(nn.Module):
    """A ViT with a class token, compared by it or by the mean of its patches."""

    def __init__(self, pooling: str) -> None:
        super().__init__()
        self.pooling = pooling
        self.stem = nn.Conv2d(3, 8, 8, 8)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.blocks = nn.Sequential(
            *[
                nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True)
                for _ in range(3)
            ]
        )
        self.norm = nn.LayerNorm(8)
        self.center = nn.BatchNorm1d(8, affine=False)

    def forward(self, pixels: Tensor) -> Tensor:
        patches = self.stem(pixels).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(patches), -1, -1), patches], dim=1)
        tokens = self.norm(self.blocks(tokens))
        return self.center(tokens[:, 0] if self.pooling == "class" else tokens[:, 1:].mean(1))


def wrap_seeded(make: type[nn.Module], *args: str) -> TorchImageEncoder:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        module = make(*args).train()
        for part in module.modules():
            if isinstance(part, nn.BatchNorm2d):
                nn.init.uniform_(part.weight, 0.5, 1.5)
                nn.init.uniform_(part.bias, -0.2, 0.6)
            if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
                part.momentum = None  # what follows is all it knows
        with torch.no_grad():
            module(torch.randn(64, 3, 32, 24))  # so that cosines are not all near 1
    return wrap_module(module.requires_grad_(False).eval(), preprocessing=SIZE)


@pytest.fixture
def convnet() -> PairModel:
    return PairModel(wrap_seeded(Headed))


@pytest.fixture
def class_transformer() -> PairModel:
    return PairModel(wrap_seeded(Transformer, "class"))


@pytest.fixture
def mean_transformer() -> PairModel:
    return PairModel(wrap_seeded(Transformer, "mean"))


@pytest.fixture
def pixels() -> tuple[Tensor, Tensor]:
    """Two pictures, normalized, (1, 3, 32, 24) each."""
    numbers = torch.Generator().manual_seed(5)
    first, second = torch.randn(2, 1, 3, 32, 24, generator=numbers)
    return first, 0.6 * first + 0.8 * second
