"""What an explanation of a similarity is: maps over both pictures, or pictures that were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import InvalidArgumentError
from seewhy.images.jet import lay_jet
from seewhy.images.resizing import upscale_bilinear
from seewhy.results import Provenance, Result
from seewhy.similarity.agreement import Agreement
from seewhy.similarity.geometry import PairGeometry
from seewhy.similarity.map_scale import MapScale, find_map_scale
from seewhy.similarity.windows import Windows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Picture = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class SimilarityMap:
    """How much each place of one picture has to do with the similarity."""

    values: NDArray[np.float32]
    """(rows, columns): raw, of either sign; higher has more to do with it."""
    size: tuple[int, int]
    """Height and width of the picture."""
    view: int
    """1 or 2: which of the two pictures."""
    windows: Windows | None = None
    """The windows that made the cells; ``None``: cells tile the picture."""
    published: NDArray[np.floating[Any]] | None = None
    """What the released code gives instead, where it changes the values afterwards."""

    def to_pixels(self) -> NDArray[np.float32]:
        """The map at the size of the picture, (height, width).

        Windows give each pixel their mean, and NaN where none reached; cells that tile the
        picture are interpolated.
        """
        if self.windows is not None:
            return self.windows.project(self.values)
        if self.values.shape == tuple(self.size):
            return self.values
        return upscale_bilinear(self.values, self.size).astype(np.float32)

    def normalized(self) -> NDArray[np.float32]:
        """The values from 0 (lowest) to 1 (highest); a flat map is 0 everywhere."""
        span = np.ptp(self.values)
        return (self.values - self.values.min()) / span if span > 0 else np.zeros_like(self.values)


def scale_min_max(values: Floats) -> Floats:
    """From 0 to 1 as published: NaN everywhere if all values are equal."""
    with np.errstate(invalid="ignore"):
        return (values - values.min()) / np.ptp(values)


@dataclass(frozen=True, eq=False)
class MadePicture:
    """A picture that was optimized until an encoder found in it what it should."""

    picture: NDArray[np.float32]
    """(height, width, 3), 0 to 1."""
    title: str
    loss: NDArray[np.float64]
    """What was optimized, (steps, terms)."""


@dataclass(frozen=True)
class Findings:
    """What a method found out about a pair."""

    maps: tuple[SimilarityMap, ...] = ()
    made: tuple[MadePicture, ...] = ()
    interaction: NDArray[np.float32] | None = None
    """(cells of picture 1, cells of picture 2): what is lost when both are hidden beyond what is
    lost by each; only of methods that hide both."""
    facts: Mapping[str, float | bool | str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    replaced: Picture | None = None
    """The second picture, where the method made it itself."""


@dataclass(frozen=True, eq=False)
class PairExplanation(Result):
    """Why an encoder finds two pictures alike, by one method."""

    method: str
    score: float
    """Cosine of the two embeddings."""
    pictures: tuple[Picture, ...]
    """Both as the encoder sees them, (height, width, 3)."""
    maps: tuple[SimilarityMap, ...]
    """One for each picture, where the method makes maps."""
    made: tuple[MadePicture, ...]
    """Optimized pictures, where it makes those."""
    interaction: NDArray[np.float32] | None
    facts: Mapping[str, float | bool | str]
    """What is worth knowing about the run, as whether a fit converged."""
    notes: tuple[str, ...]
    settings: Mapping[str, Any]
    compat: str
    provenance: Provenance
    names: tuple[str, str] = ("picture 1", "picture 2")
    geometry: PairGeometry | None = None
    """Where both pictures were cut out, where they are views of one that we made."""
    agreement: Agreement | None = None
    """How well both maps agree on that picture."""

    @property
    def scale(self) -> MapScale:
        """Which color a value has; one scale for both maps."""
        return find_map_scale([each.to_pixels() for each in self.maps])

    def overlay(self, view: int) -> Picture:
        """One picture under its map: ours, or as published under ``compat="published"``."""
        found, picture = self.maps[view - 1], self.pictures[view - 1]
        if self.compat == "published":
            shown = found.values if found.published is None else found.published
            weight = 0.7 if self.method == "pixel-invariance" else 0.5
            return lay_jet(picture, shown, image_weight=weight)
        return self.scale.lay(picture, found.to_pixels())

    def overlay_on_whole(self, view: int) -> Picture:
        """The map of one view on the picture that both views are of.

        Raises:
            InvalidArgumentError: if the pictures are not views of one that we made.
        """
        if self.geometry is None:
            raise InvalidArgumentError(
                "Only maps of views that explain_views made can be drawn on the picture they were "
                "cut out of; these two pictures are not."
            )
        placed = self.geometry.place(self.maps[view - 1].to_pixels(), view)
        return self.scale.lay(self.geometry.picture, placed)

    def describe_peak(self, view: int) -> str:
        """Where a map is strongest, in words: in which ninth of its picture."""
        pixels = self.maps[view - 1].to_pixels()
        place = np.unravel_index(int(np.nanargmax(pixels)), pixels.shape)
        row, column = (
            min(2, int(3 * p / side)) for p, side in zip(place, pixels.shape, strict=True)
        )
        words = f"{('top', 'middle', 'bottom')[row]} {('left', 'center', 'right')[column]}"
        return f"{words} of {self.names[view - 1]} ({np.nanmax(self.maps[view - 1].values):.2g})"

    def figure(self) -> Figure:
        """Both pictures beside their maps or what was made, on one scale."""
        from seewhy.similarity.figures import draw_explanation

        return draw_explanation(self)
