"""Explanations of a similarity drawn: pictures, their maps on one scale, made pictures."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from seewhy.images.heatmaps import HeatScale, lay_heat
from seewhy.similarity.catalogue import METHODS
from seewhy.similarity.map_scale import PEAKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from seewhy.similarity.explanation import PairExplanation
    from seewhy.similarity.map_scale import MapScale
    from seewhy.similarity.pair_report import PairReport

VIEW_COLORS = ("#0072b2", "#d55e00")
"""Of the boxes around both views."""
SIDE, LINE = 2.5, 34
"""Inches of a picture, and characters of a line above it."""


def draw_explanation(found: PairExplanation) -> Figure:
    """One method: a row for each picture with its map, or the second picture and what was made.

    The map stands there twice: with both pictures on one scale, and by itself, from its lowest
    value to its highest. Of views also on the picture they were cut out of.
    """
    if not found.maps:
        return _draw_made(found)
    has_whole = found.geometry is not None
    ratios = [1, 1, 0.05, 1, *[1] * has_whole]
    width = SIDE * sum(ratios) + 0.9
    figure = Figure(figsize=(width, 2 * SIDE + 1.2), layout="constrained")
    grid = figure.add_gridspec(2, len(ratios), width_ratios=ratios)
    for view in (1, 2):
        row = view - 1
        _show(figure.add_subplot(grid[row, 0]), found.pictures[row], found.names[row])
        _show(figure.add_subplot(grid[row, 1]), found.overlay(view), "its map")
        by_itself = lay_by_itself(found, view)
        _show(figure.add_subplot(grid[row, 3]), by_itself, _describe_range(found, view))
        if has_whole:
            axes = figure.add_subplot(grid[row, 4])
            _show(axes, found.overlay_on_whole(view), "its map on the picture")
            _outline_view(axes, found, view)
    if found.compat == "default":
        _draw_scale(figure.add_subplot(grid[:, 2]), found.scale)
    if has_whole:
        figure.supxlabel(describe_agreement(found), fontsize=9)
    _head(figure, found)
    return figure


def lay_by_itself(found: PairExplanation, view: int) -> NDArray[np.uint8]:
    """A picture under its own map, from its lowest value (dark) to its highest (yellow).

    A few peaks do not count; a flat map is dark everywhere.
    """
    pixels = found.maps[view - 1].to_pixels()
    low, high = np.nanquantile(pixels, [PEAKS, 1 - PEAKS])
    placed = (pixels - low) / (high - low) if high > low else np.zeros_like(pixels)
    return lay_heat(found.pictures[view - 1], placed, scale=HeatScale(0, 1))


def _describe_range(found: PairExplanation, view: int) -> str:
    values = found.maps[view - 1].values
    return f"by itself, {np.nanmin(values):.2g} to {np.nanmax(values):.2g}"


def draw_report(report: PairReport) -> Figure:
    """All methods of a pair: a column each, both pictures below another; made pictures last."""
    mapped = [found for found in report.explanations if found.maps]
    made = [found for found in report.explanations if found.made]
    columns = max(len(mapped) + 1, *(1 + len(found.made) for found in made), 3)
    rows = 3 * bool(mapped) + len(made)
    heights = [1.0, 1.0, 0.06] * bool(mapped) + [1.15] * len(made)
    figure = Figure(
        figsize=(1.9 * columns + 0.2, 1.95 * sum(heights) + 0.9 + 0.3 * len(made)),
        layout="constrained",
    )
    grid = figure.add_gridspec(max(rows, 1), columns, height_ratios=heights or None)
    first = report.explanations[0]
    for view in (1, 2) if mapped else ():
        _show(
            figure.add_subplot(grid[view - 1, 0]), first.pictures[view - 1], first.names[view - 1]
        )
    for column, found in enumerate(mapped, start=1):
        for view in (1, 2):
            title = METHODS[found.method].title if view == 1 else ""
            _show(figure.add_subplot(grid[view - 1, column]), found.overlay(view), title)
        if found.compat == "default":
            _draw_scale(figure.add_subplot(grid[2, column]), found.scale, is_flat=True)
    for row, found in enumerate(made, start=3 * bool(mapped)):
        _show(figure.add_subplot(grid[row, 0]), found.pictures[1], METHODS[found.method].title)
        for column, each in enumerate(found.made, start=1):
            _show(figure.add_subplot(grid[row, column]), each.picture.clip(0, 1), each.title)
    title = f"similarity {report.score:.3f} to {report.provenance.model}"
    figure.suptitle(title, fontsize=12, parse_math=False)
    return figure


def describe_agreement(found: PairExplanation) -> str:
    """How well both maps agree on their picture, in words."""
    if found.agreement is None:
        return ""
    share = f"The views have {found.agreement.overlap:.0%} of their area in common."
    if np.isnan(found.agreement.correlation):
        return f"Agreement of the maps: none can be told. {share}"
    return f"Agreement of the maps: {found.agreement.correlation:+.2f} (rank correlation). {share}"


def describe_facts(facts: Mapping[str, float | bool | str]) -> str:
    """What is worth knowing about a run, in one line."""
    words = {True: "yes", False: "no"}
    pieces = []
    for name, value in facts.items():
        shown = words[value] if isinstance(value, bool) else value
        text = f"{shown:.3g}" if isinstance(shown, float) else str(shown)
        pieces.append(f"{name.replace('_', ' ')} {text}")
    return "; ".join(pieces)


def describe_settings(settings: Mapping[str, Any]) -> str:
    """Settings in one line: words, numbers, and what is set below them."""
    pieces = []
    for name, value in settings.items():
        if isinstance(value, Mapping):
            pieces.append(f"{name.replace('_', ' ')} ({describe_settings(value)})")
            continue
        shown = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        pieces.append(f"{name.replace('_', ' ')} {shown}")
    return "; ".join(pieces)


def _outline_view(axes: Axes, found: PairExplanation, view: int) -> None:
    """Draw where a view was cut out of its picture."""
    assert found.geometry is not None  # noqa: S101  the caller looked
    top, left, height, width = found.geometry.crops[view - 1]
    color = VIEW_COLORS[view - 1]
    axes.add_patch(Rectangle((left - 0.5, top - 0.5), width, height, fill=False, ec=color, lw=2))
    if found.geometry.flipped[view - 1]:
        label = {"facecolor": color, "edgecolor": "none", "pad": 1.5}
        axes.text(left + 4, top + 5, "mirrored", color="white", fontsize=8, va="top", bbox=label)
    axes.set_xlim(-0.5, found.geometry.size[1] - 0.5)
    axes.set_ylim(found.geometry.size[0] - 0.5, -0.5)


def _draw_made(found: PairExplanation) -> Figure:
    columns = 1 + len(found.made)
    figure = Figure(figsize=(SIDE * columns, SIDE + 1.5), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    _show(axes[0], found.pictures[1], found.names[1])
    for axis, each in zip(axes[1:], found.made, strict=True):
        _show(axis, each.picture.clip(0, 1), each.title)
    text = textwrap.fill(describe_settings(found.settings), 17 * columns + 20)
    figure.supxlabel(text, fontsize=7, color="0.35", parse_math=False)
    _head(figure, found)
    return figure


def _head(figure: Figure, found: PairExplanation) -> None:
    as_published = ", as published" if found.compat == "published" else ""
    figure.suptitle(
        f"{METHODS[found.method].title}{as_published}: similarity {found.score:.3f} to "
        f"{found.provenance.model}",
        fontsize=12,
        parse_math=False,
    )


def _show(axes: Axes, picture: NDArray[Any], title: str) -> None:
    axes.imshow(picture)
    axes.set_title(textwrap.fill(title, LINE), fontsize=9, parse_math=False)
    axes.set_axis_off()


def _draw_scale(axes: Axes, scale: MapScale, *, is_flat: bool = False) -> None:
    """The colors with the raw values at both ends and in the middle."""
    low, high = scale.ends
    colors = scale.bar()
    ticks: Sequence[float] = sorted({low, scale.middle, high})
    labels = [f"{value:.2g}" if value else "0" for value in ticks]
    if is_flat:
        axes.imshow(colors, aspect="auto", extent=(low, high, 0, 1))
        axes.set_xticks(ticks, labels, fontsize=7)
        axes.set_yticks([])
        return
    axes.imshow(colors.transpose(1, 0, 2), aspect="auto", origin="lower", extent=(0, 1, low, high))
    axes.set_yticks(ticks, labels, fontsize=8)
    axes.yaxis.tick_right()
    axes.set_xticks([])
