"""Explanations as data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seewhy.errors import MissingDependencyError

if TYPE_CHECKING:
    import pandas as pd

    from seewhy.concepts.report import ConceptReport


def make_frame(report: ConceptReport) -> pd.DataFrame:
    """One row for each picture, way of finding parts, part and concept.

    Raises:
        MissingDependencyError: if pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingDependencyError("pandas", "table", "A data frame") from error
    rows = [
        {
            "picture": picture.name,
            "label": picture.label,
            "predicted": picture.prediction[0].text,
            "probability": picture.prediction[0].score,
            "explained": picture.explained,
            "method": explanation.method,
            "part": part.label,
            "part_area": part.area,
            "concept": concept.text,
            "score": concept.score,
            "is_shared": concept.text in explanation.shared,
            "mutual_knowledge": explanation.knowledge.paper,
            "overlap": explanation.knowledge.overlap,
            "chance_corrected": explanation.knowledge.chance_corrected,
            "deletion_area": explanation.curve.area,
        }
        for picture in report.pictures
        for explanation in picture.explanations
        for part in explanation.parts
        for concept in part.concepts
    ]
    return pd.DataFrame(rows)
