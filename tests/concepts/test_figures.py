"""Figures show what the results say: texts, bars, curves, and parts in their colors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from seewhy.concepts.figures import paint_parts, part_color
from seewhy.concepts.report import ConceptReport, PictureConcepts, ScoredConcept
from seewhy.images.colors import PART_COLORS

MakePicture = Callable[..., PictureConcepts]


def texts_of(figure: Figure) -> str:
    figure.canvas.draw()
    return "\n".join(text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text")))


def test_a_picture_is_drawn_with_its_decision_words_and_curves(make_picture: MakePicture) -> None:
    picture = make_picture(label="dog", curves={"pca": (4.0, 1.0, 0.0), "kmeans": (2.0, 0.0)})
    figure = picture.figure()
    texts = texts_of(figure)
    for expected in ("cat 75%", "it is: dog", "whiskers", "pca, area 1.67", "kmeans, area 1.00"):
        assert expected in texts
    lines = [line for axes in figure.axes for line in axes.get_lines()]
    drawn = [tuple(np.asarray(line.get_ydata()).tolist()) for line in lines]
    assert (4.0, 1.0, 0.0) in drawn
    assert (2.0, 0.0) in drawn


def test_bars_are_the_importance_of_concepts_and_green_is_shared(make_picture: MakePicture) -> None:
    picture = make_picture()
    figure = picture.figure()
    axes = next(a for a in figure.axes if "importance" in a.get_title())
    ranked = picture.explanations[0].ranked
    assert [bar.get_width() for bar in axes.patches] == [c.score for c in ranked]
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert labels == [concept.text for concept in ranked]
    low, high = axes.get_ylim()
    assert low > high, "the best concept stands on top"
    shared = picture.explanations[0].shared
    is_green = [bar.get_facecolor()[1] > bar.get_facecolor()[2] for bar in axes.patches]
    assert is_green == [concept.text in shared for concept in ranked]
    assert set(is_green) == {True, False}


def test_a_bar_of_a_negative_score_can_be_seen(make_picture: MakePicture) -> None:
    picture = make_picture()
    ranked = tuple(ScoredConcept(f"word {i}", -0.1 * i) for i in range(12))
    shown = replace(picture.explanations[0], ranked=ranked, shared=())
    figure = replace(picture, explanations=(shown,)).figure()
    axes = next(a for a in figure.axes if "importance" in a.get_title())
    assert len(axes.patches) == 10
    assert axes.get_xlim()[0] <= -0.9
    assert axes.get_xlim()[1] >= 0


def test_parts_are_painted_in_the_colors_of_their_labels(make_picture: MakePicture) -> None:
    picture = make_picture()
    found = picture.explanations[0]
    painted = paint_parts(picture, found)
    assert painted.shape == picture.image.shape
    for part in found.parts:
        inside = painted[found.regions == part.label].astype(int)
        color = np.array(part_color(part.label))
        before = picture.image[found.regions == part.label].astype(int)
        assert np.abs(inside - color).mean() < np.abs(before - color).mean()
    assert part_color(0) == part_color(len(PART_COLORS)) == PART_COLORS[0]


def test_a_report_shows_at_most_twelve_pictures_and_the_mean_curve(
    make_picture: MakePicture, make_report: Callable[..., ConceptReport]
) -> None:
    report = make_report(*(make_picture(name=f"{i}.png") for i in range(14)))
    figure = report.figure()
    assert sum(len(axes.get_images()) for axes in figure.axes) == 12
    curve = figure.axes[-1].get_lines()[0]
    assert tuple(np.asarray(curve.get_ydata()).tolist()) == report.curves["pca"]


def test_one_picture_without_parts_can_be_drawn(
    make_picture: MakePicture, make_report: Callable[..., ConceptReport]
) -> None:
    picture = make_picture(parts=False)
    assert "no foreground" in texts_of(picture.figure())
    figure = make_report(picture).figure()
    assert sum(len(axes.get_images()) for axes in figure.axes) == 1


@pytest.mark.parametrize("text", ["$5 or $6", r"$\nothing$", "under_score ^ hat", "<b>bold</b>"])
def test_words_that_look_like_formulas_stay_words(
    make_picture: MakePicture, make_report: Callable[..., ConceptReport], text: str
) -> None:
    picture = make_picture(word=text, label=text)
    plain = replace(picture, prediction=(ScoredConcept(text, 0.75),), label=None)
    for result in (picture, make_report(plain)):
        figure = result.figure()
        drawn = figure.findobj(lambda artist: text in getattr(artist, "get_text", str)())
        assert drawn
        assert not any(artist.get_parse_math() for artist in drawn)
        assert result.to_png().startswith(b"\x89PNG")
