"""True classes of pictures, from the names of their folders or from a file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from seewhy.errors import DataFormatError, MissingFileError
from seewhy.images.folders import find_images

FROM_FOLDERS = "folder"


def read_labels(source: str, pictures: Iterable[str | Path]) -> dict[str, str]:
    """Read the true class of each picture.

    Args:
        source: ``folder`` takes the name of the folder each picture lies in; anything else is a
            JSON file that maps paths or file names of pictures to classes.
        pictures: the paths that are to be explained.

    Returns:
        Classes by the path of the picture; pictures the file does not name are left out.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is not an object of texts.
    """
    paths = find_images(pictures)
    if source == FROM_FOLDERS:
        return {str(path): path.resolve().parent.name for path in paths}
    file = Path(source)
    if not file.is_file():
        raise MissingFileError(f"No file of labels at {file}.")
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except ValueError as error:  # also what is no text at all
        raise DataFormatError(f"{file} is not valid JSON: {error}.") from error
    if not isinstance(content, dict) or not all(isinstance(v, str) for v in content.values()):
        raise DataFormatError(f"{file} must be a JSON object of pictures and their classes.")
    found = {str(path): content.get(str(path), content.get(path.name)) for path in paths}
    return {path: label for path, label in found.items() if label is not None}
