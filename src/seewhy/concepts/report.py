"""What an explanation is: pictures with their parts, words, knowledge and decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seewhy.concepts.dynamics import DeletionCurve, average_curves
from seewhy.concepts.mutual_information import MutualKnowledge
from seewhy.images.ellipses import Ellipse
from seewhy.images.folders import ImageFailure
from seewhy.results import Provenance, Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ScoredConcept:
    """A descriptor and how strongly it applies."""

    text: str
    score: float


@dataclass(frozen=True)
class NamedPart:
    """A part of one picture and the words that name it."""

    label: int
    concepts: tuple[ScoredConcept, ...]
    """Best first; scores are shares of the transport plan, or similarities without it."""
    ellipse: Ellipse
    area: float
    """Share of the picture's pixels, from 0 to 1."""


@dataclass(frozen=True)
class PartsExplanation:
    """A picture by one way of finding parts."""

    method: str
    parts: tuple[NamedPart, ...]
    regions: NDArray[np.int8]
    """Part of each pixel, -1 for none, (height, width)."""
    ranked: tuple[ScoredConcept, ...]
    """The distinct concepts of all parts, by 2.5 times the cosine with the whole picture."""
    shared: tuple[str, ...]
    """Those of them that the text side knows of the class, in order of rank."""
    knowledge: MutualKnowledge
    curve: DeletionCurve
    candidates: int
    """Descriptors all parts had in common."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pull:
    """How much one visual concept speaks for the predicted class against the true one."""

    text: str
    strength: float
    """Positive: for the prediction. Cosine with the picture times the difference of cosines."""
    is_shared: bool
    """Whether the text side counts it to the predicted class."""


@dataclass(frozen=True)
class PictureConcepts(Result):
    """One picture explained."""

    name: str
    image: NDArray[np.uint8]
    """The picture as the encoder saw it, (height, width, 3)."""
    prediction: tuple[ScoredConcept, ...]
    """Classes by probability, best first, at most five."""
    label: str | None
    """True class, if it is known."""
    explained: str
    """Class whose text knowledge is compared: the predicted one, or the true one on request."""
    class_concepts: tuple[ScoredConcept, ...]
    """What the text side holds nearest to the class, best first."""
    foreground: NDArray[np.bool_]
    """(height, width)."""
    explanations: tuple[PartsExplanation, ...]
    """One for each way of finding parts."""
    pulls: tuple[Pull, ...] = ()
    """For a wrong prediction: what pulled it there, strongest first."""
    notes: tuple[str, ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether the label is known and was not predicted."""
        return self.label is not None and self.prediction[0].text != self.label

    @property
    def curve(self) -> tuple[float, ...]:
        """Mean deletion curve over the ways of finding parts."""
        return tuple(average_curves([found.curve.values for found in self.explanations]).tolist())

    @property
    def area(self) -> float:
        """Area under the mean curve."""
        return float(np.mean(self.curve)) if self.curve else 0.0

    def figure(self) -> Figure:
        """The picture, its parts, the concepts' importance and the deletion curve."""
        from seewhy.concepts.figures import draw_picture

        return draw_picture(self)


@dataclass(frozen=True)
class ConceptReport(Result):
    """Pictures explained together."""

    pictures: tuple[PictureConcepts, ...]
    classes: tuple[str, ...]
    vocabulary: str
    """Name of the vocabulary."""
    num_descriptors: int
    """Descriptors chosen from, after the leakage filter."""
    num_leaking: int
    """Descriptors the leakage filter left out."""
    fitted_on: str
    """Which pictures foreground and parts were fitted on."""
    failures: tuple[ImageFailure, ...]
    provenance: Provenance
    notes: tuple[str, ...] = ()

    @property
    def curves(self) -> dict[str, tuple[float, ...]]:
        """Mean deletion curve of all pictures, for each way of finding parts."""
        methods = dict.fromkeys(e.method for p in self.pictures for e in p.explanations)
        return {
            method: tuple(
                average_curves(
                    [
                        e.curve.values
                        for p in self.pictures
                        for e in p.explanations
                        if e.method == method
                    ]
                ).tolist()
            )
            for method in methods
        }

    @property
    def areas(self) -> dict[str, float]:
        """Area under each mean curve."""
        return {method: float(np.mean(curve)) for method, curve in self.curves.items()}

    @property
    def accuracy(self) -> float | None:
        """Share of pictures with a known label that were predicted right; ``None`` without."""
        known = [picture for picture in self.pictures if picture.label is not None]
        return sum(not p.is_wrong for p in known) / len(known) if known else None

    def figure(self) -> Figure:
        """All pictures with their parts, and the mean deletion curve."""
        from seewhy.concepts.figures import draw_report

        return draw_report(self)

    def to_frame(self) -> pd.DataFrame:
        """A data frame with a row for each picture, way of finding parts, part and concept.

        Raises:
            MissingDependencyError: if pandas is not installed.
        """
        from seewhy.concepts.tables import make_frame

        return make_frame(self)
