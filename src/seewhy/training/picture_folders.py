"""Folders of pictures, with the names of their sub-folders as classes where there are any."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seewhy.datasets.captions import read_captions
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError
from seewhy.images.folders import ImageStream, find_images
from seewhy.training.caption_folders import cut_square

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LabeledImages:
    """Pictures of one size, with the class of each where it is known."""

    images: NDArray[np.uint8]
    """(images, height, width, 3)."""
    labels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.labels is not None and len(self.labels) != len(self.images):
            raise InvalidArgumentError(
                f"every picture needs a label: got {len(self.images)} pictures and "
                f"{len(self.labels)} labels."
            )

    def __len__(self) -> int:
        return len(self.images)

    def take(self, chosen: NDArray[np.int64]) -> LabeledImages:
        """The pictures of some numbers, in their order."""
        labels = None if self.labels is None else tuple(self.labels[i] for i in chosen)
        return LabeledImages(self.images[chosen], labels)


def load_pictures(
    folder: str | Path, *, size: int, captions: str | Path | None = None
) -> LabeledImages:
    """The pictures of a folder and all its sub-folders, each cropped to its central square.

    Where all pictures lie in sub-folders, and these are at least two, a picture's class is the
    name of the first sub-folder on the way to it. A picture that cannot be read is skipped and
    logged as a warning.

    Args:
        folder: of the pictures.
        size: height and width they are shrunk to, in pixels.
        captions: captions file (see ``datasets.captions.read_captions``) whose pictures of the
            split ``train`` are taken, and no others.

    Raises:
        MissingFileError: if the folder is not there or holds no picture.
        DataFormatError: if none can be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFileError(f"No folder of pictures at {folder}.")
    paths = find_images(folder)
    if captions is not None:
        wanted = {entry.image for entry in read_captions(captions) if entry.split == "train"}
        paths = [path for path in paths if str(path.relative_to(folder)) in wanted]
    stream, images, kept = ImageStream(paths, prefetch=8), [], []
    for path, image in stream:
        images.append(cut_square(image, size))
        kept.append(path)
    for failure in stream.failures:
        logger.warning("Skipped a picture: %s", failure.reason)
    if not images:
        raise DataFormatError(f"None of {len(paths)} pictures in {folder} can be used.")
    return LabeledImages(np.stack(images), name_classes(folder, kept))


def name_classes(folder: Path, paths: Sequence[Path]) -> tuple[str, ...] | None:
    """The first sub-folder on the way to each picture, or ``None`` where they tell nothing."""
    inside = [path.relative_to(folder).parts for path in paths]
    if any(len(parts) == 1 for parts in inside) or len({parts[0] for parts in inside}) < 2:
        return None
    return tuple(parts[0] for parts in inside)
