"""Captions and edits as files for scoring and for reading: COCO results, JSON without pictures."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from seewhy.captions.edit import CaptionReport, Edit, SaidCaption
from seewhy.results import to_plain

LEFT_OUT = ("image", "boxes", "region_attention", "word_attention", "provenance")


def write_coco_results(report: CaptionReport, path: str | Path) -> Path:
    """Write ``[{"image_id", "caption"}, ...]``, which every scorer of captions reads.

    Ids that are numbers are written as numbers, as COCO has them.

    Args:
        report: whose captions go by the ids of their pictures.
        path: file to write; its folder is made.
    """
    path = Path(path)
    rows = [{"image_id": _to_id(said.name), "caption": said.caption} for said in report.captions]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def shorten_report(report: CaptionReport) -> dict[str, Any]:
    """A report as JSON without pictures and attention maps."""
    found: dict[str, Any] = {
        "captions": [shorten_caption(said) for said in report.captions],
        "failures": to_plain(report.failures),
        "notes": to_plain(report.notes),
        "provenance": to_plain(report.provenance),
        "seconds": report.seconds,
    }
    if edits := report.edits:
        found["unchanged"] = report.num_unchanged
        found["changed"] = len(edits) - report.num_unchanged
        found["words"] = report.count_words()
    return found


def shorten_caption(said: SaidCaption) -> dict[str, Any]:
    """The words and numbers of a caption or edit, without pictures and attention maps."""
    names = [field.name for field in fields(said) if field.name not in LEFT_OUT]
    found: dict[str, Any] = {name: to_plain(getattr(said, name)) for name in names}
    if isinstance(said, Edit):
        found |= {"is_unchanged": said.is_unchanged, "num_changes": said.num_changes}
    return found


def _to_id(name: str) -> int | str:
    return int(name) if name.isdecimal() and str(int(name)) == name else name
