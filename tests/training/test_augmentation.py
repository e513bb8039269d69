from __future__ import annotations

import pytest
import torch

from seewhy.errors import InvalidArgumentError
from seewhy.training.augmentation import Augmentation, augment


def vary(pixels, size=8, seed=0, **settings):
    generator = torch.Generator().manual_seed(seed)
    return augment(pixels, size, Augmentation(**settings), generator)


PIXELS = torch.rand(16, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_without_settings_nothing_changes():
    assert torch.equal(vary(PIXELS), PIXELS)


def test_the_same_seed_gives_the_same_pictures_and_another_others():
    settings = {"min_area": 0.5, "use_mirror": True, "brightness": 0.3, "contrast": 0.3}
    assert torch.equal(vary(PIXELS, **settings), vary(PIXELS, **settings))
    assert not torch.equal(vary(PIXELS, **settings), vary(PIXELS, seed=1, **settings))


def test_about_half_of_the_pictures_are_mirrored_and_the_others_left_alone():
    found = vary(PIXELS, use_mirror=True)
    mirrored = [
        torch.allclose(a, b.flip(-1), atol=1e-5) for a, b in zip(found, PIXELS, strict=True)
    ]
    left = [torch.allclose(a, b, atol=1e-5) for a, b in zip(found, PIXELS, strict=True)]
    assert all(a != b for a, b in zip(mirrored, left, strict=True))
    assert 3 <= sum(mirrored) <= 13


def test_a_crop_of_a_ramp_is_a_gentler_ramp_inside_it():
    ramp = torch.linspace(0, 1, 32).expand(16, 3, 32, 32)
    found = vary(ramp, size=32, min_area=0.25)
    spans = found[:, 0, 0, -2] - found[:, 0, 0, 1]
    assert spans.max() < 0.96
    assert spans.min() > 0.4
    assert (spans.max() - spans.min()) > 0.1


def test_another_size_comes_out_where_asked_for():
    flat = torch.full((2, 3, 12, 12), 0.25)
    torch.testing.assert_close(vary(flat, size=8), torch.full((2, 3, 8, 8), 0.25))


def test_light_is_changed_by_a_factor_and_stays_in_range():
    grey = torch.full((16, 3, 4, 4), 0.5)
    found = vary(grey, size=4, brightness=0.5)
    assert found.std() > 0.01
    assert (found >= 0.5 * 2**-0.5 - 1e-6).all()
    assert (found <= 0.5 * 2**0.5 + 1e-6).all()
    assert vary(grey, size=4, brightness=5.0).max() <= 1


def test_contrast_keeps_the_mean():
    soft = 0.4 + 0.2 * PIXELS
    found = vary(soft, contrast=0.2)
    torch.testing.assert_close(found.mean(dim=(1, 2, 3)), soft.mean(dim=(1, 2, 3)))
    assert not torch.allclose(found, soft)


def test_an_empty_crop_is_refused():
    with pytest.raises(InvalidArgumentError, match="min_area is from above 0 to 1, got 0"):
        Augmentation(min_area=0)
