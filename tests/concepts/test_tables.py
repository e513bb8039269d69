"""Data frames hold a row for each concept of each part, and nothing is lost in them."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from seewhy.concepts.report import ConceptReport, PictureConcepts
from seewhy.errors import MissingDependencyError


def test_a_row_is_one_concept_of_one_part(
    make_picture: Callable[..., PictureConcepts], make_report: Callable[..., ConceptReport]
) -> None:
    pytest.importorskip("pandas")
    report = make_report(make_picture(label="dog"), make_picture(label=None))
    frame = report.to_frame()
    expected = [
        (p.name, e.method, part.label, concept.text, concept.score)
        for p in report.pictures
        for e in p.explanations
        for part in e.parts
        for concept in part.concepts
    ]
    rows = frame[["picture", "method", "part", "concept", "score"]]
    assert [tuple(row) for row in rows.itertuples(index=False)] == expected
    first = frame.iloc[0]
    assert (first["label"], first["predicted"], first["probability"]) == ("dog", "cat", 0.75)
    shared = report.pictures[0].explanations[0].shared
    assert set(frame[frame["is_shared"]]["concept"]) == set(shared)
    knowledge = report.pictures[0].explanations[0].knowledge
    assert first["mutual_knowledge"] == knowledge.paper
    assert first["overlap"] == knowledge.overlap
    assert first["chance_corrected"] == knowledge.chance_corrected
    assert first["deletion_area"] == report.pictures[0].explanations[0].curve.area


def test_a_report_without_parts_gives_no_rows(
    make_picture: Callable[..., PictureConcepts], make_report: Callable[..., ConceptReport]
) -> None:
    pytest.importorskip("pandas")
    assert len(make_report(make_picture(curves={})).to_frame()) == 0


def test_the_extra_is_named_where_pandas_is_missing(
    make_picture: Callable[..., PictureConcepts],
    make_report: Callable[..., ConceptReport],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependencyError, match=r"seewhy\[table\]"):
        make_report(make_picture()).to_frame()
