"""The pictures of captions, found in a folder by the captions' ids."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from seewhy.errors import InvalidArgumentError
from seewhy.images.folders import find_images

SHOWN = 5
_LAST_NUMBER = re.compile(r"0*(\d+)$")


def match_pictures(folder: str | Path, ids: Iterable[str]) -> dict[str, Path]:
    """Find the picture of each id.

    An id is a file's name, with or without its suffix, its path below the folder, or the number at
    the end of its name without leading zeros (``391895`` for ``COCO_val2014_000000391895.jpg``).

    Raises:
        MissingFileError: if the folder is not there or holds no picture.
        InvalidArgumentError: if an id has no picture, or more than one; names the first ones.
    """
    found: dict[str, list[Path]] = {}
    for path in find_images(folder):
        for name in _names_of(path, Path(folder)):
            found.setdefault(name, []).append(path)
    wanted = list(ids)
    lacking = [key for key in wanted if key not in found]
    if lacking:
        raise InvalidArgumentError(
            f"{len(lacking)} items ({', '.join(lacking[:SHOWN])}) have no picture in {folder}. A "
            "picture's name is the id, or ends with its number."
        )
    several = [key for key in wanted if len(found[key]) > 1]
    if several:
        first, second = found[several[0]][:2]
        raise InvalidArgumentError(
            f"{len(several)} items ({', '.join(several[:SHOWN])}) have more than one picture in "
            f"{folder}, as {first.name} and {second.name}."
        )
    return {key: found[key][0] for key in wanted}


def _names_of(path: Path, folder: Path) -> set[str]:
    below = path.relative_to(folder) if path != folder else Path(path.name)
    names = {path.name, path.stem, below.as_posix(), below.with_suffix("").as_posix()}
    number = _LAST_NUMBER.search(path.stem)
    return names | {number[1]} if number else names
