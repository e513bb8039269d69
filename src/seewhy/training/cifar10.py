"""CIFAR-10 as a folder with a sub-folder for each class: ``python -m seewhy.training.cifar10``."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seewhy.errors import DataFormatError, MissingFileError

logger = logging.getLogger(__name__)
SPLITS = ("train", "test")


def unpack_cifar10(archive: str | Path, folder: str | Path) -> int:
    """Write the JPEGs of an archive to ``folder/SPLIT/CLASS/NUMBER.jpg``, as they are.

    Args:
        archive: a NumPy archive with ``classes``, and of each split ``SPLIT_jpeg`` (all files
            one after another, bytes), ``SPLIT_offset`` (where each begins, and the end) and
            ``SPLIT_label``.
        folder: made if it is not there.

    Returns:
        How many pictures were written.

    Raises:
        MissingFileError: if there is no archive.
        DataFormatError: if it lacks an entry.
    """
    archive, written = Path(archive), 0
    if not archive.is_file():
        raise MissingFileError(f"No CIFAR-10 archive at {archive}.")
    with np.load(archive, allow_pickle=False) as entries:
        wanted = {f"{split}_{part}" for split in SPLITS for part in ("jpeg", "offset", "label")}
        if missing := sorted({"classes", *wanted} - set(entries.files)):
            raise DataFormatError(f"{archive} lacks {', '.join(missing)}.")
        classes = [str(name) for name in entries["classes"]]
        for split in SPLITS:
            content = entries[f"{split}_jpeg"].tobytes()
            offsets, labels = entries[f"{split}_offset"], entries[f"{split}_label"]
            for name in classes:
                (Path(folder) / split / name).mkdir(parents=True, exist_ok=True)
            for number, label in enumerate(labels):
                path = Path(folder) / split / classes[label] / f"{number:05d}.jpg"
                path.write_bytes(content[offsets[number] : offsets[number + 1]])
            written += len(labels)
    return written


def main(arguments: Sequence[str] | None = None) -> None:
    """Unpack from the command line."""
    parser = argparse.ArgumentParser(prog="python -m seewhy.training.cifar10")
    parser.add_argument("archive", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    count = unpack_cifar10(options.archive, options.folder)
    logger.info("%d pictures in %s", count, options.folder)


if __name__ == "__main__":
    main()
