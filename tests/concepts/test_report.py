"""Reports: what follows from their fields, and that they can be kept and sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seewhy.concepts.report import ConceptReport, PictureConcepts, ScoredConcept

MakePicture = Callable[..., PictureConcepts]


def test_a_prediction_is_wrong_only_where_the_truth_is_known(make_picture: MakePicture) -> None:
    assert not make_picture(label=None).is_wrong
    assert not make_picture(label="cat").is_wrong
    assert make_picture(label="dog").is_wrong


def test_accuracy_counts_known_pictures_only(
    make_picture: MakePicture, make_report: Callable[..., ConceptReport]
) -> None:
    labels = [None, "cat", "dog", "cat", None]
    report = make_report(*(make_picture(label=label) for label in labels))
    assert report.accuracy == pytest.approx(2 / 3)
    assert make_report(make_picture(label=None)).accuracy is None


def test_curves_are_means_by_way_of_finding_parts_and_short_ones_end_at_0(
    make_picture: MakePicture, make_report: Callable[..., ConceptReport]
) -> None:
    long = make_picture(curves={"pca": (4.0, 2.0, 0.0), "kmeans": (3.0, 0.0)})
    short = make_picture(curves={"pca": (2.0,), "kmeans": (1.0, 1.0)})
    report = make_report(long, short)
    assert report.curves == {"pca": (3.0, 1.0, 0.0), "kmeans": (2.0, 0.5)}
    assert report.areas == {"pca": pytest.approx(4 / 3), "kmeans": pytest.approx(1.25)}
    assert long.curve == (3.5, 1.0, 0.0)
    assert long.area == pytest.approx(1.5)


def test_a_way_that_only_some_pictures_were_divided_by_counts_these(
    make_picture: MakePicture, make_report: Callable[..., ConceptReport]
) -> None:
    report = make_report(
        make_picture(curves={"pca": (2.0, 0.0)}), make_picture(curves={"kmeans": (1.0,)})
    )
    assert report.curves == {"pca": (2.0, 0.0), "kmeans": (1.0,)}


def test_a_report_is_kept_as_json_arrays_and_a_figure(
    make_picture: MakePicture, make_report: Callable[..., ConceptReport], tmp_path: Path
) -> None:
    picture = make_picture(label="dog")
    folder = make_report(picture, picture).save(tmp_path / "deep" / "run")
    plain = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert plain["pictures"][1]["prediction"][0] == {"text": "cat", "score": 0.75}
    assert plain["provenance"]["model"] == "toy"
    with np.load(folder / "arrays.npz") as arrays:
        regions = plain["pictures"][1]["explanations"][0]["regions"]
        found = arrays[regions["array"]]
        np.testing.assert_array_equal(found, picture.explanations[0].regions)
        assert list(found.shape) == regions["shape"]
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_numbers_without_a_json_form_do_not_break_it(
    make_picture: MakePicture, make_report: Callable[..., ConceptReport]
) -> None:
    odd = replace(make_picture(), class_concepts=(ScoredConcept("odd", float("nan")),))
    plain = json.loads(json.dumps(make_report(odd).to_dict(), allow_nan=False))
    assert plain["pictures"][0]["class_concepts"] == [{"text": "odd", "score": None}]
