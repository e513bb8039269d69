"""Features of many pictures in one folder, written once and read through memory maps."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from filelock import BaseFileLock, FileLock, Timeout
from numpy.typing import NDArray
from torch import Tensor

from seewhy.datasets.picture_features import PictureFeatures
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError, ShapeError

logger = logging.getLogger(__name__)
STORE_FILE, INDEX_FILE = "store.json", "index.jsonl"
VALUES_FILE, BOXES_FILE = "features.bin", "boxes.bin"
LOCK_FILE = ".lock"
BOX_BYTES = 4 * 4


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """What all pictures of a store have in common."""

    width: int
    """Length of a vector."""
    source: Mapping[str, Any]
    """Where the features come from: encoder and digest of its weights, or the file."""
    half: bool = True
    """Whether values are kept in 16 bits."""
    has_boxes: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the values on disk."""
        return np.dtype("<f2" if self.half else "<f4")


@dataclass(frozen=True)
class StoredRows:
    """Where the vectors of one picture lie."""

    picture: str
    start: int
    rows: int
    grid: tuple[int, int] | None
    checksum: int


@dataclass(frozen=True)
class FeatureBatch:
    """Features of several pictures side by side."""

    values: Tensor
    """(batch, boxes, width), float32, zeros behind the boxes a picture has."""
    num_boxes: Tensor
    """Boxes each picture has, (batch,)."""

    @property
    def mask(self) -> Tensor:
        """Which boxes are there, (batch, boxes)."""
        return torch.arange(self.values.shape[1]) < self.num_boxes[:, None]

    @property
    def means(self) -> Tensor:
        """Mean vector of each picture over the boxes it has, (batch, width)."""
        return self.values.sum(1) / self.num_boxes[:, None]


class FeatureWriter:
    """Appends pictures to a store; what a killed run has finished is kept and not made again."""

    def __init__(self, folder: str | Path, settings: StoreSettings) -> None:
        """Open or make the folder; where another process writes to it, wait until it is done.

        Raises:
            InvalidArgumentError: if the folder holds a store of other features.
            DataFormatError: if the store there is damaged.
        """
        self.folder, self.settings = Path(folder), settings
        self.folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:  # which gives back what is held if the rest cannot be
            held.callback(_wait_for(self.folder).release)
            self._open(held)
            self._held = held.pop_all()

    def _open(self, held: ExitStack) -> None:
        """Go on where the store ends, with its files held open."""
        settings = self.settings
        _agree(self.folder / STORE_FILE, settings)
        kept = _read_index(self.folder)
        self.done = {rows.picture for rows in kept}
        """Pictures that are there."""
        self._rows = kept[-1].start + kept[-1].rows if kept else 0
        lines = "".join(_to_line(rows) for rows in kept).encode()
        lengths = {
            INDEX_FILE: len(lines),
            VALUES_FILE: self._rows * settings.width * settings.dtype.itemsize,
            BOXES_FILE: self._rows * BOX_BYTES,
        }
        opened = {
            name: held.enter_context(_open_at(self.folder / name, length))
            for name, length in lengths.items()
            if name != BOXES_FILE or settings.has_boxes
        }
        self._index, self._values = opened[INDEX_FILE], opened[VALUES_FILE]
        self._boxes = opened.get(BOXES_FILE)

    def add(self, features: PictureFeatures) -> None:
        """Keep one picture; one that is there already is passed over.

        Raises:
            ShapeError: if its vectors have another width, or boxes are missing.
            DataFormatError: if a value is no finite number of 16 bits.
        """
        if features.picture in self.done:
            return
        values, settings = features.values, self.settings
        if values.shape[1] != settings.width:
            raise ShapeError(
                f"Features of {features.picture} are {values.shape[1]} wide, those of "
                f"{self.folder} {settings.width}. Write them to a store of their own."
            )
        with np.errstate(over="ignore"):
            kept = np.ascontiguousarray(values, settings.dtype)
        if not np.isfinite(kept).all():
            raise DataFormatError(
                f"Features of {features.picture} hold what is no finite number of "
                f"{settings.dtype.itemsize * 8} bits. Write them with half=False, or check them."
            )
        self._write_boxes(features)
        content = kept.tobytes()
        self._values.write(content)
        rows = StoredRows(
            features.picture, self._rows, len(kept), features.grid, zlib.crc32(content)
        )
        for file in (self._values, self._boxes):
            if file is not None:
                file.flush()  # before the line that says they are there
        self._index.write(_to_line(rows).encode())
        self._index.flush()
        self._rows += rows.rows
        self.done.add(features.picture)

    def _write_boxes(self, features: PictureFeatures) -> None:
        if self._boxes is None:
            return
        if features.boxes is None:
            raise ShapeError(f"{features.picture} has no boxes, the other pictures have.")
        self._boxes.write(np.ascontiguousarray(features.boxes, "<f4").tobytes())

    def close(self) -> None:
        """Close the files, and let others write."""
        self._held.close()

    def __enter__(self) -> FeatureWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FeatureStore:
    """Features of many pictures, by picture; memory holds only what is looked at."""

    def __init__(self, folder: str | Path) -> None:
        """Open a store that ``FeatureWriter`` wrote.

        Raises:
            MissingFileError: if the folder is no store.
            DataFormatError: if its files do not fit together.
        """
        self.folder = Path(folder)
        path = self.folder / STORE_FILE
        if not path.is_file():
            raise MissingFileError(f"No feature store at {self.folder}: {STORE_FILE} is missing.")
        self.settings = _read_settings(path)
        self._rows = {rows.picture: rows for rows in _read_index(self.folder)}
        shape = (sum(rows.rows for rows in self._rows.values()), self.settings.width)
        self._values = _map(self.folder / VALUES_FILE, self.settings.dtype, shape)
        self._boxes = None
        if self.settings.has_boxes:
            self._boxes = _map(self.folder / BOXES_FILE, np.dtype("<f4"), (shape[0], 4))

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, picture: object) -> bool:
        return picture in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    @property
    def width(self) -> int:
        """Length of a vector."""
        return self.settings.width

    def __getitem__(self, picture: str) -> PictureFeatures:
        """Features of one picture, float32.

        Raises:
            MissingFileError: if the store has none of it.
        """
        if picture not in self._rows:
            raise MissingFileError(f"{self.folder} has no features of the picture {picture!r}.")
        rows = self._rows[picture]
        part = slice(rows.start, rows.start + rows.rows)
        boxes = None if self._boxes is None else np.array(self._boxes[part], np.float32)
        return PictureFeatures(picture, np.array(self._values[part], np.float32), rows.grid, boxes)

    def gather(self, pictures: Sequence[str]) -> FeatureBatch:
        """Features of several pictures as one tensor.

        Raises:
            MissingFileError: if the store has none of one of them.
        """
        found = [self[picture].values for picture in pictures]
        num_boxes = torch.tensor([len(values) for values in found])
        values = torch.zeros(len(found), int(num_boxes.max()), self.width)
        for row, each in zip(values, found, strict=True):
            row[: len(each)] = torch.from_numpy(each)
        return FeatureBatch(values, num_boxes)

    def find_damaged(self) -> list[str]:
        """Pictures whose features on disk are not those that were written."""
        return [
            rows.picture
            for rows in self._rows.values()
            if zlib.crc32(self._values[rows.start : rows.start + rows.rows].tobytes())
            != rows.checksum
        ]


