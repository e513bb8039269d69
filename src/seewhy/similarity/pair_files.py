"""Pairs of pictures from a CSV, or of a folder's pictures with a view of themselves each."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from seewhy.errors import DataFormatError, MissingFileError
from seewhy.images.folders import find_images

HEADINGS = (("a", "b"), ("first", "second"), ("image_a", "image_b"), ("image1", "image2"))


@dataclass(frozen=True)
class PairSource:
    """Two pictures, or one whose views are compared."""

    first: Path
    second: Path | None = None

    @property
    def name(self) -> str:
        """What tells it from other pairs: its paths."""
        return str(self.first) if self.second is None else f"{self.first} | {self.second}"

    @property
    def stem(self) -> str:
        """A short name for files that no two pairs share."""
        stems = [path.stem for path in (self.first, self.second) if path is not None]
        plain = "--".join("".join(c if c.isalnum() else "-" for c in stem)[:30] for stem in stems)
        return f"{plain}-{hashlib.sha256(self.name.encode()).hexdigest()[:8]}"

    def seed(self, base: int) -> int:
        """A seed of its own, the same in any order and any selection of pairs."""
        digest = hashlib.sha256(
            f"{base} {self.first.name} {self.second and self.second.name}".encode()
        )
        return int.from_bytes(digest.digest()[:4], "big") >> 1


def read_pairs(path: str | Path) -> list[PairSource]:
    """Read pairs from a CSV: two columns of paths, under a heading or not.

    With a heading, columns ``a`` and ``b`` count (or ``first`` and ``second``, ``image_a`` and
    ``image_b``, ``image1`` and ``image2``); others are left alone. Paths that are not absolute are
    relative to the CSV.

    Raises:
        MissingFileError: if the file is not there.
        DataFormatError: if it has no pair, or a line has not two paths; names the line.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No file of pairs at {path}.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), 1) if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataFormatError(f"{path} is no CSV in UTF-8 ({error}).") from error
    places = _find_columns([cell.strip().lower() for cell in rows[0][1]]) if rows else None
    body = rows if places is None else rows[1:]
    pairs = [_read_row(path, number, row, places or (0, 1)) for number, row in body]
    if not pairs:
        raise DataFormatError(f"{path} holds no pair: give two columns of paths, a and b.")
    return list(dict.fromkeys(pairs))


def list_views(paths: str | Path | Iterable[str | Path]) -> list[PairSource]:
    """Each picture of files and folders, to be compared with a view of itself.

    Raises:
        MissingFileError: if a path does not exist, or a folder holds no picture.
    """
    return [PairSource(path) for path in find_images(paths)]


def _find_columns(heading: list[str]) -> tuple[int, int] | None:
    for first, second in HEADINGS:
        if first in heading and second in heading:
            return heading.index(first), heading.index(second)
    return None


def _read_row(path: Path, number: int, row: list[str], places: tuple[int, int]) -> PairSource:
    cells = [row[place].strip() if place < len(row) else "" for place in places]
    if not all(cells):
        raise DataFormatError(
            f"{path}, line {number}: two paths are needed, got {row!r:.120}. Give columns a and b."
        )
    first, second = (path.parent / cell for cell in cells)
    return PairSource(first, second)
