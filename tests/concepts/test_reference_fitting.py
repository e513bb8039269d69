"""References of bundled encoders are fitted from the command line, and are found again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from seewhy.concepts import reference_fitting
from seewhy.concepts.reference import ConceptReference
from seewhy.concepts.settings import ConceptSettings
from seewhy.encoders.base import TorchDualEncoder
from seewhy.encoders.mini import load_mini
from seewhy.errors import MissingFileError


def test_one_is_written_for_each_foreground(tmp_path: Path) -> None:
    reference_fitting.main(["mini:clip-conv", "--limit", "10", "--out", str(tmp_path)])
    digest = load_mini("clip-conv").digest
    for foreground in ("svd", "border"):
        path = tmp_path / f"concepts_reference_{foreground}.safetensors"
        reference = ConceptReference.load(path, digest=digest)
        assert reference.fits(ConceptSettings(foreground=foreground))
        assert reference.fitted_on == "10 scenes of the small world"
        assert reference.num_pictures == 10


def test_pictures_of_a_folder_are_taken_up_to_the_limit(
    noise: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    for number, array in enumerate(noise):
        Image.fromarray(array).save(tmp_path / "in" / f"{number}.png")
    given = ["--images", str(tmp_path / "in"), "--limit", "9", "--out", str(tmp_path)]
    reference_fitting.main(["mini:clip-conv", *given])
    path = tmp_path / "concepts_reference_svd.safetensors"
    found = ConceptReference.load(path, digest=load_mini("clip-conv").digest)
    assert (found.fitted_on, found.num_pictures) == ("9 photographs", 9)


def test_fitting_is_repeatable(
    random_encoder: TorchDualEncoder, noise: list[NDArray[np.uint8]]
) -> None:
    one, same, other = (
        reference_fitting.fit_on(random_encoder, noise, fitted_on="noise", seed=seed)
        for seed in (1, 1, 2)
    )
    assert one.parts["kmeans"].centers.equal(same.parts["kmeans"].centers)
    assert not one.parts["kmeans"].centers.equal(other.parts["kmeans"].centers)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="nowhere"):
        reference_fitting.main(["mini:clip-conv", "--images", str(tmp_path / "nowhere")])