def _wait_for(folder: Path) -> BaseFileLock:
    """The lock of a store; the system opens it when a process dies."""
    lock = FileLock(folder / LOCK_FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logger.warning("Another process writes to %s; waiting until it is done.", folder)
        lock.acquire()
    return lock


def _agree(path: Path, settings: StoreSettings) -> None:
    """Write what a new store is of, or see that an old one is of the same."""
    if not path.is_file():
        path.write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")
    elif (found := _read_settings(path)) != settings:
        raise InvalidArgumentError(
            f"{path.parent} holds other features ({dict(found.source)}, width {found.width}); "
            f"asked for were {dict(settings.source)}, width {settings.width}. Name another folder."
        )


def _read_settings(path: Path) -> StoreSettings:
    try:
        return StoreSettings(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise DataFormatError(f"{path} does not describe a feature store: {error}.") from error


def _to_line(rows: StoredRows) -> str:
    return json.dumps(asdict(rows), ensure_ascii=False) + "\n"


def _read_index(folder: Path) -> list[StoredRows]:
    """The entries of the index; a last line that was not finished is left out."""
    path = folder / INDEX_FILE
    if not path.is_file():
        return []
    *lines, _unfinished = path.read_text(encoding="utf-8").split("\n")
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            values = json.loads(line)
            grid = None if values["grid"] is None else tuple(values["grid"])
            found.append(StoredRows(**{**values, "grid": grid}))
        except (ValueError, TypeError, KeyError) as error:
            raise DataFormatError(f"{path}, line {number} is damaged: {error!r}.") from error
    return found


def _open_at(path: Path, length: int) -> IO[bytes]:
    """A file to append to, cut to what is known to be whole.

    Raises:
        DataFormatError: if it is shorter.
    """
    file = path.open("r+b" if path.exists() else "w+b")
    if file.seek(0, 2) < length:
        file.close()
        raise DataFormatError(f"{path} is shorter than the index of its store says. Make it anew.")
    file.truncate(length)
    file.seek(length)
    return file


def _map(path: Path, dtype: np.dtype[Any], shape: tuple[int, int]) -> NDArray[Any]:
    if shape[0] == 0:
        return np.zeros(shape, dtype)
    if not path.is_file() or path.stat().st_size < shape[0] * shape[1] * dtype.itemsize:
        raise DataFormatError(f"{path} is missing or shorter than its index says. Make it anew.")
    return np.memmap(path, dtype, mode="r", shape=shape)
