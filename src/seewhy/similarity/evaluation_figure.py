"""An evaluation drawn: means with their intervals, and what chance reaches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from seewhy.similarity.catalogue import METHODS
from seewhy.similarity.evaluation import MEASURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from seewhy.similarity.evaluation_report import EvaluationReport

COLORS = {"better": "#0072b2", "worse": "#d55e00", "open": "#7f8a97", None: "#000000"}
COLUMNS = 3


def draw_evaluation(report: EvaluationReport) -> Figure:
    """A panel for each measure."""
    shown = [m for m in MEASURES if any(m in row for row in report.table.values())]
    rows = max(1, math.ceil(len(shown) / COLUMNS))
    height = 0.9 + 0.22 * len(report.table)
    figure = Figure(figsize=(11.5, rows * height + 0.9), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False)
    for number, axis in enumerate(axes.ravel()):
        if number < len(shown):
            _draw_measure(axis, report, shown[number], has_names=number % COLUMNS == 0)
        else:
            axis.set_axis_off()
    figure.suptitle(
        f"{report.provenance.model}, {len(report.pairs)} pairs: mean and 95 % interval; "
        "blue better, orange worse than the random map",
        fontsize=11,
        parse_math=False,
    )
    return figure


def _draw_measure(axes: Axes, report: EvaluationReport, measure: str, *, has_names: bool) -> None:
    methods = list(report.table)
    for place, method in enumerate(methods):
        score = report.table[method].get(measure)
        if score is None:
            continue
        color = COLORS[score.verdict]
        spread = [[max(0.0, score.mean - score.low)], [max(0.0, score.high - score.mean)]]
        axes.errorbar(
            score.mean, place, xerr=np.array(spread), fmt="o", ms=4, color=color, capsize=2
        )
    chance = report.table.get("random", {}).get(measure)
    if chance is not None:
        axes.axvline(chance.mean, color="0.6", lw=1, ls=":")
    names = [METHODS[method].title for method in methods] if has_names else [""] * len(methods)
    axes.set_yticks(range(len(methods)), names, fontsize=8)
    axes.set_ylim(len(methods) - 0.4, -0.6)
    about = MEASURES[measure]
    axes.set_title(f"{measure}: {about.title} {'↑' if about.is_high_good else '↓'}", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="x", labelsize=8)
