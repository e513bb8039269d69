"""Max sensitivity against its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.sensitivity import draw_disturbances, measure_sensitivity


def test_it_is_the_largest_relative_change_averaged_over_both_maps() -> None:
    pictures = torch.tensor([[[[3.0, 4.0]]] * 3, [[[0.0, 10.0]]] * 3])
    noise = [torch.full((1, 3, 1, 2), 0.3), torch.full((1, 3, 1, 2), -0.6)]

    def explain(given: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        return given[0, 0].numpy(), 2 * given[-1, 0].numpy()

    by_hand = (math.hypot(0.6, 0.6) / 5 + math.hypot(1.2, 1.2) / 20) / 2
    assert measure_sensitivity(explain, pictures, noise) == pytest.approx(by_hand, rel=1e-6)


def test_maps_that_do_not_change_are_not_sensitive_and_empty_ones_undefined() -> None:
    pictures = torch.zeros(2, 3, 4, 4)
    noise = draw_disturbances((3, 4, 4), draws=2)
    ones, zeros = np.ones((4, 4)), np.zeros((4, 4))
    assert measure_sensitivity(lambda _: (ones, ones), pictures, noise) == 0
    assert math.isnan(measure_sensitivity(lambda _: (ones, zeros), pictures, noise))


def test_disturbances_are_uniform_and_seeded() -> None:
    noise = draw_disturbances((3, 20, 20), draws=5, radius=0.1, seed=4)
    assert noise.shape == (5, 1, 3, 20, 20)
    assert float(noise.abs().max()) <= 0.1 < float(noise.abs().max()) + 0.01
    assert float(noise.mean()) == pytest.approx(0, abs=0.01)
    torch.testing.assert_close(noise, draw_disturbances((3, 20, 20), draws=5, radius=0.1, seed=4))
    with pytest.raises(InvalidArgumentError, match="draws must be at least 1"):
        draw_disturbances((3, 4, 4), draws=0)
