from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from seewhy.encoders.convnet import ConvNet, ConvNetConfig, ResidualBlock
from seewhy.errors import InvalidArgumentError, ShapeError

SMALL = ConvNetConfig(size=16, widths=(4, 6), depths=(1, 2), strides=(1, 2))


def test_a_fresh_block_of_one_shape_passes_positive_maps_through():
    block = ConvNet(SMALL, 5).stages[1][1].eval()  # its last norm starts at zero
    x = torch.rand(2, 6, 4, 4)
    assert torch.equal(block(x), x)


def test_a_block_is_a_shortcut_and_two_convolutions():
    block = ResidualBlock(3, 5, 2).eval()
    x = torch.randn(2, 3, 8, 8)
    first, norm, _, second = block.convolutions
    inner = F.relu(norm(F.conv2d(x, first.weight, stride=2, padding=1)))
    branch = block.last_norm(F.conv2d(inner, second.weight, padding=1))
    shortcut = block.shortcut[1](F.conv2d(x, block.shortcut[0].weight, stride=2))
    torch.testing.assert_close(block(x), (shortcut + branch).relu())


def test_the_map_shrinks_by_the_stem_and_the_strides():
    tower, maps = ConvNet(SMALL, 5), []
    tower.stages[-1].register_forward_hook(lambda module, inputs, output: maps.append(output))
    assert tower(torch.randn(2, 3, 16, 16)).shape == (2, 5)
    assert maps[0].shape == (2, 6, 4, 4)


def test_an_embedding_is_the_projected_mean_of_the_last_map():
    tower, maps = ConvNet(SMALL, 5).eval(), []
    tower.stages[-1].register_forward_hook(lambda module, inputs, output: maps.append(output))
    found = tower(torch.randn(2, 3, 16, 16))
    mean = torch.stack([maps[0][:, :, y, x] for y in range(4) for x in range(4)]).mean(dim=0)
    expected = F.layer_norm(mean, (6,)) @ tower.projection.weight.T
    torch.testing.assert_close(found, expected)


def test_memory_with_channels_last_gives_the_same_embedding():
    tower, pixels = ConvNet(SMALL, 5).eval(), torch.randn(2, 3, 16, 16)
    expected = tower(pixels)
    tower.to(memory_format=torch.channels_last)
    found = tower(pixels.to(memory_format=torch.channels_last))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_pixels_without_three_channels_are_refused():
    with pytest.raises(ShapeError, match=r"got \(2, 1, 16, 16\)"):
        ConvNet(SMALL, 5)(torch.zeros(2, 1, 16, 16))


def test_stages_must_agree():
    with pytest.raises(InvalidArgumentError, match="must name the same stages"):
        ConvNetConfig(widths=(4, 6), depths=(1,), strides=(1, 2))
