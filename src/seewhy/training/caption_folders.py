"""Readers of captions files and the folders of pictures they speak of."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy.errors import DataFormatError, ImageReadError, MissingFileError
from seewhy.images.reading import read_image
from seewhy.training.datasets import CaptionedImages

logger = logging.getLogger(__name__)
VALIDATION_NAMES = ("val", "dev", "validation")
HELD_BACK = 20  # every so many entries one is for validation, where the file does not say


@dataclass(frozen=True)
class CaptionEntry:
    """One line of a captions file."""

    image: str
    captions: tuple[str, ...]
    split: str


def read_captions(path: str | Path) -> list[CaptionEntry]:
    """The entries of a captions file, in file order.

    Two forms are read: JSON lines of ``{"image": NAME, "captions": [...], "split": ...}``
    (or one ``"caption"``; without a split an entry is for training), and COCO's JSON with
    ``images`` and ``annotations``.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it has neither form; names the line and the field.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No captions file at {path}.")
    text = path.read_text(encoding="utf-8")
    try:
        if path.suffix == ".json":
            entries = list(_read_coco(json.loads(text)))
        else:
            lines = enumerate(text.splitlines(), start=1)
            entries = [
                _read_line(json.loads(line), f"{path}, line {n}")
                for n, line in lines
                if line.strip()
            ]
    except ValueError as error:
        if isinstance(error, DataFormatError):
            raise
        raise DataFormatError(f"{path} is not JSON: {error}. Write JSON lines.") from error
    except (KeyError, TypeError) as error:
        raise DataFormatError(f"{path} lacks {error}: it is not COCO's captions form.") from error
    if not entries:
        raise DataFormatError(f"{path} holds no captions.")
    return entries


def _read_line(line: Any, place: str) -> CaptionEntry:
    """One JSON line; raises ``DataFormatError`` with its place."""
    if not isinstance(line, Mapping) or "image" not in line:
        raise DataFormatError(f"{place} has no field 'image'.")
    captions = line.get("captions") or ([line["caption"]] if line.get("caption") else [])
    if not captions or not all(isinstance(caption, str) for caption in captions):
        raise DataFormatError(f"{place} has no text in 'captions' or 'caption'.")
    return CaptionEntry(str(line["image"]), tuple(captions), str(line.get("split", "train")))


def _read_coco(values: Any) -> Iterable[CaptionEntry]:
    """COCO's captions: pictures in their order, with all their annotations."""
    captions: dict[Any, list[str]] = {}
    for annotation in values["annotations"]:
        captions.setdefault(annotation["image_id"], []).append(annotation["caption"])
    for image in values["images"]:
        if image["id"] in captions:
            split = str(image.get("split", "train"))
            yield CaptionEntry(image["file_name"], tuple(captions[image["id"]]), split)


def divide_entries(
    entries: Sequence[CaptionEntry], *, validation: str | None = None
) -> tuple[list[CaptionEntry], list[CaptionEntry]]:
    """What to learn from, and what to be judged by while learning.

    Args:
        entries: of a captions file.
        validation: split to be judged by; ``None``: ``val``, ``dev`` or ``validation``, and
            where a file has none of these, every twentieth entry that is for training.

    Raises:
        DataFormatError: if either of them would be empty.
    """
    names = VALIDATION_NAMES if validation is None else (validation,)
    train = [entry for entry in entries if entry.split == "train"]
    judges = [entry for entry in entries if entry.split in names]
    if not judges and validation is None:
        judges = train[::HELD_BACK]
        train = [entry for i, entry in enumerate(train) if i % HELD_BACK]
    if not train or not judges:
        found = sorted({entry.split for entry in entries})
        raise DataFormatError(
            f"{len(train)} entries are for training and {len(judges)} for validation: both need "
            f"some. The captions file has the splits {', '.join(found)}."
        )
    return train, judges


def load_folder(
    folder: str | Path,
    captions: str | Path,
    *,
    size: int,
    split: str = "train",
    limit: int | None = None,
) -> CaptionedImages:
    """Pictures of one split of a folder with their captions; see ``load_entries``.

    Args:
        folder: that the file's names are relative to.
        captions: file that ``read_captions`` understands.
        size: height and width they are shrunk to, in pixels.
        split: which entries to take.
        limit: at most so many pictures.

    Raises:
        MissingFileError: if the folder or the file is not there.
        DataFormatError: if the file has another form, or no readable picture in this split.
    """
    entries = [entry for entry in read_captions(captions) if entry.split == split]
    if not entries:
        raise DataFormatError(f"{captions} has no picture for the split {split!r}.")
    return load_entries(folder, entries[:limit], size=size)


def load_entries(
    folder: str | Path, entries: Sequence[CaptionEntry], *, size: int
) -> CaptionedImages:
    """The pictures of some entries with their captions, each cropped to its central square.

    A picture that cannot be read is skipped and logged as a warning.

    Args:
        folder: that the entries' names are relative to.
        entries: which pictures, at least one.
        size: height and width they are shrunk to, in pixels.

    Raises:
        MissingFileError: if the folder is not there.
        DataFormatError: if none of the pictures can be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFileError(f"No folder of pictures at {folder}.")
    images, texts = [], []
    for entry in entries:
        try:
            images.append(cut_square(read_image(folder / entry.image), size))
            texts.append(entry.captions)
        except (ImageReadError, MissingFileError) as error:
            logger.warning("Skipped a picture: %s", error)
    if not images:
        raise DataFormatError(f"None of {len(entries)} pictures in {folder} can be read.")
    return CaptionedImages(np.stack(images), tuple(texts))


def cut_square(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """The central square of a picture, (size, size, 3)."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((size, size), Image.Resampling.BICUBIC))
