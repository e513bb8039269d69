"""Foreground and parts fitted once, to be applied to pictures too few to fit on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from seewhy.concepts.border import BorderFitter, BorderForeground
from seewhy.concepts.feature_store import FeatureStore
from seewhy.concepts.foreground import ForegroundFitter, ForegroundModel
from seewhy.concepts.parts import (
    ClusterParts,
    Parts,
    PrincipalParts,
    fit_cluster_parts,
    fit_principal_parts,
)
from seewhy.concepts.settings import ConceptSettings
from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.encoders.protocols import DualEncoder
from seewhy.errors import DataFormatError, InvalidArgumentError, WeightsError

FILE_NAME = "concepts_reference_{}.safetensors"
"""In a bundled encoder's folder; one for each way to find foreground."""
MAX_ROWS = 60_000
"""Foreground rows held for fitting parts; more pictures are thinned out evenly."""
_FIELDS = {"pca": ("mean", "axes", "low", "high"), "kmeans": ("centers",)}


@dataclass(frozen=True)
class ConceptReference:
    """What decides foreground and parts, fitted on some pictures."""

    foreground: ForegroundModel | BorderForeground
    parts: dict[str, Parts]
    """By way of finding them."""
    fitted_on: str
    """Which pictures these were, in words."""
    digest: str
    """Of the encoder's weights; other weights have other features."""
    features: str
    """Kind of features: ``tokens`` or ``keys``."""
    num_parts: int = 0
    """Parts asked for; there are fewer where pictures had too few patches. 0: as many as there
    are."""
    num_pictures: int = 0
    """How many pictures these were; 0: not known."""

    def save(self, path: str | Path) -> None:
        """Write to a ``safetensors`` file."""
        tensors, threshold = _take_apart(self.foreground)
        for method, parts in self.parts.items():
            tensors |= {f"{method}.{n}": getattr(parts, n) for n in _FIELDS[method]}
        about = {
            "fitted_on": self.fitted_on,
            "digest": self.digest,
            "features": self.features,
            "foreground": self.foreground.method,
            "threshold": threshold,
            "parts": json.dumps(list(self.parts)),
            "num_parts": str(self.num_parts),
            "num_pictures": str(self.num_pictures),
        }
        # in full: a row that is the largest of two components must stay so
        save_file({n: t.contiguous() for n, t in tensors.items()}, str(path), about)

    @classmethod
    def load(cls, path: str | Path, *, digest: str) -> ConceptReference:
        """Read from a file.

        Args:
            path: written by ``save``.
            digest: of the encoder it is to be used with.

        Raises:
            DataFormatError: if the file is not of this form.
            WeightsError: if it was fitted with other weights.
        """
        try:
            with safe_open(str(path), framework="pt") as file:
                about = file.metadata() or {}
                tensors = {name: file.get_tensor(name).double() for name in file.keys()}  # noqa: SIM118  a file, not a dictionary
            methods = json.loads(about["parts"])
            made = {method: _rebuild(method, tensors) for method in methods}
            foreground = _put_together(about, tensors)
            numbers = int(about.get("num_parts", 0)), int(about.get("num_pictures", 0))
        except (SafetensorError, KeyError, OSError, ValueError) as error:
            raise DataFormatError(f"{path} holds no fitted parts: {error}.") from error
        if about["digest"] != digest:
            raise WeightsError(
                f"The parts in {path} were fitted with other weights ({about['digest'][:8]}, not "
                f"{digest[:8]}). Fit them anew with `python -m seewhy.concepts.reference`."
            )
        return cls(foreground, made, about["fitted_on"], digest, about["features"], *numbers)

    def fits(self, settings: ConceptSettings) -> bool:
        """Whether it was fitted in the way the settings ask for."""
        return (
            self.features == settings.features
            and self.foreground.method == settings.foreground
            and getattr(self.foreground, "threshold", settings.threshold) == settings.threshold
            and all(self._count(method) == settings.num_parts for method in settings.parts)
        )

    def _count(self, method: str) -> int:
        """Parts asked for of one way; 0 if it was not fitted."""
        parts = self.parts.get(method)
        if parts is None:
            return 0
        found = parts.axes.shape[1] if isinstance(parts, PrincipalParts) else len(parts.centers)
        return self.num_parts or found


