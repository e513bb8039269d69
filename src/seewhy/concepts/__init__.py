"""CLIP mutual knowledge: what a dual encoder sees and knows, in words."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what type checkers and editors see
    from seewhy.concepts.explainer import ConceptExplainer as ConceptExplainer
    from seewhy.concepts.explanation import explain as explain
    from seewhy.concepts.reference import ConceptReference as ConceptReference
    from seewhy.concepts.report import ConceptReport as ConceptReport
    from seewhy.concepts.report import PictureConcepts as PictureConcepts
    from seewhy.concepts.settings import ConceptSettings as ConceptSettings
    from seewhy.concepts.vocabulary import read_classes as read_classes
    from seewhy.concepts.vocabulary import read_vocabulary as read_vocabulary

_HOME = {  # public name -> module that defines it; imported on first use
    "ConceptExplainer": "seewhy.concepts.explainer",
    "ConceptReference": "seewhy.concepts.reference",
    "ConceptReport": "seewhy.concepts.report",
    "ConceptSettings": "seewhy.concepts.settings",
    "PictureConcepts": "seewhy.concepts.report",
    "explain": "seewhy.concepts.explanation",
    "read_classes": "seewhy.concepts.vocabulary",
    "read_vocabulary": "seewhy.concepts.vocabulary",
}
__all__ = [
    "ConceptExplainer",
    "ConceptReference",
    "ConceptReport",
    "ConceptSettings",
    "PictureConcepts",
    "explain",
    "read_classes",
    "read_vocabulary",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'seewhy.concepts' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
