"""Write docs/methods.md from the catalogue of similarity methods, so that it cannot be wrong."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from seewhy.similarity.catalogue import METHODS, Method

HEADER = """# Methods of similarity

Made by `make help-pages` from the catalogue of methods. What they are for:
[Similarity](similarity.md).

Cost is in forward passes of one picture (F) and backward passes (B), at the default settings and
224 pixels, both pictures together.
"""


def describe(name: str, method: Method) -> str:
    """One method as Markdown."""
    kind = ", a baseline" if method.is_baseline else ""
    rows = [
        f"| `{field}` | `{ours}` | {'' if ours == published else f'`{published}`'} |"
        for field, ours, published in list_settings(method)
    ]
    table = ["| setting | default | published |", "|---|---|---|", *rows, ""] if rows else []
    lines = [
        f"## {method.title}", "", f"`{name}`{kind}; cost: {method.cost}.", "",
        f"**Says:** {method.says}", "", f"**Cannot say:** {method.limits}", "", *table,
    ]  # fmt: skip
    return "\n".join(lines)


def list_settings(method: Method) -> list[tuple[str, Any, Any]]:
    """Name, default and published value of each setting; those below others with a dot."""
    found: list[tuple[str, Any, Any]] = []

    def walk(ours: Any, published: Any, above: str) -> None:
        for field in fields(ours):
            one, other = getattr(ours, field.name), getattr(published, field.name)
            if hasattr(one, "__dataclass_fields__"):
                walk(one, other, f"{above}{field.name}.")
            else:
                found.append((f"{above}{field.name}", one, other))

    walk(method.default, method.published, "")
    return found


def main() -> None:
    """Write the page to the path given, or to docs/methods.md."""
    default = Path(__file__).resolve().parents[1] / "docs" / "methods.md"
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    summary = ["| method | name | cost |", "|---|---|---|"]
    summary += [f"| {m.title} | `{name}` | {m.cost} |" for name, m in METHODS.items()]
    parts = [HEADER, "\n".join(summary) + "\n", *(describe(n, m) for n, m in METHODS.items())]
    target.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
