"""Pixel invariance: what hides it from the encoder stays cold, what the encoder reads is warm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from seewhy.encoders.modules import wrap_module
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.errors import InvalidArgumentError
from seewhy.similarity import pixel_invariance as invariance
from seewhy.similarity.linear_surrogate import DescentSettings
from seewhy.similarity.model import PairModel, cosine
from seewhy.similarity.pair import Effort, Pair

Views = tuple[Tensor, Tensor]
FEW = invariance.InvarianceSettings(num_copies=40, size=8)


class HalfBlind(nn.Module):
    """Sees one half of a picture as it is, and nothing of the other."""

    def __init__(self, *, is_left: bool) -> None:
        super().__init__()
        self.is_left = is_left
        self.read = nn.Conv2d(3, 4, 4, 4, bias=False)
        weights = np.random.default_rng(0).standard_normal((4, 3, 4, 4))
        self.read.weight = nn.Parameter(torch.from_numpy(weights).float())

    def forward(self, pixels: Tensor) -> Tensor:
        left, right = pixels.tensor_split(2, dim=3)
        return self.read(left if self.is_left else right).flatten(1)


@pytest.fixture
def picture() -> Tensor:
    values = np.random.default_rng(1).uniform(-1, 1, (1, 3, 16, 16))
    return torch.from_numpy(values).float()


def test_the_half_that_the_encoder_sees_has_more_say(picture: Tensor) -> None:
    wanted = Preprocessing(size=(16, 16), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    settings = invariance.InvarianceSettings(num_copies=400, size=16)
    shares = []
    for is_left in (True, False):
        model = PairModel(wrap_module(HalfBlind(is_left=is_left), preprocessing=wanted))
        found = invariance.map_invariance(Pair(model, picture, picture), settings)
        assert found.facts["converged_1"] is True
        assert not found.notes
        left, right = (np.abs(part).mean() for part in np.hsplit(found.maps[0].values, 2))
        shares.append(left / right)
    assert shares[0] > 1.2
    assert shares[1] < 1 / 1.2


def test_the_map_is_what_a_pixel_adds(convnet: PairModel, pixels: Views) -> None:
    pair = Pair(convnet, *pixels)
    copies = invariance.make_copies(pair, 1, FEW, torch.Generator().manual_seed(0))
    found = invariance.map_invariance(pair, FEW)
    unit = invariance.fit_copies(copies, FEW, seed=0)
    expected = torch.zeros(8, 8)
    for channel in range(3):
        expected += unit.weights.view(3, 8, 8)[channel] * copies.clean[0, channel]
    np.testing.assert_allclose(found.maps[0].values, expected, atol=1e-6)
    assert found.facts["loss_1"] == unit.loss
    blurred = invariance.map_invariance(pair, replace(FEW, blurs=True)).maps[0].values
    assert blurred.std() < found.maps[0].values.std()


def test_copies_are_compared_with_their_picture(convnet: PairModel, pixels: Views) -> None:
    pair = Pair(convnet, *pixels, effort=Effort(batch_size=7))
    copies = invariance.make_copies(pair, 2, FEW, torch.Generator().manual_seed(0))
    assert copies.changed.shape == (40, 3, 8, 8)
    assert copies.features.shape == (40, 5)
    torch.testing.assert_close(copies.likeness, cosine(copies.features, pair.embeddings[1]))
    torch.testing.assert_close(copies.clean, invariance.shrink(pixels[1], 8))
    assert copies.changed.std(0).min() > 0


def test_the_same_seed_makes_the_same_copies_in_any_batch(
    convnet: PairModel, pixels: Views
) -> None:
    made = [
        invariance.make_copies(
            Pair(convnet, *pixels, effort=Effort(batch_size=size)),
            1,
            FEW,
            torch.Generator().manual_seed(seed),
        ).changed
        for size, seed in ((32, 3), (9, 3), (32, 4))
    ]
    torch.testing.assert_close(made[0], made[1])
    assert (made[0] - made[2]).abs().max() > 0.1


def test_colors_change_and_nothing_moves() -> None:
    values = np.full((10, 12, 3), 90, np.uint8)
    values[2:5, 3:9] = (200, 40, 40)
    numbers = np.random.default_rng(0)
    made = [invariance.change_colors(Image.fromarray(values), numbers) for _ in range(30)]
    assert len({each.numpy().tobytes() for each in made}) > 15
    for each in made:
        assert each.shape == (3, 10, 12)
        for region in (each[:, 2:5, 3:9], each[:, :2]):  # one color each, wherever it was
            assert float((region.amax((1, 2)) - region.amin((1, 2))).max()) == 0


def test_the_published_fit_is_reported_to_have_failed(convnet: PairModel, pixels: Views) -> None:
    settings = replace(invariance.PUBLISHED_INVARIANCE, num_copies=60, size=16)
    found = invariance.map_invariance(Pair(convnet, *pixels), settings)
    assert found.facts["converged_1"] is False
    assert "did not converge" in found.notes[0]
    for each in found.maps:
        assert each.values.min() >= 0
        assert each.values.max() <= 1


def test_published_maps_are_the_largest_weights_cut_in_half() -> None:
    weights = torch.tensor([[[0.0, 4.0], [1.0, 2.0]], [[-1.0, 0.0], [3.0, 0.0]]])
    kept = invariance.InvarianceSettings(descends=True)
    found = invariance.read_weights(weights, kept)
    torch.testing.assert_close(found, torch.tensor([[0.0, 1.0], [0.75, 0.5]]))
    cut = invariance.read_weights(weights - 0.2 * weights, replace(kept, cuts_small=True))
    torch.testing.assert_close(cut, torch.tensor([[0.0, 1.0], [0.75, 0.5]]))
    lower = torch.tensor([[[0.0, 4.0], [1.9, 2.1]]])
    cut = invariance.read_weights(lower, replace(kept, cuts_small=True))
    torch.testing.assert_close(cut, torch.tensor([[0.0, 1.0], [0.0, 0.525]]))


def test_a_factorization_is_seeded_and_joins_the_fit(convnet: PairModel, pixels: Views) -> None:
    pair = Pair(convnet, *pixels)
    plain = DescentSettings(sparsity=0.0, steps=20, learning_rate=1e-3)
    settings = invariance.InvarianceSettings(
        num_copies=40, size=8, descends=True, num_components=2, descent=plain
    )
    weighed = replace(settings, descent=replace(plain, invariance=5.0))
    maps = [
        invariance.map_invariance(pair, each).maps[0].values
        for each in (settings, weighed, weighed)
    ]
    np.testing.assert_array_equal(maps[1], maps[2])
    assert np.abs(maps[0] - maps[1]).max() > 1e-4


def test_settings_that_make_no_sense_are_refused() -> None:
    for changes in ({"num_copies": 1}, {"size": 0}, {"num_components": 0}):
        with pytest.raises(InvalidArgumentError, match="num_copies is at least 2"):
            invariance.InvarianceSettings(**changes)  # type: ignore[arg-type]
