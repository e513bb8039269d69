"""Settings of an explanation; the defaults are those of the published notebook."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal

from seewhy.concepts.foreground import ForegroundMethod, Threshold
from seewhy.concepts.leakage import Leakage
from seewhy.concepts.mutual_information import ESTIMATORS
from seewhy.concepts.parts import PartMethod
from seewhy.concepts.refinement import RefinementSettings
from seewhy.concepts.textual import RelevanceForm
from seewhy.errors import InvalidArgumentError, UnknownNameError

CHOICE = 10
"""Descriptors to choose each concept from, at least, however small the vocabulary."""
CLASS_TEMPLATES = (
    "a photo of a {}.",
    "a picture of a {}.",
    "a good photo of a {}.",
    "a close-up photo of a {}.",
    "a photo of the {}.",
)


@dataclass(frozen=True, kw_only=True)
class ConceptSettings:
    """How pictures are explained."""

    features: Literal["tokens", "keys"] = "tokens"
    foreground: ForegroundMethod | Literal["border"] = "svd"
    """Published: by the directions in which features vary, ``svd`` or ``pca``. ``border``: what is
    unlike the edges of its picture."""
    threshold: Threshold = "negative"
    num_components: int = 3
    refine: bool = True
    """Whether the foreground is drawn to the picture's edges by a CRF."""
    refinement: RefinementSettings = field(default_factory=RefinementSettings)
    parts: tuple[PartMethod, ...] = ("pca", "kmeans")
    """Ways to find parts; the first is the one pictures show."""
    num_parts: int = 5
    restarts: int = 1
    """Of k-means."""
    thickness: int = 1
    """Of the red ellipse, in pixels."""
    best: int = 500
    """Descriptors of each part, of which the intersection is taken."""
    best_share: float = 0.12
    """Of the vocabulary, at most, that ``best`` may be; published: 500 of 4,229."""
    concepts: int = 3
    """Descriptors that name a part."""
    use_relevance: bool = True
    relevance_form: RelevanceForm = "code"
    relevance_offset: float = 0.02
    use_transport: bool = True
    temperature: float = 1.0
    class_concepts: int = 50
    """Descriptors the text side is asked for."""
    shown_class_concepts: int = 15
    """Of these, how many the Venn diagram shows."""
    estimator: str = "paper"
    """What deletion curves are of; one of ``mutual_information.ESTIMATORS``."""
    descriptor_template: str = "a photo showing {}"
    class_templates: tuple[str, ...] = CLASS_TEMPLATES
    leakage: Leakage = "none"
    """Descriptors to leave out: none, those naming their own class, or those naming any class."""
    compat: Literal["default", "published"] = "default"
    """``published``: pictures are refined and pointed at as the released code restores them from
    an encoder's input, many bytes one too low, and ``best`` is what it is, however small the
    vocabulary."""

    def __post_init__(self) -> None:
        if self.estimator not in ESTIMATORS:
            raise UnknownNameError("estimator", self.estimator, ESTIMATORS)
        if not self.parts or set(self.parts) - {"pca", "kmeans"}:
            raise InvalidArgumentError(f"parts must be 'pca', 'kmeans' or both, got {self.parts}.")
        for name in ("num_parts", "best", "concepts", "class_concepts", "restarts", "thickness"):
            if getattr(self, name) < 1:
                raise InvalidArgumentError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if self.foreground not in ("svd", "pca", "border"):
            raise InvalidArgumentError(
                f"foreground must be 'svd', 'pca' or 'border', got {self.foreground!r}."
            )
        if self.compat not in ("default", "published"):
            raise InvalidArgumentError(
                f"compat must be 'default' or 'published', got {self.compat!r}."
            )
        if not 0 < self.best_share <= 1:
            raise InvalidArgumentError(
                f"best_share must be above 0 and at most 1, got {self.best_share}."
            )
        for template in (self.descriptor_template, *self.class_templates):
            if template.count("{}") != 1:
                raise InvalidArgumentError(f"A template needs one {{}}, got {template!r}.")

    def count_best(self, vocabulary: int) -> int:
        """Descriptors of each part to take of a vocabulary of so many."""
        if self.compat == "published":
            return min(self.best, vocabulary)
        share = math.ceil(self.best_share * vocabulary)
        return min(self.best, max(share, CHOICE * self.concepts))

    @classmethod
    def function_defaults(cls) -> ConceptSettings:
        """The defaults of the published functions, which differ from the notebook's."""
        return replace(cls(), best=100, best_share=1, use_relevance=False, relevance_offset=0.01)
