"""A folder that keeps captions and edits as they are made, so that a run can go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from seewhy.captions.edit import Alternative, Edit, SaidCaption, SaidWord
from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.results import Provenance, to_plain
from seewhy.text.word_alignment import WordOperation

RUN_FILE, DETAILS = "run.json", "captions"
ARRAYS = ("region_attention", "boxes", "image", "word_attention")


class CaptionFolder:
    """A folder of captions: one file each, written whole or not at all."""

    def __init__(self, folder: str | Path, run: Mapping[str, Any]) -> None:
        """Open or make the folder.

        Args:
            folder: where to keep them.
            run: what decides the captions; JSON-ready.

        Raises:
            InvalidArgumentError: if it holds the captions of another run.
        """
        self.folder, self.details = Path(folder), Path(folder) / DETAILS
        self.details.mkdir(parents=True, exist_ok=True)
        path = self.folder / RUN_FILE
        content = json.dumps(run, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        if path.is_file() and path.read_text(encoding="utf-8") != content:
            raise InvalidArgumentError(
                f"{self.folder} holds the captions of another run (see {path}). Save to another "
                "folder, or remove this one."
            )
        path.write_text(content, encoding="utf-8")

    def keep(self, number: int, said: SaidCaption) -> None:
        """Keep one caption or edit."""
        arrays: dict[str, Any] = {}
        plain = to_plain(said, arrays=arrays)
        stem = self.details / f"{number:06d}"
        with stem.with_suffix(".npz").open("wb") as file:
            np.savez_compressed(file, **arrays)
        unfinished = stem.with_suffix(".part")
        unfinished.write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
        unfinished.replace(stem.with_suffix(".json"))  # the JSON says that all of it is there

    def read(self) -> dict[int, SaidCaption]:
        """The captions that are there, by number.

        Raises:
            DataFormatError: if a file is damaged; names it.
        """
        return {int(path.stem): _read_caption(path) for path in sorted(self.details.glob("*.json"))}


def _read_caption(path: Path) -> SaidCaption:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        kind = Edit if "operations" in plain else SaidCaption
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
            known = {name for name in ARRAYS if plain.get(name) is not None}
            plain |= {name: arrays[name] for name in known}
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
            }
        return kind(**{field.name: plain[field.name] for field in fields(kind)})
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise DataFormatError(
            f"{path} is damaged ({error}). Remove it, and its picture is taken anew."
        ) from error


def _read_operation(plain: Mapping[str, Any]) -> WordOperation:
    words = {name: tuple(plain[name]) for name in ("before", "after")}
    return WordOperation(**{**plain, **words})
