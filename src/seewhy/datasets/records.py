"""Entries of annotation files, which say where they stand when something is wrong with them."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seewhy.errors import DataFormatError, MissingFileError


class Record:
    """One entry of a file; every field that is not as it should be is named with its place."""

    def __init__(self, values: Any, place: str) -> None:
        if not isinstance(values, Mapping):
            raise DataFormatError(f"{place} is not an object but {values!r:.60}.")
        self.values, self.place = values, place

    def __contains__(self, field: str) -> bool:
        return self.values.get(field) is not None

    def get(self, field: str) -> Any:
        """The field as it stands.

        Raises:
            DataFormatError: if it is not there.
        """
        if field not in self:
            raise DataFormatError(
                f"{self.place} has no field {field!r}; it has {', '.join(map(str, self.values))}."
            )
        return self.values[field]

    def text(self, field: str) -> str:
        """A field that holds a text with something in it."""
        value = self.get(field)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(field, "a text", value)
        return value

    def texts(self, field: str, *, single: bool = False) -> tuple[str, ...]:
        """A field that holds a list of texts, at least one.

        Args:
            field: its name.
            single: whether one text without a list will do too.
        """
        value = self.get(field)
        if single and isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not value:
            raise self.wrong(field, "a list of texts", value)
        for text in value:
            if not isinstance(text, str) or not text.strip():
                raise self.wrong(field, "a list of texts", value)
        return tuple(value)

    def key(self, field: str) -> str:
        """A field that holds an id: a text or a whole number."""
        value = self.get(field)
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            raise self.wrong(field, "an id", value)
        return str(value)

    def index(self, field: str, length: int) -> int:
        """A field that holds an index into ``length`` things."""
        value = self.get(field)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < length:
            raise self.wrong(field, f"a number from 0 to {length - 1}", value)
        return value

    def count(self, field: str) -> int:
        """A field that holds a positive whole number."""
        value = self.get(field)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 1:
            raise self.wrong(field, "a positive number", value)
        return int(value)

    def wrong(self, field: str, expected: str, value: Any) -> DataFormatError:
        """The error for a field that holds something else."""
        return DataFormatError(
            f"{self.place}: field {field!r} must be {expected}, got {value!r:.60}."
        )


def read_text(path: str | Path) -> str:
    """The text of a file, also of a gzipped one.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is not UTF-8, or not whole.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No annotation file at {path}.")
    try:
        if path.suffix == ".gz":
            return gzip.decompress(path.read_bytes()).decode("utf-8-sig")
        return path.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise DataFormatError(f"{path} is not a file of UTF-8 text: {error}.") from error


def read_json(path: str | Path) -> Any:
    """What a JSON file holds.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is not JSON.
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataFormatError(f"{path} is not valid JSON: {error}.") from error


def read_entries(path: str | Path) -> Iterator[tuple[str, Record]]:
    """Yield (id, entry) of a JSON file: a dictionary by id, or a list, whose ids are its indices.

    Files named ``.jsonl`` are read line by line.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is not JSON, or an entry is not an object.
    """
    path = Path(path)
    if path.name.removesuffix(".gz").endswith(".jsonl"):
        yield from read_lines(path)
        return
    content = read_json(path)
    if isinstance(content, dict):
        for key, values in content.items():
            yield key, Record(values, f"{path}, entry {key!r}")
    elif isinstance(content, list):
        for index, values in enumerate(content):
            yield str(index), Record(values, f"{path}, entry {index}")
    else:
        raise DataFormatError(f"{path} must hold entries, got {content!r:.60}.")


def read_lines(path: str | Path) -> Iterator[tuple[str, Record]]:
    """Yield (index, entry) of JSON lines, one line at a time.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if a line is not a JSON object.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No annotation file at {path}.")
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        for index, line in enumerate(file):
            if not line.strip():
                continue
            place = f"{path}, line {index + 1}"
            try:
                values = json.loads(line)
            except ValueError as error:
                raise DataFormatError(f"{place} is not valid JSON: {error}.") from error
            yield str(index), Record(values, place)


def read_table(path: str | Path) -> Iterator[Record]:
    """Yield the rows of a CSV file with a header; a column without a name is ``""``.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it has no header, or a row has another number of columns.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No annotation file at {path}.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            header = next(rows, None)
            if not header:
                raise DataFormatError(f"{path} is empty; its first row must name the columns.")
            for row in rows:
                place = f"{path}, line {rows.line_num}"
                if len(row) != len(header):
                    raise DataFormatError(
                        f"{place} has {len(row)} columns, the header has {len(header)}."
                    )
                yield Record(dict(zip(header, row, strict=True)), place)
        except (csv.Error, UnicodeDecodeError) as error:
            raise DataFormatError(
                f"{path}, line {rows.line_num} cannot be read: {error}."
            ) from error
