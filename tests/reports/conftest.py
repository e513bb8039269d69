"""What tests of pages share: reports made by hand, hostile words in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seewhy.concepts.dynamics import DeletionCurve
from seewhy.concepts.mutual_information import find_mutual_knowledge
from seewhy.concepts.report import (
    ConceptReport,
    NamedPart,
    PartsExplanation,
    PictureConcepts,
    Pull,
    ScoredConcept,
)
from seewhy.images.ellipses import Ellipse
from seewhy.images.folders import ImageFailure
from seewhy.results import Provenance

HOSTILE = '<script>alert("x")</script> & <img src=http://example.org/x.png>'


@pytest.fixture
def make_page_picture() -> Callable[..., PictureConcepts]:
    """Makes a picture of a cat, explained in two ways."""

    def make(
        *,
        name: str = "pictures/cat.png",
        label: str | None = None,
        word: str = "whiskers",
        parts: bool = True,
        pulls: tuple[Pull, ...] = (),
        size: tuple[int, int] = (48, 64),
    ) -> PictureConcepts:
        image = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
        regions = np.full(size, -1, np.int8)
        if parts:
            regions[4:20, 4:20], regions[4:20, 24:40] = 0, 2
        named = [(0, (word, "fur")), (2, ("stripes", word))]
        found = tuple(
            NamedPart(
                place,
                tuple(ScoredConcept(text, 0.5) for text in words),
                Ellipse((12.0, 12.0), (10.0, 14.0), 0.0),
                0.1,
            )
            for place, words in named
        )
        ranked = (
            ScoredConcept(word, 0.9),
            ScoredConcept("fur", 0.4),
            ScoredConcept("stripes", -0.1),
        )
        shared = (word, "stripes") if parts else ()
        seen = [concept.text for concept in ranked] if parts else []
        explanations = tuple(
            PartsExplanation(
                method=method,
                parts=found if parts else (),
                regions=regions,
                ranked=ranked if parts else (),
                shared=shared,
                knowledge=find_mutual_knowledge(seen, (*shared, "tail"), vocabulary=50),
                curve=DeletionCurve(values if parts else (0.0,), "paper"),
                candidates=9,
                notes=() if parts else ("no foreground was found",),
            )
            for method, values in {"pca": (3.0, 2.0, 1.0, 0.0), "kmeans": (2.0, 0.0)}.items()
        )
        return PictureConcepts(
            name=name,
            image=image,
            prediction=(ScoredConcept("cat", 0.75), ScoredConcept("dog", 0.25)),
            label=label,
            explained="cat",
            class_concepts=tuple(ScoredConcept(text, 0.3) for text in (word, "stripes", "tail")),
            foreground=regions >= 0,
            explanations=explanations,
            pulls=pulls,
            notes=() if parts else ("No foreground was found in this picture.",),
        )

    return make


@pytest.fixture
def make_page_report() -> Callable[..., ConceptReport]:
    """Makes a report of pictures, with one that could not be read."""

    def make(*pictures: PictureConcepts, reason: str = "is cut off") -> ConceptReport:
        return ConceptReport(
            pictures=pictures,
            classes=("cat", "dog"),
            vocabulary="words",
            num_descriptors=50,
            num_leaking=3,
            fitted_on="toys",
            failures=(ImageFailure(Path("pictures/bad.jpg"), reason),),
            provenance=Provenance(
                model="toy", model_digest="ab" * 32, settings={"estimator": "paper"}, seed=0
            ),
            notes=("a note of the run",),
        )

    return make


@pytest.fixture
def hostile() -> str:
    return HOSTILE
