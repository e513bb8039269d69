"""References: fitted, written, read, chosen, and refused where they do not belong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from seewhy.concepts.feature_store import FeatureStore
from seewhy.concepts.reference import ConceptReference, find_reference, fit_reference
from seewhy.concepts.settings import ConceptSettings
from seewhy.encoders.base import TorchDualEncoder
from seewhy.encoders.mini import MINIS_FOLDER, load_mini
from seewhy.errors import DataFormatError, InvalidArgumentError, SeewhyError, WeightsError

GRID, CHANNELS = (6, 6), 8


def make_store(pictures: int = 6, *, seed: int = 0) -> FeatureStore:
    """Features with a thing of two halves in the middle of each picture."""
    generator = torch.Generator().manual_seed(seed)
    ground, left, right = torch.randn(3, CHANNELS, generator=generator)
    rows = ground + 0.05 * torch.randn(pictures, *GRID, CHANNELS, generator=generator)
    rows[:, 2:4, 1:3] += left - ground
    rows[:, 2:4, 3:5] += right - ground
    store = FeatureStore()
    names = [str(i) for i in range(pictures)]
    images = np.zeros((pictures, 12, 12, 3), np.uint8)
    store.add(names, images, torch.zeros(pictures, 4), rows.reshape(pictures, -1, CHANNELS), GRID)
    return store


def fit(settings: ConceptSettings, *, pictures: int = 6, seed: int = 0) -> ConceptReference:
    with make_store(pictures) as store:
        return fit_reference(store, settings, digest="d" * 64, fitted_on="toys", seed=seed)


def test_foreground_is_the_thing_and_clusters_are_its_halves() -> None:
    reference = fit(ConceptSettings(foreground="border", num_parts=2, restarts=5))
    thing = np.zeros(GRID, bool)
    thing[2:4, 1:5] = True
    with make_store() as store:
        for picture in store:
            found = reference.foreground.find(picture.features, GRID)[0]
            np.testing.assert_array_equal(found, thing)
            halves = reference.parts["kmeans"].assign(picture.features).reshape(GRID)[2:4, 1:5]
            assert len(halves[:, :2].unique()) == len(halves[:, 2:].unique()) == 1
            assert halves[0, 0] != halves[0, 2]
            rows = normalize(picture.features, dim=1).reshape(*GRID, CHANNELS)
            for column in (1, 3):  # a center is the mean of a half, not of any ground
                center = reference.parts["kmeans"].centers[halves[0, column - 1]]
                torch.testing.assert_close(center, rows[2, column], atol=0.1, rtol=0)


@pytest.mark.parametrize("foreground", ["svd", "pca", "border"])
@pytest.mark.parametrize("parts", [("pca",), ("kmeans",), ("pca", "kmeans")])
def test_what_is_written_is_read_and_decides_alike(
    tmp_path: Path, foreground: Any, parts: Any
) -> None:
    settings = ConceptSettings(foreground=foreground, num_parts=3, parts=parts)
    reference, path = fit(settings), tmp_path / "reference.safetensors"
    reference.save(path)
    found = ConceptReference.load(path, digest="d" * 64)
    assert found.fits(settings)
    assert (found.fitted_on, found.digest, found.features) == ("toys", "d" * 64, "tokens")
    assert (found.num_parts, found.num_pictures) == (3, 6)
    assert tuple(found.parts) == parts
    with make_store(seed=1) as store:
        rows = torch.cat([picture.features for picture in store])
    np.testing.assert_array_equal(
        found.foreground.find(rows, GRID), reference.foreground.find(rows, GRID)
    )
    for method in parts:
        assert torch.equal(found.parts[method].assign(rows), reference.parts[method].assign(rows))


def test_the_seed_decides_the_clusters_and_nothing_else() -> None:
    settings = ConceptSettings(num_parts=3)
    one, same, other = (fit(settings, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(one.parts["kmeans"].centers, same.parts["kmeans"].centers)
    assert not torch.equal(one.parts["kmeans"].centers, other.parts["kmeans"].centers)
    assert torch.equal(one.parts["pca"].axes, other.parts["pca"].axes)


@pytest.mark.parametrize(
    "change",
    [
        {"features": "keys"},
        {"foreground": "pca"},
        {"foreground": "border"},
        {"threshold": "minmax"},
        {"num_parts": 4},
        {"parts": ("kmeans",)},
    ],
)
def test_it_fits_only_the_settings_it_was_fitted_with(change: dict[str, Any]) -> None:
    reference = fit(ConceptSettings(num_parts=3, parts=("pca",)))
    assert reference.fits(ConceptSettings(num_parts=3, parts=("pca",)))
    assert not reference.fits(ConceptSettings(**{"num_parts": 3, "parts": ("pca",), **change}))


def test_fewer_ways_than_were_fitted_may_be_asked_for() -> None:
    reference = fit(ConceptSettings(num_parts=3))
    assert reference.fits(ConceptSettings(num_parts=3, parts=("kmeans",)))
    assert reference.fits(ConceptSettings(num_parts=3, concepts=9, thickness=2))


def test_pictures_all_alike_have_no_foreground_to_fit_parts_on() -> None:
    with FeatureStore() as store:
        rows = torch.ones(2, 36, CHANNELS)
        store.add(["a", "b"], np.zeros((2, 12, 12, 3), np.uint8), torch.zeros(2, 4), rows, GRID)
        with pytest.raises(InvalidArgumentError, match="foreground"):
            fit_reference(
                store, ConceptSettings(foreground="border"), digest="d", fitted_on="", seed=0
            )


def test_other_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "reference.safetensors"
    fit(ConceptSettings(num_parts=2)).save(path)
    with pytest.raises(WeightsError, match=r"other weights \(dddddddd, not eeeeeeee\)"):
        ConceptReference.load(path, digest="e" * 64)


@pytest.mark.parametrize("damage", ["cut", "text", "other", "missing"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "reference.safetensors"
    fit(ConceptSettings(num_parts=2)).save(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif damage == "text":
        path.write_text("no tensors", encoding="utf-8")
    elif damage == "missing":
        path.unlink()
    else:
        path.write_bytes((MINIS_FOLDER / "clip-conv" / "model.safetensors").read_bytes())
    with pytest.raises(DataFormatError, match=r"reference\.safetensors holds no fitted parts"):
        ConceptReference.load(path, digest="d" * 64)


def bundled() -> list[str]:
    return sorted({path.parent.name for path in MINIS_FOLDER.glob("*/concepts_reference_*")})


@pytest.mark.parametrize("name", bundled())
def test_every_bundled_reference_belongs_to_the_weights_beside_it(name: str) -> None:
    encoder = load_mini(name)
    for foreground in ("svd", "border"):
        settings = ConceptSettings(foreground=foreground)
        reference = find_reference(encoder, settings)
        assert reference is not None
        assert reference.fits(settings)
        assert reference.digest == encoder.digest
        assert reference.fitted_on


def test_there_is_none_for_other_settings_or_encoders(random_encoder: TorchDualEncoder) -> None:
    assert find_reference(random_encoder, ConceptSettings()) is None
    encoder = load_mini("clip-conv")
    assert find_reference(encoder, ConceptSettings(num_parts=4)) is None
    assert find_reference(encoder, ConceptSettings(foreground="pca")) is None


def test_a_bundled_reference_is_not_used_with_changed_weights() -> None:
    encoder = load_mini("clip-conv")
    with torch.no_grad():
        next(encoder.module.parameters()).add_(0.1)
    with pytest.raises(SeewhyError, match="fitted with other weights"):
        find_reference(encoder, ConceptSettings())
