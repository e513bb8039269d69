"""The page in a real browser: it opens, loads nothing, complains of nothing, shows everything."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from seewhy.concepts.report import ConceptReport, PictureConcepts, Pull
from seewhy.reports.html import write_html

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
IS_SHOWN = """image => image.complete && image.naturalWidth > 0
    && image.getBoundingClientRect().width > 20"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@dataclass
class Visit:
    """A page that was opened, and what the browser had to say."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def visit(
    browser: Any,
    make_page_picture: Callable[..., PictureConcepts],
    make_page_report: Callable[..., ConceptReport],
    hostile: str,
    tmp_path: Path,
) -> Iterator[Visit]:
    pulls = (Pull(hostile, 0.2, True), Pull("fur", -0.1, False))
    report = make_page_report(
        make_page_picture(label="cat"),
        make_page_picture(label="dog", word=hostile, pulls=pulls),
        make_page_picture(parts=False, size=(300, 40)),
    )
    path = write_html(report, tmp_path / "page.html")
    found = Visit(browser.new_page(viewport={"width": 1200, "height": 900}))
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.on("console", lambda message: found.complaints.append(message.text))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.goto(path.as_uri())
    yield found
    found.page.close()


def test_it_asks_for_nothing_but_itself_and_complains_of_nothing(visit: Visit) -> None:
    visit.page.wait_for_load_state("networkidle")
    outside = [url for url in visit.requests if not url.startswith("data:")]
    assert [url.rpartition("/")[2] for url in outside] == ["page.html"]
    assert visit.complaints == []
    assert visit.page.title() == "seewhy"


def test_every_picture_and_diagram_is_shown(visit: Visit) -> None:
    for summary in visit.page.query_selector_all("details:not([open]) > summary"):
        summary.click()
    images = visit.page.query_selector_all("img")
    assert len(images) == 3 * 4
    for image in images:
        image.scroll_into_view_if_needed()
        visit.page.wait_for_function(IS_SHOWN, arg=image)
    for diagram in visit.page.query_selector_all("svg"):
        box = diagram.bounding_box()
        assert box is not None
        assert box["width"] > 100
        assert box["height"] > 50


def test_other_ways_open_at_a_click_and_links_lead_to_pictures(visit: Visit) -> None:
    details = visit.page.query_selector("details:not([open])")
    inside = details.query_selector("img")
    assert not inside.is_visible()
    details.query_selector("summary").click()
    assert inside.is_visible()
    link = visit.page.query_selector("nav a:nth-child(2)")
    link.click()
    place = visit.page.query_selector(link.get_attribute("href").replace("#", "[id='") + "']")
    visit.page.wait_for_function("e => Math.abs(e.getBoundingClientRect().top) < 40", arg=place)


@pytest.mark.parametrize("width", [380, 800, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_screen_and_can_be_read_in_the_dark(
    visit: Visit, width: int, scheme: str
) -> None:
    visit.page.emulate_media(color_scheme=scheme)
    visit.page.set_viewport_size({"width": width, "height": 800})
    assert visit.page.evaluate(OVERFLOW) <= 0
    ink, paper = (
        visit.page.evaluate(
            "name => getComputedStyle(document.body)[name].match(/\\d+/g).map(Number)", name
        )
        for name in ("color", "backgroundColor")
    )
    difference = sum(paper[:3]) - sum(ink[:3])
    assert difference > 400 if scheme == "light" else difference < -400
