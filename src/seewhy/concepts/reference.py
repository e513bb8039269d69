"""Foreground and parts fitted once, to be applied to pictures too few to fit on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

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

FILE_NAME = "concepts_reference.safetensors"
MAX_ROWS = 60_000
"""Foreground rows held for fitting parts; more pictures are thinned out evenly."""
_FIELDS = {"pca": ("mean", "axes", "low", "high"), "kmeans": ("centers",)}


@dataclass(frozen=True)
class ConceptReference:
    """What decides foreground and parts, fitted on some pictures."""

    foreground: ForegroundModel
    parts: dict[str, Parts]
    """By way of finding them."""
    fitted_on: str
    """Which pictures these were, in words."""
    digest: str
    """Of the encoder's weights; other weights have other features."""
    features: str
    """Kind of features: ``tokens`` or ``keys``."""

    def save(self, path: str | Path) -> None:
        """Write to a ``safetensors`` file."""
        tensors = {f"foreground.{n}": getattr(self.foreground, n) for n in _FIELDS["pca"]}
        for method, parts in self.parts.items():
            tensors |= {f"{method}.{n}": getattr(parts, n) for n in _FIELDS[method]}
        about = {
            "fitted_on": self.fitted_on,
            "digest": self.digest,
            "features": self.features,
            "foreground": self.foreground.method,
            "threshold": self.foreground.threshold,
            "parts": json.dumps(list(self.parts)),
        }
        save_file({n: t.float().contiguous() for n, t in tensors.items()}, str(path), about)

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
            foreground = ForegroundModel(
                about["foreground"],
                about["threshold"],
                *(tensors[f"foreground.{name}"] for name in _FIELDS["pca"]),
            )
        except (SafetensorError, KeyError, OSError, ValueError) as error:
            raise DataFormatError(f"{path} holds no fitted parts: {error}.") from error
        if about["digest"] != digest:
            raise WeightsError(
                f"The parts in {path} were fitted with other weights ({about['digest'][:8]}, not "
                f"{digest[:8]}). Fit them anew with `python -m seewhy.concepts.reference`."
            )
        return cls(foreground, made, about["fitted_on"], digest, about["features"])

    def fits(self, settings: ConceptSettings) -> bool:
        """Whether it was fitted in the way the settings ask for."""
        return (
            self.features == settings.features
            and self.foreground.method == settings.foreground
            and self.foreground.threshold == settings.threshold
            and all(_count(self.parts.get(m)) == settings.num_parts for m in settings.parts)
        )


def find_reference(encoder: DualEncoder) -> ConceptReference | None:
    """The reference bundled with an encoder of the pool, if there is one.

    Raises:
        WeightsError: if it was fitted with other weights.
    """
    prefix, _, name = encoder.name.partition(":")
    path = MINIS_FOLDER / name / FILE_NAME
    if prefix != "mini" or not path.is_file():
        return None
    return ConceptReference.load(path, digest=encoder.digest)


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
    foreground = fitter.finish()
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
    return ConceptReference(foreground, parts, fitted_on, digest, settings.features)


def _collect_foreground(store: FeatureStore, foreground: ForegroundModel) -> Tensor:
    """Foreground rows of all pictures, thinned out evenly to what memory may hold."""
    patches = store.grid[0] * store.grid[1]
    keep_every = max(1, -(-len(store) * patches // MAX_ROWS))
    kept = []
    for picture in store:
        mask = foreground.find(picture.features, store.grid).reshape(-1)
        kept.append(picture.features[torch.from_numpy(mask)][::keep_every])
    return torch.cat(kept)


def _rebuild(method: str, tensors: dict[str, Tensor]) -> Parts:
    values = [tensors[f"{method}.{name}"] for name in _FIELDS[method]]
    return PrincipalParts(*values) if method == "pca" else ClusterParts(values[0].float())


def _count(parts: Parts | None) -> int:
    if parts is None:
        return 0
    return parts.axes.shape[1] if isinstance(parts, PrincipalParts) else len(parts.centers)
