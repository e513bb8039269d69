"""Networks run on parts of pictures give what they give on the whole ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.encoders.modules import wrap_module
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.encoders.residual_network import ResidualNetwork, ResidualNetworkConfig
from seewhy.encoders.simclr_v2 import SimCLRv2Config, SimCLRv2Network
from seewhy.similarity.local_maps import Convolution, LocalMap
from seewhy.similarity.model import PairModel
from seewhy.similarity.painting import lay_windows
from seewhy.similarity.partial_encoding import PartialEncoder, can_encode_partially, embed_whole

SIDE = (64, 48)
BOXES = [(0, 0, 16, 16), (20, 13, 16, 16), (48, 32, 16, 16), (7, 31, 9, 12), (0, 0, 0, 0)]


class Pooled(nn.Module):
    """The mean of what layers give, and maybe a head."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.layers(pixels).mean((2, 3))


class Squeezed(nn.Module):
    """Channels weighted by what the whole map shows, as squeeze-and-excitation does."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weigh(x.mean((2, 3), keepdim=True)).sigmoid()


class ConvNeXtBlock(nn.Module):
    """A block whose norm and linear layers have channels last."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.widen, self.narrow = (
            nn.Linear(channels, 2 * channels),
            nn.Linear(2 * channels, channels),
        )
        self.scale = nn.Parameter(torch.rand(channels))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.mix(x).permute(0, 2, 3, 1))
        y = self.scale * self.narrow(F.gelu(self.widen(y)))
        return x + y.permute(0, 3, 1, 2)


class PreActivated(nn.Module):
    """A norm that two branches read, ReLU that writes over it, arithmetic of all kinds."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.one, self.other = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        y = self.one(x)
        y = y * torch.sigmoid(y) - 0.5 * y
        z = self.norm(x)
        z = self.other(F.relu(z, inplace=True)) + 2 * z
        z += y
        return F.leaky_relu(z / 3, 0.1)


def make_stem(channels: int) -> list[nn.Module]:
    return [nn.Conv2d(3, channels, 3, 2, 1), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "bottlenecks": lambda: Pooled(
        ResidualNetwork(ResidualNetworkConfig(depths=(2, 1, 1, 1), width=4))
    ),
    "basic blocks": lambda: Pooled(
        ResidualNetwork(ResidualNetworkConfig(depths=(1, 2), block="basic", width=6))
    ),
    "simclr v2": lambda: Pooled(SimCLRv2Network(SimCLRv2Config(depths=(1, 1), width=4))),
    "selective kernels": lambda: Pooled(
        SimCLRv2Network(SimCLRv2Config(depths=(1, 1), width=4, has_selective_kernels=True))
    ),
    "mobile": lambda: Pooled(
        *make_stem(6),
        nn.Conv2d(6, 12, 1, bias=False),
        nn.BatchNorm2d(12),
        nn.ReLU6(),
        nn.Conv2d(12, 12, 5, 2, 2, groups=12),
        nn.Hardswish(),
        nn.AvgPool2d(2, 2),
        nn.Conv2d(12, 8, 3, padding=2, dilation=2),
    ),
    "squeezed": lambda: Pooled(*make_stem(6), Squeezed(6), nn.Conv2d(6, 8, 3), nn.SiLU()),
    "convnext": lambda: Pooled(nn.Conv2d(3, 8, 4, 4), ConvNeXtBlock(8), ConvNeXtBlock(8)),
    "pre-activated": lambda: Pooled(*make_stem(6), PreActivated(6), PreActivated(6)),
    "padded otherwise": lambda: Pooled(
        *make_stem(6),
        nn.Conv2d(6, 6, 3, padding=1, padding_mode="reflect"),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.Conv2d(6, 8, 3, padding="same"),
        nn.GroupNorm(2, 8),
    ),
}


def wrap(network: nn.Module) -> PairModel:
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            for values in (part.weight, part.running_var):
                nn.init.uniform_(values, 0.5, 1.5)
            for values in (part.bias, part.running_mean):
                nn.init.uniform_(values, -0.3, 0.3)
    wanted = Preprocessing(size=SIDE, resize="exact", mean=(0.5,) * 3, std=(0.25,) * 3)
    return PairModel(wrap_module(network.requires_grad_(False).eval(), preprocessing=wanted))


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> PairModel:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        return wrap(NETWORKS[request.param]())


@pytest.fixture
def pictures() -> tuple[Tensor, Tensor]:
    first, second = torch.randn(2, 1, 3, *SIDE, generator=torch.Generator().manual_seed(4))
    return first, second


def test_embeddings_are_those_of_whole_pictures(
    network: PairModel, pictures: tuple[Tensor, Tensor]
) -> None:
    encoder = PartialEncoder(network, *pictures)
    for boxes in (BOXES, BOXES[::-1], BOXES[3:4]):  # later batches know maps of earlier ones
        wanted = network.embed(lay_windows(*pictures, boxes))
        torch.testing.assert_close(encoder.embed(boxes), wanted, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(
        embed_whole(network, torch.cat(pictures)),
        network.embed(torch.cat(pictures)),
        atol=1e-5,
        rtol=1e-4,
    )
    assert can_encode_partially(network, SIDE)


def test_a_window_costs_less_than_a_picture(
    pictures: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what a window reaches goes through the first convolutions."""
    seen: list[tuple[int, int]] = []
    convolve = Convolution.run

    def count(self: Convolution, x: Tensor, *, pads: bool) -> Tensor:
        seen.append((x.shape[2], x.shape[3]))
        return convolve(self, x, pads=pads)

    model = wrap(NETWORKS["bottlenecks"]())
    encoder = PartialEncoder(model, *pictures)
    encoder.embed(BOXES[1:2])
    monkeypatch.setattr(Convolution, "run", count)
    encoder.embed(BOXES[1:2])
    assert max(seen[0]) <= 16 + 14
    assert seen[-1] == (4, 3)  # the last stage gets all of its map


