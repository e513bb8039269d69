"""Explanations drawn: parts in color with their words, importance, curves."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from seewhy.concepts.panels import draw_decision, draw_venn, shorten
from seewhy.images.colors import PART_COLORS, Color, to_hex
from seewhy.images.overlays import tint_regions

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from seewhy.concepts.report import ConceptReport, PartsExplanation, PictureConcepts

SHOWN_CONCEPTS = 10
LINE, MOST_LINES = 78, 3
"""Characters in a line of a part's words, and how many lines of them there are room for."""
LINE_COLORS = {"pca": "#0072b2", "kmeans": "#d55e00"}


def part_color(label: int) -> Color:
    """Color of a part in every picture."""
    return PART_COLORS[label % len(PART_COLORS)]


def paint_parts(picture: PictureConcepts, explanation: PartsExplanation) -> NDArray[np.uint8]:
    """The picture with its parts tinted, (height, width, 3)."""
    colors = {part.label: part_color(part.label) for part in explanation.parts}
    outline = max(1, picture.image.shape[0] // 160)
    return tint_regions(picture.image, explanation.regions, colors, outline=outline)


def draw_picture(picture: PictureConcepts) -> Figure:
    """The picture, its parts with words, importance, decision, what both sides know, curves."""
    shown = picture.explanations[0]
    figure = Figure(figsize=(12, 8.6), layout="constrained")
    grid = figure.add_gridspec(3, 3, width_ratios=[1, 1, 1.25], height_ratios=[1.25, 0.8, 1])
    _show(figure.add_subplot(grid[0, 0]), picture.image, _title(picture))
    _show(figure.add_subplot(grid[0, 1]), paint_parts(picture, shown), f"parts ({shown.method})")
    _write_legend(figure.add_subplot(grid[1, :2]), shown)
    _draw_importance(figure.add_subplot(grid[0, 2]), shown)
    draw_decision(figure.add_subplot(grid[1, 2]), picture)
    draw_venn(figure.add_subplot(grid[2, :2]), picture, shown)
    _draw_curves(
        figure.add_subplot(grid[2, 2]), {e.method: e.curve.values for e in picture.explanations}
    )
    return figure


def draw_report(report: ConceptReport) -> Figure:
    """All pictures with their parts, at most twelve, and the mean deletion curve."""
    shown = report.pictures[:12]
    columns = min(4, max(len(shown), 1))
    rows = math.ceil(len(shown) / columns)
    figure = Figure(figsize=(3 * columns, 3.2 * rows + 2.6), layout="constrained")
    grid = figure.add_gridspec(rows + 1, columns)
    for place, picture in enumerate(shown):
        axes = figure.add_subplot(grid[place // columns, place % columns])
        _show(axes, paint_parts(picture, picture.explanations[0]), _title(picture))
    _draw_curves(figure.add_subplot(grid[rows, :]), report.curves)
    return figure


def _title(picture: PictureConcepts) -> str:
    best = picture.prediction[0]
    truth = f" (it is: {picture.label})" if picture.is_wrong else ""
    return textwrap.fill(f"{best.text} {best.score:.0%}{truth}", 38)


def _show(axes: Axes, image: NDArray[np.uint8], title: str) -> None:
    axes.imshow(image)
    axes.set_title(title, fontsize=11, parse_math=False)  # "$5 or $6" is no formula
    axes.set_axis_off()


def _write_legend(axes: Axes, explanation: PartsExplanation) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, max(len(explanation.parts), 1))
    for row, part in enumerate(reversed(explanation.parts)):
        axes.scatter([0.02], [row + 0.5], s=130, marker="s", color=to_hex(part_color(part.label)))
        words = ";  ".join(concept.text for concept in part.concepts)
        _write(axes, (0.05, row + 0.5), words, horizontal="left")
    if not explanation.parts:
        _write(axes, (0.5, 0.5), "; ".join(explanation.notes), horizontal="center")


def _write(axes: Axes, place: tuple[float, float], words: str, *, horizontal: str) -> None:
    """Words broken into lines that fit; what is longer still is cut, and never moves the rest."""
    lines = textwrap.wrap(words, LINE)
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], shorten(" ".join(lines[MOST_LINES - 1 :]), LINE)]
    text = axes.text(*place, "\n".join(lines), va="center", ha=horizontal, fontsize=9.5)
    text.set_parse_math(False)
    text.set_in_layout(False)


def _draw_importance(axes: Axes, explanation: PartsExplanation) -> None:
    shown = explanation.ranked[:SHOWN_CONCEPTS]
    scores = [concept.score for concept in shown]
    colors = ["#009e73" if concept.text in explanation.shared else "#9aa5b1" for concept in shown]
    axes.barh(range(len(shown)), scores, color=colors)
    words = [shorten(concept.text) for concept in shown]
    axes.set_yticks(range(len(shown)), words, fontsize=9, parse_math=False)
    axes.invert_yaxis()
    if scores:
        low = min(scores)
        axes.set_xlim(
            min(0.0, low) if low < 0 else max(0.0, low - 0.3 * (max(scores) - low + 0.05))
        )
    axes.set_title("importance (green: known of the class)", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_curves(axes: Axes, curves: dict[str, tuple[float, ...]]) -> None:
    for method, values in curves.items():
        label = f"{method}, area {np.mean(values):.2f}" if len(values) else method
        axes.plot(range(len(values)), values, "o-", ms=3, color=LINE_COLORS[method], label=label)
    axes.set_xlabel("concepts taken away, best first")
    axes.set_ylabel("mutual knowledge")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, loc="best")
    axes.spines[["top", "right"]].set_visible(False)
