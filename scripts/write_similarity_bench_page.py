"""Write docs/similarity-bench.md from results of ``seewhy bench similarity --save FOLDER``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

INTRODUCTION = """# Maps of similarity, judged by the small world

`seewhy bench similarity --model mini:simclr` explains pairs of [scenes](world.md) by every method
and holds the maps against the truth. The main things of a pair are of one class and look the same
(color, pattern, parts); backgrounds differ, and no other class stands in both. So what the pictures
share is known: the parts of that thing.

- **pointing**: share of hottest pixels that lie on a shared part; means over both pictures.
- **mass**: share of all positive heat on the shared parts. Parts are small, so that no map as
  coarse as the encoder's grid comes near 1. A map without positive heat counts as an even one;
  *cold* says how many there are. Context-agnostic occlusion compares a difference of embeddings,
  whose zero means nothing: its highest place says something, its sign does not.
- **of the thing**: both for the whole thing instead of its parts.

In brackets: 95 % intervals by bootstrap over pairs. A method beats the floors in a score if the
interval of its difference to the random map, and of that to the center map, lies above 0 on the
same pairs; *by the mean* if only the means do. Methods in parentheses are baselines. Windows of
occlusion are a quarter of the picture, moved by a sixteenth; pixel invariance makes 200 copies; all
else is by default. `scripts/write_similarity_bench_page.py FOLDER...` makes this page from saved
results.
"""
FLOORS = ("random", "center")
MADE = """
Two methods make pictures, not maps, which no mask can judge. Here is how far they came with what
they optimize, as means over {pictures} pictures: feature visualization maximizes a likeness, model
difference minimizes the error of a layer's features.

| picture | first step | last step |
|---|---|---|
"""


def write_section(result: dict[str, Any]) -> str:
    """The tables of one model."""
    source = result["provenance"]
    lines = [
        f"\n## {source['model']}\n",
        f"{result['pairs']} pairs, mean cosine {result['similarity']:.2f}, shared parts cover "
        f"{result['area']:.1%} of a picture; map of `{source['settings']['layer']}`.\n",
        "| method | pointing | mass | cold | of the thing | beats both floors in |",
        "|---|---|---|---|---|---|",
    ]
    for name, scores in result["methods"].items():
        shown = f"({name})" if scores["is_baseline"] else name
        cells = [_show(scores["pointing"]), _show(scores["mass"]), _show_share(scores.get("cold"))]
        cells.append(
            f"{scores['thing_pointing']['value']:.2f}, {scores['thing_mass']['value']:.2f}"
        )
        cells.append("" if name in FLOORS else _say_beaten(scores, result["methods"]))
        lines.append(f"| {shown} | {' | '.join(cells)} |")
    page = "\n".join(lines) + "\n"
    if result["made"]:
        page += MADE.format(pictures=next(iter(result["made"].values()))["pictures"])
        for title, reached in result["made"].items():
            page += f"| {title} | {reached['begin']:.3g} | {reached['end']:.3g} |\n"
    return page


def _show(measure: dict[str, Any]) -> str:
    low, high = measure["interval"]
    return f"{measure['value']:.2f} ({low:.2f} to {high:.2f})"


def _show_share(share: float | None) -> str:
    """Nothing where a result does not have it."""
    return "" if share is None else f"{share:.0%}"


def _say_beaten(scores: dict[str, Any], methods: dict[str, Any]) -> str:
    """In which scores both floors are beaten, and whether for sure."""
    said = []
    for key in ("pointing", "mass"):
        if all(low > 0 for low, _ in scores[key]["over"].values()):
            said.append(key)
        elif all(scores[key]["value"] > methods[floor][key]["value"] for floor in FLOORS):
            said.append(f"{key} by the mean")
    return ", ".join(said) or "neither"


def main(folders: Sequence[str]) -> None:
    """Write the page."""
    results = [json.loads(Path(folder, "result.json").read_text("utf-8")) for folder in folders]
    page = INTRODUCTION + "".join(map(write_section, results))
    Path("docs/similarity-bench.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