def test_the_network_is_left_as_it_was(pictures: tuple[Tensor, Tensor]) -> None:
    model = wrap(NETWORKS["bottlenecks"]())
    before = {name: value.clone() for name, value in model.encoder.module.state_dict().items()}
    parts = list(model.encoder.module.modules())
    PartialEncoder(model, *pictures).embed(BOXES)
    for name, value in model.encoder.module.state_dict().items():
        assert torch.equal(value, before[name])
    assert list(model.encoder.module.modules()) == parts
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in parts)


class Stubborn(nn.Module):
    """Reads the memory of a tensor, past everything that torch calls."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = Pooled(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3))

    def forward(self, pixels: Tensor) -> Tensor:
        with torch._C.DisableTorchFunctionSubclass():
            return self.layers(pixels.as_subclass(Tensor))


def test_a_network_that_cannot_be_followed_is_run_as_ever(caplog: pytest.LogCaptureFixture) -> None:
    model = wrap(Stubborn())
    with caplog.at_level("INFO"):
        assert not can_encode_partially(model, SIDE)
    assert "not run on parts" in caplog.text


def test_memory_of_a_batch_is_let_go(
    pictures: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept from batch to batch is maps of the one picture, and few."""
    model = wrap(NETWORKS["bottlenecks"]())
    encoder = PartialEncoder(model, *pictures)
    encoder.embed(BOXES)
    kept = set(encoder.memory.maps)
    assert kept
    assert all(len(each) == 1 for each in encoder.memory.maps.values())
    made: list[int] = []
    compute = LocalMap.values

    def count(self: LocalMap) -> Tensor:
        made.append(1)
        return compute(self)

    monkeypatch.setattr(LocalMap, "values", count)
    encoder.embed(BOXES)
    assert set(encoder.memory.maps) == kept
    assert len(kept) < len(made)
