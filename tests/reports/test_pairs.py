"""Pages of pairs, of runs over pairs, and of evaluations."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from seewhy.images.folders import ImageFailure
from seewhy.reports.html import to_html, write_html
from seewhy.results import Provenance
from seewhy.similarity.agreement import Agreement
from seewhy.similarity.evaluation_report import EvaluationReport, tabulate
from seewhy.similarity.explanation import MadePicture, PairExplanation, SimilarityMap
from seewhy.similarity.geometry import PairGeometry
from seewhy.similarity.pair_report import PairReport
from seewhy.similarity.pair_run import PairItem, PairRun

NUMBERS = np.random.default_rng(0)
TRACE = Provenance(model="toy", model_digest="ab" * 32, seed=7)


def make_explanation(
    method: str = "interaction-cam", *, name: str = "a.png", views: bool = False, made: bool = False
) -> PairExplanation:
    pictures = tuple(NUMBERS.integers(0, 256, (32, 24, 3), np.uint8) for _ in range(2))
    maps = tuple(
        SimilarityMap(NUMBERS.normal(size=(4, 3)).astype(np.float32), (32, 24), view)
        for view in (1, 2)
    )
    geometry = PairGeometry(
        NUMBERS.integers(0, 256, (50, 60, 3), np.uint8),
        ((5.0, 5.0, 30.0, 20.0), (10.0, 20.0, 30.0, 35.0)), (False, True), "simclr", 3,
    )  # fmt: skip
    painted = MadePicture(np.full((32, 24, 3), 0.5, np.float32), f"of {name}", np.zeros((9, 1)))
    return PairExplanation(
        method=method, score=0.625, pictures=pictures, maps=() if made else maps,
        made=(painted,) if made else (), interaction=None,
        facts={"converged_1": False, "loss_1": 0.1234}, notes=(f"a note on {name}",),
        settings={"reduction": "mean"}, compat="default", provenance=TRACE, names=(name, "b.png"),
        geometry=geometry if views else None, agreement=Agreement(0.42, 0.3) if views else None,
    )  # fmt: skip


def test_the_page_of_a_pair_shows_every_map_and_says_what_it_is() -> None:
    page = str(to_html(PairReport((make_explanation(), make_explanation("random")))))
    assert "toy: 0.625" in page
    assert page.count("<img") == 2 + 2 * (4 + 1)  # pictures; maps on one scale, alone, the scale
    for words in ("Interaction-CAM", "Random map", "baseline", "What it cannot say"):
        assert words in page
    assert "Where channels are strong that both pictures use" in page
    assert "a note on a.png" in page
    assert re.search(r'tag wrong">converged 1 no<', page)
    assert "loss 1 0.123" in page
    assert "reduction mean" in page


def test_views_are_drawn_on_their_picture_with_their_agreement() -> None:
    page = str(to_html(PairReport((make_explanation(views=True),))))
    assert page.count("<rect") == 2
    assert "view 2, mirrored" in page
    assert "30 % of their area" in page
    assert "agreement +0.42" in page
    assert "Both maps on the picture" in page
    assert "agreement" not in str(to_html(PairReport((make_explanation(),))))


def test_made_pictures_stand_beside_the_second_one() -> None:
    page = str(to_html(make_explanation("feature-visualization", made=True)))
    assert page.count("<img") == 2
    assert "of a.png, 9 steps" in page


def test_the_page_is_whole_and_asks_for_nothing(tmp_path: Path, hostile: str) -> None:
    report = PairReport((make_explanation(name=hostile, views=True),))
    page = write_html(report, tmp_path / "page.html", title="pair").read_text(encoding="utf-8")
    assert hostile not in page
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)


def test_a_run_links_to_the_page_of_each_pair(hostile: str) -> None:
    items = (PairItem(hostile, 0.5, "pairs/x-1", ("random",)),)
    failures = (ImageFailure(Path("bad.png"), "is cut off"),)
    page = str(to_html(PairRun("toy", items, failures)))
    assert 'href="pairs/x-1/index.html"' in page
    assert hostile not in page
    assert "is cut off" in page


@pytest.fixture
def evaluation() -> EvaluationReport:
    pairs = {
        f"pair {number}": {
            "center": {"SI": 0.8 + 0.001 * number, "MS": None},
            "random": {"SI": 0.5, "MS": None},
        }
        for number in range(5)
    }
    return EvaluationReport(
        table=tabulate(pairs, ["center", "random"]), pairs=pairs,
        scores=dict.fromkeys(pairs, 0.9), failures=(), provenance=TRACE, notes=("a note",),
    )  # fmt: skip


def test_an_evaluation_is_a_table_with_intervals(evaluation: EvaluationReport) -> None:
    page = str(to_html(evaluation))
    assert "Means over 5 pairs" in page
    assert re.search(r'<td class="better">0.802<small>0.80\d to 0.80\d</small>', page)
    assert "simultaneous insertion" in page
    assert "MS" not in page.split("data:image/png")[0]
    assert "a note" in page
