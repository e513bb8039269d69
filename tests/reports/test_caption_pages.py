"""Pages of captions and edits: what was changed is marked, hostile words stay words."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from seewhy.captions.edit import (
    Alternative,
    CaptionFailure,
    CaptionReport,
    Edit,
    SaidCaption,
    SaidWord,
)
from seewhy.reports.html import to_html, write_html
from seewhy.results import Provenance
from seewhy.text.word_alignment import align_words

PROVENANCE = Provenance(model="mini:editor", model_digest="0" * 64)


def make_edit(existing: str, caption: str, **changes: object) -> Edit:
    before, after = existing.split(), caption.split()
    operations = align_words(before, after)
    kinds = [one.kind for one in operations for _ in one.after]
    words = tuple(
        SaidWord(word, kind, 0.5, 0.25, min(n, len(before) - 1) if before else None, 0)
        for n, (word, kind) in enumerate(zip(after, kinds, strict=True))
    )
    edit = Edit(
        name="photos/cat.png",
        caption=caption,
        words=words,
        score=-1.5,
        alternatives=(Alternative("a dog", -2.0),),
        region_attention=np.full((len(words), 4), 0.25),
        grid=(2, 2),
        boxes=None,
        image=np.full((8, 8, 3), 200, np.uint8),
        provenance=PROVENANCE,
        existing=existing,
        existing_words=tuple(before),
        operations=operations,
    )
    return replace(edit, **changes)


def read_text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_words_that_went_and_came_are_marked() -> None:
    html = str(to_html(make_edit("a red cat on on grass", "a blue cat on tall grass")))
    assert re.findall(r"<del>(.*?)</del>", html) == ["red", "on"]
    assert re.findall(r"<ins class=\"(\w+)\">(.*?)</ins>", html) == [
        ("replace", "blue"),
        ("replace", "tall"),
    ]
    assert "2 words changed" in read_text(html)
    assert "a red blue cat on on tall grass" in read_text(html)
    assert html.count("data:image/jpeg") == 1 + 2  # the picture, and where new words were seen
    assert "“a dog” (-2.00)" in html


def test_a_caption_that_is_right_says_so() -> None:
    html = str(to_html(make_edit("a red cat", "a red cat")))
    assert "nothing to change" in html
    assert "<del>" not in html
    assert "<ins" not in html
    assert "kept every word" in html


def test_a_caption_from_nothing_and_one_without_a_picture_have_pages() -> None:
    html = str(to_html(make_edit("", "a cat", image=None)))
    assert "<i>none</i>" in html
    assert "data:image" not in html
    said = SaidCaption(
        name="x",
        caption="a cat",
        words=(SaidWord("a", "insert"), SaidWord("cat", "insert")),
        score=-1.0,
        alternatives=(),
        region_attention=None,
        grid=None,
        boxes=None,
        image=None,
        provenance=PROVENANCE,
    )
    assert "a cat" in str(to_html(said))
    assert "how it fared" not in str(to_html(said))


@pytest.mark.parametrize("field", ["caption", "existing", "name", "unknown_words", "notes"])
def test_hostile_words_stay_words(field) -> None:
    value = "<script>alert(1)</script>"
    given = (value,) if field in ("unknown_words", "notes") else value
    edit = replace(make_edit("a red cat", "a blue cat"), **{field: given})
    assert "<script>" not in str(to_html(edit)).lower()


def test_a_report_is_one_page_with_what_was_left_out(tmp_path) -> None:
    edits = (make_edit("a red cat", "a blue cat"), make_edit("a cat", "a cat"))
    failures = (CaptionFailure("bad.png", "it is no picture"),)
    report = CaptionReport(edits, failures, PROVENANCE, 1.25)
    text = write_html(report, tmp_path / "page.html").read_text(encoding="utf-8")
    shown = read_text(text)
    assert "1 of 2 were right as they were" in shown
    assert "bad.png it is no picture" in shown
    assert not re.findall(r"(?:src|href)=\"(?!data:)", text)
    assert report.count_words() == {"keep": 4, "replace": 1, "insert": 0, "delete": 0}
