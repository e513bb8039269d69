"""What two sides know, as two circles that overlap."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 620, 250
SHOWN = 8
_LINE = 19


def draw_venn(left: Sequence[str], both: Sequence[str], right: Sequence[str]) -> Markup:
    """Words of the image side only, of both, and of the text side only, as SVG.

    At most eight words a side are written out; the rest are counted.
    """
    middle = HEIGHT / 2 + 8
    parts = [
        f'<ellipse cx="222" cy="{middle}" rx="214" ry="112" class="venn-image"/>',
        f'<ellipse cx="398" cy="{middle}" rx="214" ry="112" class="venn-text"/>',
        '<text x="110" y="14" text-anchor="middle" class="head">seen in the picture</text>',
        '<text x="510" y="14" text-anchor="middle" class="head">known of the class</text>',
        _column(left, 100, middle, 26),
        _column(both, 310, middle, 27, css="both"),
        _column(right, 520, middle, 26),
    ]
    body = "".join(parts)
    return Markup(  # noqa: S704  texts are escaped in _column
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" class="venn">{body}</svg>'
    )


def _column(words: Sequence[str], x: int, middle: float, most: int, *, css: str = "") -> str:
    lines = [word if len(word) <= most else word[: most - 1] + "…" for word in words[:SHOWN]]
    if len(words) > SHOWN:
        lines.append(f"and {len(words) - SHOWN} more")
    if not lines:
        lines = ["nothing"]
        css = f"{css} none".strip()
    first = middle - (len(lines) - 1) * _LINE / 2 + 5
    return "".join(
        f'<text x="{x}" y="{first + row * _LINE:.0f}" text-anchor="middle" class="{css}">'
        f"{escape(line)}</text>"
        for row, line in enumerate(lines)
    )
