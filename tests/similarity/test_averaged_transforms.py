"""Averaged transforms by their definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.averaged_transforms import (
    TRANSFORMS,
    AveragedSettings,
    average_gradients,
    average_transforms,
    find_shares,
    mix_pictures,
    transform_picture,
)
from seewhy.similarity.gradients import differentiate
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair import Pair

Views = tuple[Tensor, Tensor]


@pytest.mark.parametrize("guidance", ["none", "all"])
@pytest.mark.parametrize("batch_size", [2, 32])
def test_gradients_are_the_mean_over_the_way(
    convnet: PairModel, pixels: Views, guidance: str, batch_size: int
) -> None:
    mixed = mix_pictures(*pixels, [1.0, 0.7, 0.4, 0.1])
    found = average_gradients(
        convnet,
        mixed,
        guidance=guidance,
        batch_size=batch_size,  # type: ignore[arg-type]
    )
    each = [differentiate(convnet, mixed[:1], one[None], guidance=guidance) for one in mixed[1:]]  # type: ignore[arg-type]
    for side in (0, 1):
        expected = torch.stack([slopes[side] for slopes in each]).mean(0)
        torch.testing.assert_close(found[side], expected, atol=1e-6, rtol=1e-3)


def test_the_way_ends_at_the_second_picture_and_one_step_short_as_published() -> None:
    assert find_shares(0.25, True) == [1, 0.75, 0.5, 0.25, 0]
    assert find_shares(0.25, False) == [1, 0.75, 0.5, 0.25]


def test_the_first_picture_is_encoded_once(convnet: PairModel, pixels: Views) -> None:
    counts = []
    handle = convnet.encoder.module.register_forward_hook(
        lambda _m, inputs, _o: counts.append(len(inputs[0]))
    )
    average_transforms(Pair(convnet, *pixels), AveragedSettings())
    handle.remove()
    assert counts == [1, 10]


@pytest.mark.parametrize("transform", TRANSFORMS[1:])
def test_a_transform_makes_the_second_picture(
    convnet: PairModel, pixels: Views, transform: str
) -> None:
    settings = AveragedSettings(transform=transform, step=0.5)  # type: ignore[arg-type]
    found = average_transforms(Pair(convnet, *pixels), settings)
    assert found.replaced is not None
    assert found.replaced.shape == (32, 24, 3)
    assert transform in found.notes[0]


def test_transforms_are_those_of_the_published_list() -> None:
    values = np.random.default_rng(0).integers(0, 256, (30, 20, 3), np.uint8)
    picture, numbers = Image.fromarray(values), np.random.default_rng(0)
    gray = np.asarray(transform_picture(picture, "grayscale", numbers))
    assert (gray.std(2) == 0).all()
    solarized = np.asarray(transform_picture(picture, "solarize", numbers))
    np.testing.assert_array_equal(solarized, np.where(values < 128, values, 255 - values))
    assert np.asarray(transform_picture(picture, "blur", numbers)).std() < values.std() / 3


def test_noise_spares_both_ends(convnet: PairModel, pixels: Views) -> None:
    pair = Pair(convnet, *pixels)
    plain = average_transforms(pair, AveragedSettings()).maps[0].values
    noisy = average_transforms(pair, AveragedSettings(noise=0.3)).maps[0].values
    assert np.abs(noisy - plain).max() > 1e-4
    two = AveragedSettings(step=0.5, reaches_end=False)
    noisy_two = AveragedSettings(step=0.5, reaches_end=False, noise=0.3)
    ends, noisy_ends = (average_transforms(pair, s).maps[0].values for s in (two, noisy_two))
    np.testing.assert_array_equal(ends, noisy_ends)  # nothing lies between


def test_pictures_of_two_sizes_have_no_way_between_them(pixels: Views) -> None:
    with pytest.raises(InvalidArgumentError, match="one size"):
        mix_pictures(pixels[0], pixels[1][..., :20], [1, 0])
    with pytest.raises(InvalidArgumentError, match="transform must be one of"):
        AveragedSettings(transform="mirror")  # type: ignore[arg-type]
