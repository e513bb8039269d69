"""Gradients by finite differences, noise by its range, guidance at every rectifier."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.encoders.modules import wrap_module
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.errors import EncoderError, InvalidArgumentError
from seewhy.similarity.gradients import (
    GradientSettings,
    SmoothSettings,
    differentiate,
    find_sigma,
    multiply_gradients,
    smooth_gradients,
)
from seewhy.similarity.guidance import guiding
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair import Effort, Pair

Views = tuple[Tensor, Tensor]
SMALL = Preprocessing(size=(6, 6), mean=(0.5,) * 3, std=(0.5,) * 3)


def test_gradients_are_slopes(mean_transformer: PairModel, pixels: Views) -> None:
    model = mean_transformer
    model.encoder.module.double()
    first, second = (view.double() for view in pixels)
    found = differentiate(model, first, second)[0]
    for place in ((0, 0, 3, 5), (0, 2, 17, 20)):
        nudge = torch.zeros_like(first)
        nudge[place] = 1e-3
        higher, lower = (
            F.cosine_similarity(  # in float64: ours rounds cosines, which differences do not bear
                model.encoder.encode_pixels(first + sign * nudge),
                model.encoder.encode_pixels(second),
            )
            for sign in (1, -1)
        )
        assert higher.dtype == torch.float64
        slope = float(higher - lower) / 2e-3
        assert float(found[place]) == pytest.approx(slope, rel=1e-4, abs=1e-7)


def test_pairs_of_a_batch_do_not_know_each_other(convnet: PairModel, pixels: Views) -> None:
    first, second = pixels
    alone = differentiate(convnet, first, second)
    batch = differentiate(convnet, torch.cat([second, first]), torch.cat([second, second]))
    torch.testing.assert_close(batch[0][1:], alone[0], atol=1e-6, rtol=1e-4)


def test_the_map_is_the_largest_channel(convnet: PairModel, pixels: Views) -> None:
    pair = Pair(convnet, *pixels)
    slopes = differentiate(convnet, *pixels)
    found = multiply_gradients(pair, GradientSettings())
    expected = np.abs((pixels[1] * slopes[1]).numpy())[0].max(0)
    np.testing.assert_allclose(found.maps[1].values, expected, atol=1e-7)
    blurred = multiply_gradients(pair, GradientSettings(blurs=True)).maps[1].values
    assert blurred.std() < expected.std()


def test_noise_follows_the_range_and_is_divided_by_it_as_published() -> None:
    picture = torch.tensor([[-2.0, 2.5]])
    assert find_sigma(picture, 0.15) == pytest.approx(0.675)
    assert find_sigma(picture, 0.15, divides=True) == pytest.approx(0.15 / 4.5)
    assert find_sigma(torch.ones(2), 0.15) == 0
    with pytest.raises(InvalidArgumentError, match="one value"):
        find_sigma(torch.ones(2), 0.15, divides=True)


def test_without_noise_smooth_gradients_are_plain_ones(convnet: PairModel, pixels: Views) -> None:
    pair = Pair(convnet, *pixels, effort=Effort(batch_size=2))
    plain = multiply_gradients(pair, GradientSettings())
    smooth = smooth_gradients(pair, SmoothSettings(num_draws=5, noise=0))
    noisy = smooth_gradients(pair, SmoothSettings(num_draws=5))
    for view in (0, 1):
        expected = plain.maps[view].values
        np.testing.assert_allclose(smooth.maps[view].values, expected, atol=1e-6)
        assert np.abs(noisy.maps[view].values - expected).max() > 1e-4


class Rectified(nn.Module):
    """One rectifier that is a module and one that is a function."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, pixels: Tensor) -> Tensor:
        return F.relu(self.second(self.relu(self.first(pixels)))).mean((2, 3))


@pytest.mark.parametrize("guidance", ["modules", "all"])
def test_guided_gradients_match_the_definition(guidance: str) -> None:
    torch.manual_seed(0)
    network, weights = Rectified(), torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0])
    pixels = torch.randn(2, 3, 6, 6, requires_grad=True)
    with guiding(network, guidance):  # type: ignore[arg-type]
        output = network(pixels)
    (found,) = torch.autograd.grad((output * weights).sum(), pixels)
    inner = network.first(pixels)
    outer = network.second(inner.relu())
    back = (weights[:, None, None] / 4).expand_as(outer) * (outer > 0)
    back = back.clamp(min=0) if guidance == "all" else back
    (back,) = torch.autograd.grad(outer, inner, back, retain_graph=True)
    (expected,) = torch.autograd.grad(inner, pixels, back.clamp(min=0))
    torch.testing.assert_close(found, expected)


def test_a_network_without_rectifiers_is_refused() -> None:
    smooth = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU(), nn.Flatten(), nn.Linear(64, 3))
    pair = Pair(PairModel(wrap_module(smooth, preprocessing=SMALL)), *torch.randn(2, 1, 3, 6, 6))
    with pytest.raises(EncoderError, match="has used none"):
        multiply_gradients(pair, GradientSettings(guidance="all"))
    assert not any(part._forward_hooks for part in smooth.modules())


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="guidance must be"):
        GradientSettings(guidance="some")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="num_draws"):
        SmoothSettings(num_draws=0)
