from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.encoders.residual_network import (
    RESIDUAL_NETWORKS,
    BlockKind,
    ResidualNetwork,
    ResidualNetworkConfig,
    build_residual_network,
)
from seewhy.errors import ShapeError, WeightsError

State = dict[str, Tensor]


def make(block: BlockKind) -> ResidualNetwork:
    torch.manual_seed(0)
    network = ResidualNetwork(ResidualNetworkConfig(depths=(1, 2), block=block, width=4)).eval()
    for value in network.state_dict().values():
        if value.is_floating_point() and value.ndim == 1:  # of norms
            value.uniform_(0.5, 1.5)
    return network


def run_slowly(state: State, pixels: Tensor) -> Tensor:
    """The map by the definition, from the weights alone."""

    def convolve(x: Tensor, place: str, norm: str, stride: int = 1) -> Tensor:
        kernel = state[f"{place}.weight"]
        x = F.conv2d(x, kernel, stride=stride, padding=kernel.shape[2] // 2)
        mean, variance, weight, bias = (
            state[f"{norm}.{part}"][:, None, None]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / (variance + 1e-5).sqrt() * weight + bias

    x = F.max_pool2d(convolve(pixels, "conv1", "bn1", 2).relu(), 3, 2, 1)
    for stage, blocks in ((1, 1), (2, 2)):
        for number in range(blocks):
            place, stride = f"layer{stage}.{number}", 2 if stage == 2 and number == 0 else 1
            y, is_bottleneck = x, f"{place}.conv3.weight" in state
            for layer in (1, 2, 3)[: 3 if is_bottleneck else 2]:
                step = stride if layer == (2 if is_bottleneck else 1) else 1
                y = convolve(y, f"{place}.conv{layer}", f"{place}.bn{layer}", step)
                y = y.relu() if layer < (3 if is_bottleneck else 2) else y
            if f"{place}.downsample.0.weight" in state:
                x = convolve(x, f"{place}.downsample.0", f"{place}.downsample.1", stride)
            x = (x + y).relu()
    return x


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_the_map_is_that_of_the_definition(block: BlockKind) -> None:
    network, pixels = make(block), torch.randn(2, 3, 40, 36)
    expected = run_slowly(network.state_dict(), pixels)
    torch.testing.assert_close(network(pixels), expected, rtol=1e-4, atol=1e-4)
    assert expected.shape == (2, network.config.channels, 5, 5)


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_its_sizes_are_read_from_its_weights(block: BlockKind) -> None:
    network, pixels = make(block), torch.randn(2, 3, 40, 36)
    again = build_residual_network(network.state_dict(), source="trial")
    assert again.config == network.config
    assert torch.equal(again(pixels), network(pixels))


def test_resnet50_has_the_published_number_of_weights() -> None:
    with torch.device("meta"):
        count = sum(p.numel() for p in ResidualNetwork(RESIDUAL_NETWORKS["resnet50"]).parameters())
        small = sum(p.numel() for p in ResidualNetwork(RESIDUAL_NETWORKS["resnet18"]).parameters())
    assert count == 25_557_032 - 2048 * 1000 - 1000  # torchvision's, without its classifier
    assert small == 11_689_512 - 512 * 1000 - 1000


def test_weights_of_something_else_are_refused() -> None:
    state = make("basic").state_dict()
    with pytest.raises(WeightsError, match="no ResNet of torchvision's form"):
        build_residual_network({"features.0.weight": torch.zeros(1)}, source="a.pth")
    with pytest.raises(WeightsError, match=r"a\.pth do not fit"):
        build_residual_network({**state, "fc.weight": torch.zeros(1)}, source="a.pth")


def test_pixels_of_another_shape_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(2, 1, 40, 40\)"):
        make("basic")(torch.zeros(2, 1, 40, 40))
