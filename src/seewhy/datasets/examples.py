"""Examples with their pictures: read one by one, those without a picture counted and listed."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PureWindowsPath

from seewhy.datasets.nle import NLEExample
from seewhy.errors import DataFormatError, MissingFileError
from seewhy.images.folders import ImageFailure


class ExampleStream:
    """Examples of one annotation file, read when they are asked for.

    An example whose picture is not there is left out and listed in ``missing``; where it has
    several, those that are there are kept. Iterating again begins anew.

    Args:
        read: begins to read the file; pictures of its examples are names below ``images``.
        images: folder of the pictures; ``None`` takes all examples and looks for no picture,
            for those who only need the texts.

    Raises:
        MissingFileError: if the folder of the pictures is not there.
    """

    def __init__(
        self, read: Callable[[], Iterator[NLEExample]], images: str | Path | None = None
    ) -> None:
        self._read = read
        self.images = None if images is None else Path(images)
        self.missing: list[ImageFailure] = []
        """Pictures that are not there, in the order in which they are missed, each once."""
        self.num_skipped = 0
        """Examples left out for want of a picture."""
        if self.images is not None and not self.images.is_dir():
            raise MissingFileError(f"No folder of pictures at {self.images}.")

    def __iter__(self) -> Iterator[NLEExample]:
        self.missing, self.num_skipped = [], 0
        known: dict[Path, bool] = {}
        for example in self._read():
            if self.images is None:
                yield example
                continue
            paths = [self.images / str(name) for name in example.images]
            there = tuple(path for path in paths if self._is_there(path, known))
            if there:
                yield replace(example, images=there)
            else:
                self.num_skipped += 1

    def read_all(self) -> Iterator[NLEExample]:
        """Yield every example with its pictures' names below ``images``, whether there or not."""
        return self._read()

    def _is_there(self, path: Path, known: dict[Path, bool]) -> bool:
        if path not in known:
            known[path] = path.is_file()
            if not known[path]:
                self.missing.append(ImageFailure(path, "there is no such file"))
        return known[path]


def picture_name(name: str, place: str) -> Path:
    """A picture's name from a file, as a relative path that stays in its folder.

    Raises:
        DataFormatError: if it would lead out of the folder.
    """
    windows = PureWindowsPath(name)
    clean = posixpath.normpath(name)
    leads_out = clean == ".." or clean.startswith(("../", "/")) or clean == "."
    if leads_out or "\\" in name or "\0" in name or windows.drive or windows.root:
        raise DataFormatError(
            f"{place}: the picture {name!r:.80} would be outside the folder of pictures; names "
            "must be relative and stay inside."
        )
    return Path(clean)


def first_there(images: Path | None, names: Sequence[Path]) -> Path:
    """The first of the names that is below the folder, or the first of all."""
    if images is not None:
        for name in names:
            if (images / name).is_file():
                return name
    return names[0]