def find_reference(encoder: DualEncoder, settings: ConceptSettings) -> ConceptReference | None:
    """The reference bundled with an encoder of the pool, if there is one for these settings.

    Raises:
        WeightsError: if it was fitted with other weights.
    """
    prefix, _, name = encoder.name.partition(":")
    path = MINIS_FOLDER / name / FILE_NAME.format(settings.foreground)
    if prefix != "mini" or not path.is_file():
        return None
    reference = ConceptReference.load(path, digest=encoder.digest)
    return reference if reference.fits(settings) else None


def fit_reference(
    store: FeatureStore, settings: ConceptSettings, *, digest: str, fitted_on: str, seed: int
) -> ConceptReference:
    """Fit foreground and parts on stored pictures, reading them a few times.

    Args:
        store: features of at least one picture.
        settings: how.
        digest: of the encoder's weights.
        fitted_on: the pictures, in words.
        seed: of k-means.

    Raises:
        InvalidArgumentError: if there are too few foreground patches for the parts asked for.
    """
    foreground = _fit_foreground(store, settings)
    rows = _collect_foreground(store, foreground)
    if not len(rows):
        raise InvalidArgumentError("No patch of any picture is foreground, so there are no parts.")
    number = min(settings.num_parts, len(rows), store.channels)
    parts: dict[str, Parts] = {}
    for method in settings.parts:
        if method == "pca":
            parts[method] = fit_principal_parts(rows, num_parts=number)
        else:
            generator = torch.Generator().manual_seed(seed)
            parts[method] = fit_cluster_parts(
                rows, num_parts=number, restarts=settings.restarts, generator=generator
            )
    return ConceptReference(
        foreground, parts, fitted_on, digest, settings.features, settings.num_parts, len(store)
    )


def _fit_foreground(
    store: FeatureStore, settings: ConceptSettings
) -> ForegroundModel | BorderForeground:
    if settings.foreground == "border":
        border = BorderFitter()
        for picture in store:
            border.add(picture.features, store.grid)
        return border.finish()
    fitter = ForegroundFitter(
        store.channels,
        method=settings.foreground,
        threshold=settings.threshold,
        num_components=settings.num_components,
    )
    for picture in store:
        fitter.add(picture.features)
    for picture in store:
        fitter.add_signs(picture.features)
    return fitter.finish()


def _collect_foreground(
    store: FeatureStore, foreground: ForegroundModel | BorderForeground
) -> Tensor:
    """Foreground rows of all pictures, thinned out evenly to what memory may hold."""
    patches = store.grid[0] * store.grid[1]
    keep_every = max(1, -(-len(store) * patches // MAX_ROWS))
    kept = []
    for picture in store:
        mask = foreground.find(picture.features, store.grid).reshape(-1)
        kept.append(picture.features[torch.from_numpy(mask)][::keep_every])
    return torch.cat(kept)


def _take_apart(foreground: ForegroundModel | BorderForeground) -> tuple[dict[str, Tensor], str]:
    """Tensors and threshold of a foreground, as a file holds them."""
    if isinstance(foreground, BorderForeground):
        return {"foreground.level": torch.tensor([foreground.level], dtype=torch.float64)}, ""
    tensors = {f"foreground.{name}": getattr(foreground, name) for name in _FIELDS["pca"]}
    return tensors, foreground.threshold


def _put_together(
    about: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> ForegroundModel | BorderForeground:
    if about["foreground"] == "border":
        return BorderForeground(float(tensors["foreground.level"]))
    fields = (tensors[f"foreground.{name}"] for name in _FIELDS["pca"])
    return ForegroundModel(about["foreground"], about["threshold"], *fields)


def _rebuild(method: str, tensors: dict[str, Tensor]) -> Parts:
    values = [tensors[f"{method}.{name}"] for name in _FIELDS[method]]
    return PrincipalParts(*values) if method == "pca" else ClusterParts(values[0].float())
