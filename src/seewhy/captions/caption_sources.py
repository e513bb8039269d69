"""Captions, references and attributes from files, by the id that the name of each picture tells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TypeVar

from seewhy.datasets.captions import find_image_id
from seewhy.datasets.captions import read_captions as read_entries
from seewhy.errors import DataFormatError, MissingFileError
from seewhy.images.folders import SUFFIXES
from seewhy.scores.caption_files import read_captions, read_single_captions

Value = TypeVar("Value")
ATTRIBUTE_FIELDS = ("attributes", "words")


def read_existing_captions(path: str | Path) -> dict[str, str]:
    """Captions to be edited, one for each picture, by its id.

    Args:
        path: COCO results or annotations, JSON by id, JSON lines or CSV. A picture may be named
            by its id or by its file.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is of no known form, or names a picture twice.
    """
    return key_by_id(read_single_captions(path), path)


def read_references(path: str | Path) -> dict[str, list[str]]:
    """True captions, one or more for each picture, by its id.

    Args:
        path: as for ``read_existing_captions``, or Karpathy's JSON with all its splits.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is of no known form, or names a picture twice.
    """
    try:
        return key_by_id(read_captions(path), path)
    except DataFormatError as error:
        try:  # Karpathy's form, whose entries have ids of their own
            entries = read_entries(path)
        except DataFormatError:
            raise error from None
    return {entry.id: list(entry.captions) for entry in entries}


def read_attributes(path: str | Path) -> dict[str, list[str]]:
    """Words that are likely in each picture, such as a detector's, by its id.

    Args:
        path: JSON ``{id: [words]}``, one JSON object with an id or file name and ``attributes`` a
            line, or a CSV with a column of either. Several words may stand in one text.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is of no such form, or names a picture twice.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No attributes file at {path}.")
    try:
        return key_by_id(read_captions(path, fields=ATTRIBUTE_FIELDS), path)
    except DataFormatError as error:
        raise DataFormatError(
            f"{path} holds no attributes by picture, such as {{id: [words]}}, or a picture and "
            f"its attributes a line. In detail: {error}"
        ) from error


def key_by_id(found: Mapping[str, Value], path: str | Path) -> dict[str, Value]:
    """The same by ids, where pictures are named by their files.

    Args:
        found: by id or file name.
        path: of the file, for the error.

    Raises:
        DataFormatError: if two names tell one id.
    """
    named: dict[str, Value] = {}
    for name, value in found.items():
        is_file = PurePosixPath(name.replace("\\", "/")).suffix.lower() in SUFFIXES
        key = find_image_id(name) if is_file else name
        if key in named:
            raise DataFormatError(f"{path} names the picture {key!r} twice, once as {name!r}.")
        named[key] = value
    return named
