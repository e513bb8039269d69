"""Several results on one page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup, escape

from seewhy.reports.html import to_html, write_page


def write_index(results: Mapping[str, object], path: str | Path, *, title: str) -> Path:
    """Write several results, each under its heading, as one self-contained page.

    Args:
        results: by heading.
        path: file to write; its folder is made.
        title: of the page.
    """
    parts = [
        f'<h1 class="part">{escape(heading)}</h1>{to_html(r)}' for heading, r in results.items()
    ]
    return write_page(Markup("".join(parts)), path, title=title)  # noqa: S704  escaped above
