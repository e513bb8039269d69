"""Pictures from files and folders: found in a stable order, read one by one, none lost silently."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from seewhy.errors import DataFormatError, ImageReadError, InvalidArgumentError, MissingFileError
from seewhy.images.reading import MAX_PIXELS, read_image

SUFFIXES = frozenset(
    [".jpg", ".jpeg", ".jpe", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"]
)


@dataclass(frozen=True)
class ImageFailure:
    """A picture that could not be used, and why."""

    path: Path
    reason: str


def find_images(paths: str | Path | Iterable[str | Path]) -> list[Path]:
    """Find pictures in files and folders.

    Folders are searched to the bottom for files with the suffix of a picture, without hidden
    ones, in natural order (2 before 10). A file that is named counts whatever its suffix.

    Raises:
        MissingFileError: if a path does not exist, or a folder holds no picture.
    """
    given = [paths] if isinstance(paths, (str, Path)) else list(paths)
    found: dict[Path, None] = {}
    for path in map(Path, given):
        if path.is_dir():
            inside = [p for p in path.rglob("*") if _is_picture(p, path)]
            if not inside:
                raise MissingFileError(
                    f"The folder {path} holds no picture ({', '.join(sorted(SUFFIXES))})."
                )
            found |= dict.fromkeys(sorted(inside, key=natural_order))
        elif path.is_file():
            found[path] = None
        else:
            raise MissingFileError(f"No picture or folder at {path}.")
    return list(found)


def find_inside(folder: str | Path, name: str) -> Path:
    """The file that an annotation names, which must lie in the folder of the data set.

    Backslashes separate folders too. The file need not exist; links that a person has put into
    the folder are followed.

    Raises:
        DataFormatError: if the name leads out of the folder.
    """
    folder = Path(folder)
    path = folder / name.replace("\\", "/")
    if not Path(os.path.normpath(path)).is_relative_to(os.path.normpath(folder)):
        raise DataFormatError(f"The name {name!r} leads out of {folder}; names must lie in it.")
    return path


def list_pictures(images: Any) -> list[tuple[str, Any]]:
    """Pictures with a name each: paths by their path, others by their number.

    Raises:
        MissingFileError: if a path does not exist, or a folder holds no picture.
    """
    if isinstance(images, (str, Path)):
        return [(str(path), path) for path in find_images(images)]
    if hasattr(images, "convert") or (hasattr(images, "ndim") and images.ndim <= 3):
        return [("picture 1", images)]
    named: list[tuple[str, Any]] = []
    for number, image in enumerate(images, start=1):
        if isinstance(image, (str, Path)):
            named += [(str(path), path) for path in find_images(image)]
        else:
            named.append((f"picture {number}", image))
    return named


def natural_order(path: Path) -> list[tuple[int, int, str]]:
    """A key that sorts numbers in names by value."""
    pieces = re.split(r"(\d+)", str(path).lower())
    key = [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in pieces]
    return [*key, (2, 0, str(path))]  # so that a.png, A.png and 1.png, 01.png have one order too


def _is_picture(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return not hidden and path.suffix.lower() in SUFFIXES and path.is_file()


class ImageStream:
    """Pictures read one after another; those that cannot be read are listed in ``failures``.

    Iterating again begins anew, with an empty list of failures. The order is that of ``paths``,
    also with ``prefetch``.

    Args:
        paths: files, as ``find_images`` gives them.
        max_pixels: larger pictures count as failures.
        prefetch: how many pictures a thread reads ahead; 0 reads each when it is asked for.

    Raises:
        InvalidArgumentError: if ``prefetch`` is negative.
    """

    def __init__(
        self, paths: Sequence[Path], *, max_pixels: int = MAX_PIXELS, prefetch: int = 0
    ) -> None:
        if prefetch < 0:
            raise InvalidArgumentError(f"prefetch is a number of pictures, got {prefetch}.")
        self.paths, self.max_pixels, self.prefetch = list(paths), max_pixels, prefetch
        self.failures: list[ImageFailure] = []

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[tuple[Path, Image.Image]]:
        self.failures = []
        for path, found in zip(self.paths, self._read_all(), strict=True):
            if isinstance(found, str):
                self.failures.append(ImageFailure(path, found))
            else:
                yield path, found

    def _read_all(self) -> Iterator[Image.Image | str]:
        """Each picture, or why it cannot be read."""
        if not self.prefetch:
            yield from map(self._read, self.paths)
            return
        reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="seewhy-images")
        ahead: deque[Future[Image.Image | str]] = deque()
        try:
            for path in self.paths:
                ahead.append(reader.submit(self._read, path))
                if len(ahead) > self.prefetch:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:  # also when the caller stops halfway
            reader.shutdown(wait=False, cancel_futures=True)

    def _read(self, path: Path) -> Image.Image | str:
        try:
            return read_image(path, max_pixels=self.max_pixels)
        except (ImageReadError, MissingFileError) as error:
            return str(error)
