"""Pages hold everything, load nothing, and show hostile words as words."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seewhy.concepts.figures import part_color
from seewhy.concepts.report import ConceptReport, PictureConcepts, Pull
from seewhy.images.colors import to_hex
from seewhy.reports.html import MAX_SIDE, to_data_uri, to_html, write_html

MakePicture = Callable[..., PictureConcepts]
MakeReport = Callable[..., ConceptReport]
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Reads a page: its tags with attributes, its text, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def read(path: Path) -> Page:
    page = Page(path.read_text(encoding="utf-8"))
    assert page.open == []
    return page


def test_a_page_needs_nothing_else(
    make_page_picture: MakePicture, make_page_report: MakeReport, tmp_path: Path
) -> None:
    report = make_page_report(make_page_picture(), make_page_picture(label="dog"))
    path = write_html(report, tmp_path / "new" / "page.html", title="a & b")
    page = read(path)
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "base"} == set()
    for tag, attributes in page.tags:
        for name in ("src", "href", "srcset", "action"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/", "#")), (tag, name, value)
        assert not [name for name in attributes if name.startswith("on")]
    content = path.read_text(encoding="utf-8")
    assert "url(" not in content
    assert "@import" not in content
    assert "<title>a &amp; b</title>" in content


def test_every_picture_is_there_and_can_be_decoded(
    make_page_picture: MakePicture, make_page_report: MakeReport, tmp_path: Path
) -> None:
    report = make_page_report(make_page_picture(), make_page_picture())
    page = read(write_html(report, tmp_path / "page.html"))
    sources = [attributes["src"] or "" for tag, attributes in page.tags if tag == "img"]
    # of each: one in the list, the picture, its parts by the first way and by the second
    assert len(sources) == 2 * 4
    for source in sources:
        with Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as image:
            assert image.format == "JPEG"
            image.load()
            assert image.width > image.height
    assert all(attributes.get("alt") is not None for tag, attributes in page.tags if tag == "img")


def test_links_lead_to_the_pictures(
    make_page_picture: MakePicture, make_page_report: MakeReport, tmp_path: Path
) -> None:
    report = make_page_report(*(make_page_picture() for _ in range(3)))
    page = read(write_html(report, tmp_path / "page.html"))
    places = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    links = [(attributes["href"] or "")[1:] for tag, attributes in page.tags if tag == "a"]
    assert links == places
    assert len(set(places)) == 3


def test_what_was_found_is_said(
    make_page_picture: MakePicture, make_page_report: MakeReport, tmp_path: Path
) -> None:
    labels = ("cat", "dog", "cat", None)
    report = make_page_report(*(make_page_picture(label=label) for label in labels))
    text = read(write_html(report, tmp_path / "page.html")).text
    for expected in (
        "Right 67 %",  # of those whose class is known
        "cat.png: cat",
        "wrong, it is: dog",
        "75 %",
        "0.90",  # importance
        "Mutual knowledge of “cat”",
        "Of 3 concepts the text side holds nearest to the class, 2 are among the 3 seen",
        "paper score",
        "pca, area 1.50",
        "kmeans, area 1.00",
        "a note of the run",
        "3 descriptors name a class and were left out",
        "pictures/bad.jpg is cut off",
        "toys",
        "abababababababab",
    ):
        assert expected in text, expected


def test_parts_have_their_colors_and_shared_words_stand_out(
    make_page_picture: MakePicture,
) -> None:
    page = Page(to_html(make_page_picture()))
    swatches = [a["style"] for t, a in page.tags if a.get("class") == "swatch"]
    expected = [f"background:{to_hex(part_color(place))}" for place in (0, 2)]
    assert swatches == expected * 2  # by the first way and by the other
    content = str(to_html(make_page_picture()))
    assert "<b>whiskers</b>" in content
    assert "<b>fur</b>" not in content


def test_bars_are_as_long_as_their_scores(make_page_picture: MakePicture) -> None:
    content = str(to_html(make_page_picture()))
    widths = re.findall(r'class="fill ([a-z]*)" style="display:block;width:([\d.]+)%"', content)
    assert widths == [
        ("class", "75.0"),
        ("class", "25.0"),
        ("shared", "100.0"),
        ("", "50.0"),  # 0.4 on the way from -0.1 to 0.9
        ("shared", "0.0"),
    ]


def test_hostile_words_are_words(
    make_page_picture: MakePicture, make_page_report: MakeReport, hostile: str, tmp_path: Path
) -> None:
    pulls = (Pull(hostile, 0.2, True), Pull("fur", -0.1, False))
    picture = make_page_picture(name=hostile, label=hostile, word=hostile, pulls=pulls)
    report = replace(
        make_page_report(picture, picture, reason=hostile), notes=(hostile,), vocabulary=hostile
    )
    path = write_html(report, tmp_path / "page.html", title=hostile)
    page = read(path)
    assert "script" not in {tag for tag, _ in page.tags}
    assert not [a for t, a in page.tags if t == "img" and "example.org" in (a["src"] or "")]
    assert hostile in page.text


def test_a_wrong_decision_says_what_speaks_for_and_against(make_page_picture: MakePicture) -> None:
    pulls = (Pull("fur", 0.3, True), Pull("tail", 0.1, False), Pull("collar", -0.2, False))
    text = Page(to_html(make_page_picture(label="dog", pulls=pulls))).text
    assert "Why “cat” and not “dog”?" in text
    assert "for the prediction: fur (known of cat), tail." in text
    assert "Most against it: collar." in text


@pytest.mark.parametrize(("strength", "speaks"), [(0.1, "for"), (-0.1, "against")])
def test_where_nothing_speaks_for_or_against_it_says_nothing(
    make_page_picture: MakePicture, strength: float, speaks: str
) -> None:
    pulls = tuple(Pull(word, strength, False) for word in ("fur", "tail"))
    text = Page(to_html(make_page_picture(label="dog", pulls=pulls))).text
    most_for = re.search(r"for the prediction: (.*?)\.", text)
    against = re.search(r"Most against it: (.*?)\.", text)
    assert most_for is not None
    assert against is not None
    words = (most_for[1], against[1])
    assert words == (("fur, tail", "nothing") if speaks == "for" else ("nothing", "tail, fur"))


def test_a_picture_without_parts_has_a_page(
    make_page_picture: MakePicture, make_page_report: MakeReport, tmp_path: Path
) -> None:
    report = make_page_report(make_page_picture(parts=False))
    text = read(write_html(report, tmp_path / "page.html")).text
    assert "No foreground was found in this picture." in text
    assert "nothing" in text  # in the circle of what is seen


def test_one_way_of_finding_parts_has_no_other_ways(make_page_picture: MakePicture) -> None:
    picture = make_page_picture()
    assert "Other ways" in to_html(picture)
    assert "Other ways" not in to_html(replace(picture, explanations=picture.explanations[:1]))


def test_a_result_of_no_known_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="No HTML form for dict; register one"):
        to_html({})


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((640, 320), (MAX_SIDE, MAX_SIDE // 2)),  # made smaller
        ((300, 200), (300, 200)),
        ((20, 10), (320, 160)),  # enlarged by a whole number
        ((1, 1), (320, 320)),
    ],
)
def test_pictures_are_sent_in_a_good_size(size: tuple[int, int], expected: tuple[int, int]) -> None:
    array = np.full((size[1], size[0], 3), (200, 100, 50), np.uint8)
    uri = to_data_uri(array)
    prefix, _, content = uri.partition(",")
    assert prefix == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as image:
        assert image.size == expected
        np.testing.assert_allclose(np.asarray(image).mean((0, 1)), (200, 100, 50), atol=3)
