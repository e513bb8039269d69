"""Captions in files: COCO results, COCO annotations, plain JSON, JSON lines, CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seewhy.errors import DataFormatError, MissingFileError

ID_FIELDS = ("image_id", "id", "image", "key")
TEXT_FIELDS = ("caption", "captions", "sentences", "text", "references", "explanation")
EXPECTED = (
    "Expected one of: a list of {image_id, caption} (COCO results), {annotations: [...]} (COCO "
    "annotations), {id: caption or captions}, one JSON object with an id and a caption a line, "
    "or a CSV with an id column and a caption column."
)


def read_captions(path: str | Path, *, fields: Sequence[str] = TEXT_FIELDS) -> dict[str, list[str]]:
    """Read captions by item from a file; its form is recognized by its content.

    Args:
        path: of the file.
        fields: names that the texts may have in an entry or column; the first that is there is
            taken.

    Returns:
        For each id, as a string and in file order, its captions.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is of no known form, an entry lacks a field or is no text, or
            an id occurs both as a number and as a string; names file and entry.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No captions file at {path}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataFormatError(f"{path} is not a UTF-8 text file. {EXPECTED}") from error
    if not text.strip():
        raise DataFormatError(f"{path} is empty. {EXPECTED}")
    return _group(path, _parse(path, text, fields))


def read_single_captions(path: str | Path) -> dict[str, str]:
    """As ``read_captions``, for results: one caption an item.

    Raises:
        DataFormatError: also if an item has another number of captions than one.
    """
    captions = read_captions(path)
    for key, texts in captions.items():
        if len(texts) != 1:
            raise DataFormatError(
                f"{path} has {len(texts)} captions of {key}; results have one an item. Are the "
                "results and the references the other way round?"
            )
    return {key: texts[0] for key, texts in captions.items()}


def read_ids(path: str | Path) -> list[str]:
    """Read ids: a JSON list, or one a line.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is JSON but not a list of ids.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No file of ids at {path}.")
    text = path.read_text(encoding="utf-8-sig")
    if not text.lstrip().startswith(("[", "{")):
        return [line.strip() for line in text.splitlines() if line.strip()]
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataFormatError(f"{path} is not valid JSON: {error}.") from error
    if not isinstance(content, list) or not all(isinstance(i, (str, int)) for i in content):
        raise DataFormatError(f"{path} must be a JSON list of ids, or hold one id a line.")
    return [str(item) for item in content]


def _parse(path: Path, text: str, fields: Sequence[str]) -> Iterable[tuple[Any, Any]]:
    """(id, caption or captions) pairs of a file's text."""
    if not text.lstrip().startswith(("{", "[")):
        return _pairs_of_csv(path, text, fields)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        if "\n" in text.strip() and text.lstrip().startswith("{"):
            return _pairs_of_entries(path, _lines(path, text), fields)
        raise DataFormatError(f"{path} is not valid JSON: {error}.") from error
    if isinstance(content, list):
        return _pairs_of_entries(path, content, fields)
    for field in ("annotations", "images"):
        if isinstance(content.get(field), list) and _has_text(content[field], fields):
            return _pairs_of_entries(path, content[field], fields)
    if _has_text([content], fields) and any(field in content for field in ID_FIELDS):
        return _pairs_of_entries(path, [content], fields)
    return content.items()


def _has_text(entries: list[Any], fields: Sequence[str]) -> bool:
    return bool(entries) and isinstance(entries[0], dict) and bool(set(fields) & set(entries[0]))


def _lines(path: Path, text: str) -> Iterable[Any]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise DataFormatError(
                    f"{path}, line {number} is not valid JSON: {error}."
                ) from error


def _pairs_of_entries(
    path: Path, entries: Iterable[Any], fields: Sequence[str]
) -> Iterable[tuple[Any, Any]]:
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise DataFormatError(
                f"{path}, entry {number} is not an object but {entry!r:.60}. {EXPECTED}"
            )
        key = next((entry[field] for field in ID_FIELDS if field in entry), None)
        text = next((entry[field] for field in fields if field in entry), None)
        if key is None or text is None:
            lacking = "an id" if key is None else f"a text ({', '.join(fields)})"
            raise DataFormatError(
                f"{path}, entry {number} has no field for {lacking}; it has {sorted(entry)}. "
                f"{EXPECTED}"
            )
        yield key, text


def _pairs_of_csv(path: Path, text: str, fields: Sequence[str]) -> Iterable[tuple[Any, Any]]:
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    header = [cell.strip().lower() for cell in rows[0]]
    key = next((header.index(name) for name in ID_FIELDS if name in header), None)
    value = next((header.index(name) for name in fields if name in header), None)
    body = rows
    if key is not None and value is not None:
        body = rows[1:]
    elif all(len(row) == 2 for row in rows):
        key, value = 0, 1
    else:
        raise DataFormatError(f"{path} begins with {text.strip()[:40]!r}. {EXPECTED}")
    for number, row in enumerate(body, start=1):
        if len(row) <= max(key, value):
            raise DataFormatError(f"{path}, row {number} has {len(row)} columns: {row!r:.80}.")
        yield row[key], row[value]


def _group(path: Path, pairs: Iterable[tuple[Any, Any]]) -> dict[str, list[str]]:
    captions: dict[str, list[str]] = {}
    kinds: dict[str, type] = {}
    for key, value in pairs:
        name = str(key)
        if kinds.setdefault(name, type(key)) is not type(key):
            raise DataFormatError(
                f"{path} has the id {name} both as a number and as a string; use one of them."
            )
        texts = value if isinstance(value, list) else [value]
        texts = [text.get("raw", text) if isinstance(text, Mapping) else text for text in texts]
        for text in texts:
            if not isinstance(text, str):
                raise DataFormatError(
                    f"{path}: the caption of {name} is a {type(text).__name__} ({text!r:.40}), "
                    "not a text."
                )
        captions.setdefault(name, []).extend(texts)
    return captions
