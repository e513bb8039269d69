"""Captions and edits as they were kept in a folder, so that a run can go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from seewhy.captions.edit import Alternative, Edit, SaidCaption, SaidWord
from seewhy.results import Provenance
from seewhy.text.word_alignment import WordOperation

ARRAYS = ("region_attention", "boxes", "image", "word_attention")


def build_caption(plain: dict[str, Any], arrays: dict[str, Any]) -> SaidCaption:
    """A caption or an edit, of what ``to_plain`` made of it."""
    kind = Edit if "operations" in plain else SaidCaption
    plain |= {name: arrays[name] for name in ARRAYS if plain.get(name) is not None}
    plain |= {
        "words": tuple(SaidWord(**word) for word in plain["words"]),
        "alternatives": tuple(Alternative(**other) for other in plain["alternatives"]),
        "grid": None if plain["grid"] is None else tuple(plain["grid"]),
        "provenance": Provenance(**plain["provenance"]),
        "notes": tuple(plain["notes"]),
    }
    if kind is Edit:
        plain |= {
            "existing_words": tuple(plain["existing_words"]),
            "operations": tuple(_read_operation(one) for one in plain["operations"]),
            "unknown_words": tuple(plain["unknown_words"]),
            "attributes": tuple(plain.get("attributes", ())),
        }
    return kind(**{field.name: plain[field.name] for field in fields(kind)})


def _read_operation(plain: Mapping[str, Any]) -> WordOperation:
    words = {name: tuple(plain[name]) for name in ("before", "after")}
    return WordOperation(**{**plain, **words})
