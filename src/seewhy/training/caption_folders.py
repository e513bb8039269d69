"""The folders of pictures that captions files speak of."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy.datasets.captions import CaptionEntry, read_captions
from seewhy.errors import DataFormatError, ImageReadError, MissingFileError
from seewhy.images.folders import find_inside
from seewhy.images.reading import read_image
from seewhy.training.datasets import CaptionedImages

logger = logging.getLogger(__name__)


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
        DataFormatError: if none of the pictures can be read, or a name leads out of the folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFileError(f"No folder of pictures at {folder}.")
    images, texts = [], []
    for entry in entries:
        try:
            images.append(cut_square(read_image(find_inside(folder, entry.image)), size))
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
