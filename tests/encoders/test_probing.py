from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from seewhy.encoders.modules import wrap_module
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.encoders.transformer import Block
from seewhy.errors import EncoderError


def wanted(height: int = 32, width: int = 32) -> Preprocessing:
    return Preprocessing(size=(height, width), mean=(0.5,) * 3, std=(0.5,) * 3, resize="exact")


class ViT(nn.Module):
    """Patches of 8 through a convolution or a linear layer, with any number of prefix tokens."""

    def __init__(self, prefix: int, *, linear: bool = False, classes: int = 0) -> None:
        super().__init__()
        self.stem = nn.Linear(3 * 8 * 8, 6) if linear else nn.Conv2d(3, 6, 8, stride=8)
        self.prefix = nn.Parameter(torch.zeros(1, prefix, 6))
        self.blocks = nn.ModuleList([Block(6, 2) for _ in range(3)])
        self.head = nn.Linear(6, classes) if classes else nn.Identity()

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        if isinstance(self.stem, nn.Linear):
            patches = nn.functional.unfold(pixels, 8, stride=8).transpose(1, 2)
            x = self.stem(patches)
        else:
            x = self.stem(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.prefix.expand(len(x), -1, -1), x], dim=1)
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean(dim=1))


class ChannelsLast(nn.Module):
    """A last stage that gives (batch, rows, columns, channels)."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 5)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return self.linear(maps.permute(0, 2, 3, 1))


class PooledMaps(nn.Module):
    """All stages in one part; channels of the last one stand first or last."""

    def __init__(self, *, channels_last: bool = False) -> None:
        super().__init__()
        halve = [nn.Sequential(nn.Conv2d(3, 3, 2, 2)) for _ in range(3)]
        last = ChannelsLast() if channels_last else nn.Sequential(nn.Conv2d(3, 5, 1))
        self.stages = nn.Sequential(*halve, last)
        self.pooled = (1, 2) if channels_last else (2, 3)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.stages(pixels).mean(dim=self.pooled)


@pytest.mark.parametrize("prefix", [0, 1, 5])
@pytest.mark.parametrize("linear", [False, True], ids=["conv", "linear"])
def test_a_transformer_is_known_by_its_blocks(prefix: int, linear: bool) -> None:
    layout = wrap_module(ViT(prefix, linear=linear, classes=9), preprocessing=wanted()).layout
    assert layout.kind == "vit"
    assert layout.grid == (4, 4)
    assert layout.num_prefix_tokens == prefix
    assert layout.layers == ("blocks.0", "blocks.1", "blocks.2")
    assert (layout.width, layout.dim, layout.input_size) == (6, 9, (32, 32))


@pytest.mark.parametrize("linear", [False, True], ids=["conv", "linear"])
def test_a_grid_need_not_be_square(linear: bool) -> None:
    layout = wrap_module(ViT(1, linear=linear), preprocessing=wanted(32, 64)).layout
    assert (layout.grid, layout.num_prefix_tokens) == ((4, 8), 1)


@pytest.mark.parametrize("channels_last", [False, True])
def test_a_convolutional_network_is_known_by_its_stages(channels_last: bool) -> None:
    network = PooledMaps(channels_last=channels_last)
    encoder = wrap_module(network, preprocessing=wanted())
    assert encoder.layout.kind == "convnet"
    assert encoder.layout.grid == (4, 4)
    assert encoder.layout.layers == ("stages.0", "stages.1", "stages.2", "stages.3")
    assert encoder.layout.width == 5
    pixels = torch.randn(1, 3, 32, 32)
    features = encoder.features(pixels)
    assert features.values.shape == (1, 16, 5)
    torch.testing.assert_close(features.values.mean(dim=1), encoder.encode_pixels(pixels))


def test_layers_without_parts_of_their_own_count_where_there_are_no_others() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten())
    assert wrap_module(network, preprocessing=wanted()).layout.layers == ("0", "1")


def test_a_network_without_maps_still_gives_embeddings() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 4))
    encoder = wrap_module(network, preprocessing=wanted())
    assert (encoder.layout.kind, encoder.layout.grid, encoder.dim) == ("unknown", None, 4)
    with pytest.raises(EncoderError, match="no feature map"):
        encoder.features(torch.zeros(1, 3, 32, 32))


def test_what_is_known_overrules_what_is_found() -> None:
    encoder = wrap_module(ViT(1), preprocessing=wanted(), layers=["blocks.0"], num_prefix_tokens=1)
    assert encoder.layout.layers == ("blocks.0",)
    linear = wrap_module(ViT(9, linear=True), preprocessing=wanted(), num_prefix_tokens=9)
    assert (linear.layout.grid, linear.layout.num_prefix_tokens) == ((4, 4), 9)


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        (ViT(1), {"num_prefix_tokens": 2}, "17 tokens do not hold a grid of 4 x 4 .* after 2"),
        (ViT(1, linear=True), {"num_prefix_tokens": 0}, "17 tokens less 0 do not fill a grid"),
        (ViT(1), {"layers": ["blocks.7"]}, "no module 'blocks.7'"),
        (ViT(1), {"layers": ["head"]}, "'head' gives neither tokens"),
        (nn.Conv2d(3, 4, 3), {}, r"it gave \(2, 4, 30, 30\)"),
        (nn.Linear(5, 4), {}, "fails on pictures of 32 x 32"),
        (ViT(0), {"embed": lambda _: "text"}, "it gave str"),
    ],
)
def test_what_makes_no_sense_fails_loudly(
    network: nn.Module, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(EncoderError, match=message):
        wrap_module(network, preprocessing=wanted(), **options)


def test_the_probe_leaves_nothing_behind() -> None:
    network = ViT(1).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    wrap_module(network, preprocessing=wanted())
    assert all(part.training for part in network.modules())
    assert not any(part._forward_hooks for part in network.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
