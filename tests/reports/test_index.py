"""Several results on one page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from seewhy.concepts.report import ConceptReport, PictureConcepts
from seewhy.reports.index import write_index


def test_results_stand_under_their_headings_in_order(
    make_page_picture: Callable[..., PictureConcepts],
    make_page_report: Callable[..., ConceptReport],
    hostile: str,
    tmp_path: Path,
) -> None:
    results = {
        "World": make_page_report(make_page_picture(name="scene.png")),
        hostile: make_page_picture(name="photo.png"),
    }
    path = write_index(results, tmp_path / "new" / "index.html", title="Demo")
    content = path.read_text(encoding="utf-8")
    headings = re.findall(r'<h1 class="part">(.*?)</h1>', content)
    assert headings[0] == "World"
    assert len(headings) == 2
    assert "<script" not in content
    places = [content.index(text) for text in (">World<", "scene.png", "photo.png")]
    assert places == sorted(places)
    assert "<title>Demo</title>" in content
    assert content.count("<!doctype html>") == 1


def test_a_result_of_no_known_kind_leaves_no_page(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="No HTML form for str"):
        write_index({"wrong": "text"}, tmp_path / "index.html", title="Demo")
    assert not (tmp_path / "index.html").exists()
