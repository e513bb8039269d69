"""Deletion curves as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 320, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 10, 26, 30


def draw_curves(
    curves: Mapping[str, Sequence[float]], colors: Mapping[str, str], *, label: str
) -> Markup:
    """Lines of values over the number of concepts taken away.

    Args:
        curves: values by name.
        colors: of the lines, by name.
        label: what the values are.
    """
    longest = max((len(values) for values in curves.values()), default=0)
    top = max((max(values, default=0.0) for values in curves.values()), default=0.0) or 1.0
    lines = [_axes(top, max(longest - 1, 1), label)]
    for name, values in curves.items():
        points = [
            (
                _LEFT + (WIDTH - _LEFT - _RIGHT) * step / max(longest - 1, 1),
                HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top,
            )
            for step, value in enumerate(values)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        color = escape(colors[name])
        lines.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2.2"/>')
        lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{color}"/>' for x, y in points]
    body = "".join(lines)
    return Markup(  # noqa: S704  numbers, and texts escaped above
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" class="curve">{body}</svg>'
    )


def _axes(top: float, steps: int, label: str) -> str:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    return (
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" class="axis"/>'
        f'<text x="{_LEFT - 5}" y="{_TOP + 5}" text-anchor="end">{top:.1f}</text>'
        f'<text x="{_LEFT - 5}" y="{bottom + 4}" text-anchor="end">0</text>'
        f'<text x="{_LEFT}" y="{HEIGHT - 14}" text-anchor="middle">0</text>'
        f'<text x="{right}" y="{HEIGHT - 14}" text-anchor="end">{steps}</text>'
        f'<text x="{(_LEFT + right) / 2}" y="{HEIGHT - 2}" text-anchor="middle">'
        "concepts taken away, best first</text>"
        f'<text x="{_LEFT - 5}" y="{_TOP - 12}">{escape(label)}</text>'
    )
