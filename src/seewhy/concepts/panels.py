"""Panels of a picture's figure: the decision with its runners-up, and what both sides know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.patches import Ellipse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from seewhy.concepts.report import PartsExplanation, PictureConcepts

SHOWN_WORDS, SHOWN_PULLS, LINE = 6, 3, 25
DRAWN_CLASS_CONCEPTS = 15
"""Of what the text side knows, how much the diagram is of, as published."""
_IMAGE, _TEXT = "#0072b2", "#e69f00"


def draw_decision(axes: Axes, picture: PictureConcepts) -> None:
    """Draw the classes by probability; under them, what pulled a wrong decision astray."""
    choices = picture.prediction
    colors = ["#cc3311" if picture.is_wrong else "#0072b2", *["#9aa5b1"] * (len(choices) - 1)]
    axes.barh(range(len(choices)), [choice.score for choice in choices], color=colors)
    words = [f"{shorten(choice.text, 24)} {choice.score:.0%}" for choice in choices]
    axes.set_yticks(range(len(choices)), words, fontsize=9, parse_math=False)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_title("decision", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    pulls = [shorten(pull.text) for pull in picture.pulls if pull.strength > 0][:SHOWN_PULLS]
    if pulls:
        axes.set_xlabel("pulled there by: " + ";\n".join(pulls), fontsize=9, parse_math=False)


def draw_venn(axes: Axes, picture: PictureConcepts, explanation: PartsExplanation) -> None:
    """Draw what the picture shows, what the text side knows of the class, and what both share."""
    shared = list(explanation.shared)
    seen = [concept.text for concept in explanation.ranked if concept.text not in shared]
    known = [concept.text for concept in picture.class_concepts[:DRAWN_CLASS_CONCEPTS]]
    for x, color in ((0.37, _IMAGE), (0.63, _TEXT)):
        axes.add_patch(Ellipse((x, 0.46), 0.72, 0.92, color=color, alpha=0.18, lw=0))
    _write_words(axes, 0.17, seen, size=8)
    _write_words(axes, 0.5, shared, size=8.5, weight="bold")
    _write_words(axes, 0.83, [word for word in known if word not in shared], size=8)
    heads = ((0.17, "seen in the picture"), (0.83, f"known of {shorten(picture.explained, 20)}"))
    for x, head in heads:
        axes.text(x, 1.0, head, ha="center", va="top", fontsize=10, parse_math=False)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_axis_off()


def _write_words(
    axes: Axes, x: float, words: Sequence[str], *, size: float, weight: str = "normal"
) -> None:
    """A column of words around the middle of the circles; the rest are counted."""
    lines = [shorten(word, LINE) for word in words[:SHOWN_WORDS]]
    if len(words) > SHOWN_WORDS:
        lines.append(f"and {len(words) - SHOWN_WORDS} more")
    text = "\n".join(lines) if lines else "nothing"
    style = "normal" if lines else "italic"
    written = axes.text(
        x, 0.46, text, ha="center", va="center", fontsize=size, weight=weight, style=style
    )
    written.set_parse_math(False)
    written.set_in_layout(False)


def shorten(text: str, most: int = 34) -> str:
    """The text, cut to so many characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
