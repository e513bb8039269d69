"""Captions and their edits drawn with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from seewhy.captions.edit import CaptionReport, Edit, SaidCaption

COLORS = {"keep": "#1c2430", "replace": "#c46a00", "insert": "#00795a", "delete": "#c4361f"}
"""Color of a word by how it fared; told apart by line and weight too."""
MOST_MAPS = 4


def draw_caption(said: SaidCaption) -> Figure:
    """The picture under its caption, and where its least certain words were seen."""
    from matplotlib.figure import Figure

    shown = choose_words(said)
    figure = Figure(figsize=(3.2 * (1 + len(shown)), 3.6), layout="constrained")
    axes = figure.subplots(1, 1 + len(shown), squeeze=False)[0]
    _draw_picture(axes[0], said)
    for axis, word in zip(axes[1:], shown, strict=True):
        axis.imshow(said.show_regions(word))
        axis.set_title(said.words[word].text, fontsize=10)
        axis.axis("off")
    figure.suptitle(f"{said.caption}\nlog-probability {said.score:.2f}", fontsize=11, wrap=True)
    return figure


def draw_edit(edit: Edit) -> Figure:
    """Both captions word by word, the gate of each word, and where changed words were seen."""
    from matplotlib.figure import Figure

    shown = choose_words(edit)
    columns = 1 + len(shown)
    figure = Figure(figsize=(max(8.0, 3.0 * columns), 6.4), layout="constrained")
    grid = figure.add_gridspec(3, columns, height_ratios=(1, 1.4, 2.6))
    _write_words(figure.add_subplot(grid[0, :]), edit)
    _draw_gates(figure.add_subplot(grid[1, :]), edit)
    _draw_picture(figure.add_subplot(grid[2, 0]), edit)
    for column, word in enumerate(shown, start=1):
        axis = figure.add_subplot(grid[2, column])
        axis.imshow(edit.show_regions(word))
        axis.set_title(edit.words[word].text, fontsize=10, color=COLORS[edit.words[word].kind])
        axis.axis("off")
    title = "nothing to change" if edit.is_unchanged else f"{edit.num_changes} words changed"
    figure.suptitle(f"{edit.name}: {title}", fontsize=11)
    return figure


def draw_report(report: CaptionReport) -> Figure:
    """How words fared over all edits; without edits, how long captions are."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axis = figure.subplots()
    if report.edits:
        counts = report.count_words()
        axis.bar(list(counts), list(counts.values()), color=[COLORS[kind] for kind in counts])
        axis.set_ylabel("words")
        axis.set_title(f"{len(report.edits)} edits, {report.num_unchanged} change nothing")
    else:
        lengths = [len(said.words) for said in report.captions]
        axis.hist(
            lengths, bins=[n - 0.5 for n in range(max(lengths, default=0) + 2)], color="#56b4e9"
        )
        axis.set_xlabel("words")
        axis.set_ylabel("captions")
    return figure


def choose_words(said: SaidCaption) -> list[int]:
    """Words whose regions are worth showing: those that are new, else the least certain."""
    if not said.can_show_regions:
        return []
    new = [n for n, word in enumerate(said.words) if word.kind != "keep"]
    if not new or len(new) == len(said.words):
        new = list(range(len(said.words)))
    least = sorted(new, key=lambda n: said.words[n].probability or 0.0)[:MOST_MAPS]
    return sorted(least)


def _draw_picture(axis: Axes, said: SaidCaption) -> None:
    if said.image is not None:
        axis.imshow(said.image)
    else:
        axis.text(0.5, 0.5, "no picture,\nfeatures only", ha="center", va="center", fontsize=9)
    axis.axis("off")


def _write_words(axis: Axes, edit: Edit) -> None:
    """The existing caption above, the new one below, in columns of the alignment."""
    axis.axis("off")
    cells: list[tuple[str, str, str]] = []  # kind, word above, word below
    for one in edit.operations:
        for n in range(max(len(one.before), len(one.after))):
            above = one.before[n] if n < len(one.before) else ""
            cells.append((one.kind, above, one.after[n] if n < len(one.after) else ""))
    widths = [max(len(above), len(below)) + 1.5 for _, above, below in cells]
    total = max(sum(widths), 40.0)
    place = 0.0
    for (kind, above, below), width in zip(cells, widths, strict=True):
        x = (place + width / 2) / total
        gone = "delete" if kind in ("delete", "replace") else "keep"
        weight = "bold" if kind in ("insert", "replace") else "normal"
        axis.text(x, 0.75, above, ha="center", va="center", fontsize=10, color=COLORS[gone])
        axis.text(
            x, 0.25, below, ha="center", va="center", fontsize=10, color=COLORS[kind], weight=weight
        )
        if gone == "delete":
            line = [(place + 0.5) / total, (place + width - 0.5) / total]
            axis.plot(line, [0.75, 0.75], color=COLORS["delete"], linewidth=1)
        place += width
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1)


def _draw_gates(axis: Axes, edit: Edit) -> None:
    """How much of each word came from the existing caption, and from which of its words."""
    places = range(len(edit.words))
    gates = [word.gate if word.gate is not None else np.nan for word in edit.words]
    axis.bar(places, gates, color=[COLORS[word.kind] for word in edit.words], width=0.6)
    labels = [_label(edit, n) for n in places]
    axis.set_xticks(list(places), labels, fontsize=8)
    axis.set_ylim(0, 1)
    axis.set_ylabel("kept" if any(w.gate is not None for w in edit.words) else "", fontsize=8)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _label(edit: Edit, number: int) -> str:
    word = edit.words[number]
    if word.attended_word is None or word.attended_word >= len(edit.existing_words):
        return word.text
    return f"{word.text}\n← {edit.existing_words[word.attended_word]}"
