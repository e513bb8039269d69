"""Region features as others publish them: bottom-up TSV, folders of npz, HDF5."""

from __future__ import annotations

import base64
import binascii
import csv
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.datasets.picture_features import PictureFeatures
from seewhy.errors import DataFormatError, MissingDependencyError, MissingFileError, ShapeError
from seewhy.restricted_pickle import read_pickle

COLUMNS = ("image_id", "image_w", "image_h", "num_boxes", "boxes", "features")
LONGEST_FIELD = 1 << 28  # a hundred boxes of 2,048 numbers are about a million characters


def read_bottom_up_tsv(path: str | Path) -> Iterator[PictureFeatures]:
    """Yield the pictures of one tab-separated file of the bottom-up attention features.

    Columns are image_id, image_w, image_h, num_boxes, boxes and features, the last two float32
    in base 64: boxes in pixels, (num_boxes, 4), and features, (num_boxes, width).

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if a line is not of this form; names line and column.

    Source: Anderson et al. (CVPR 2018), arXiv:1707.07998, the released features.
    """
    path = find_file(path)
    csv.field_size_limit(LONGEST_FIELD)
    with path.open(encoding="ascii", newline="", errors="replace") as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t"), start=1):
            place = f"{path}, line {number}"
            if len(row) != len(COLUMNS):
                raise DataFormatError(
                    f"{place} has {len(row)} columns, not {len(COLUMNS)}: {', '.join(COLUMNS)}."
                )
            yield _read_row(row, place)


def _read_row(row: list[str], place: str) -> PictureFeatures:
    picture, *numbers = row[:4]
    try:
        width, height, num_boxes = (int(number) for number in numbers)
        boxes, values = (
            np.frombuffer(base64.b64decode(text, validate=True), "<f4") for text in row[4:]
        )
        boxes = boxes.reshape(num_boxes, 4)
        values = values.reshape(num_boxes, -1)
    except (ValueError, binascii.Error) as error:
        raise DataFormatError(f"{place} cannot be read: {error}.") from error
    return PictureFeatures(picture, values, boxes=_scale_boxes(boxes, width, height, place))


def read_bottom_up_npz(folder: str | Path, *, key: str = "feat") -> Iterator[PictureFeatures]:
    """Yield the pictures of a folder of ``ID.npz``, as adaptive features (10 to 100 boxes) are.

    Args:
        folder: of the files; each is named after its picture.
        key: array of a file that holds the features, (boxes, width). ``bbox`` with ``image_w``
            and ``image_h`` beside it are taken where they are there.

    Raises:
        MissingFileError: if the folder is not there, or holds no such file.
        DataFormatError: if a file is not of this form; names it.
    """
    folder = Path(folder)
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise MissingFileError(f"No folder with files ID.npz at {folder}.")
    for path in paths:
        try:
            with np.load(path, allow_pickle=False) as arrays:
                values = np.asarray(arrays[key], np.float32)
                yield PictureFeatures(
                    path.stem, values, boxes=_read_boxes(arrays, str(path), "bbox")
                )
        except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
            raise DataFormatError(f"{path} holds no features under {key!r}: {error}.") from error


def _read_boxes(arrays: Any, place: str, key: str) -> NDArray[np.float32] | None:
    if not {key, "image_w", "image_h"} <= set(arrays):
        return None
    width, height = float(arrays["image_w"]), float(arrays["image_h"])
    return _scale_boxes(np.asarray(arrays[key], np.float32), width, height, place)


def read_bottom_up_hdf5(path: str | Path, index: str | Path) -> Iterator[PictureFeatures]:
    """Yield the pictures of an HDF5 file with a fixed number of regions each.

    ``image_features`` is (pictures, boxes, width); of ``spatial_features``, (pictures, boxes, 6),
    the first four columns are the boxes as fractions.

    Args:
        path: the HDF5 file.
        index: pickle of a dictionary {image id: row}; read without running anything in it.

    Raises:
        MissingFileError: if a file is not there.
        MissingDependencyError: without h5py.
        DataFormatError: if a file is not of this form.

    Source: Show, Edit and Tell (CVPR 2020), the prepared files.
    """
    path, index = find_file(path), find_file(index)
    try:
        h5py = import_module("h5py")
    except ImportError as error:
        raise MissingDependencyError("h5py", "hdf5", "Reading features from HDF5") from error
    rows = read_pickle(index)
    if not isinstance(rows, dict):
        raise DataFormatError(f"{index} holds a {type(rows).__name__}, not {{image id: row}}.")
    try:
        with h5py.File(path, "r") as file:
            features, spatial = file["image_features"], file.get("spatial_features")
            for picture, row in rows.items():
                boxes = None if spatial is None else np.asarray(spatial[row][:, :4], np.float32)
                values = np.asarray(features[row], np.float32)
                yield PictureFeatures(str(picture), values, boxes=boxes)
    except (OSError, KeyError, IndexError, ValueError, TypeError) as error:
        if isinstance(error, ShapeError):
            raise
        raise DataFormatError(f"{path} is not of the form named: {error}.") from error


def find_file(path: str | Path) -> Path:
    """The path, if it is a file.

    Raises:
        MissingFileError: if it is not.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No file {path}.")
    return path


def _scale_boxes(
    boxes: NDArray[np.float32], width: float, height: float, place: str
) -> NDArray[np.float32]:
    """Boxes in pixels → fractions.

    Raises:
        DataFormatError: if the picture has no size, or a box reaches out of it.
    """
    if not (width > 0 and height > 0):
        raise DataFormatError(f"{place} names a picture of {width} x {height} pixels.")
    scaled = boxes / np.array([width, height, width, height], np.float32)
    if scaled.size and (scaled.min() < -1e-3 or scaled.max() > 1.001):
        raise DataFormatError(
            f"{place} has a box that reaches out of its picture of {width:g} x {height:g} pixels."
        )
    return scaled.clip(0, 1)
