"""Questions about pictures, from the command line or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seewhy.datasets.records import read_entries, read_table
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError

_PICTURE_FIELDS = ("image", "picture", "img_path", "image_name")
_QUESTION_FIELDS = ("question", "hypothesis", "text")


@dataclass(frozen=True)
class AskedQuestion:
    """One question about one picture."""

    picture: Path
    question: str
    """Empty for tasks that ask nothing."""
    task: str | None = None
    """``None``: the one named for all."""


def ask_of_all(pictures: Sequence[Path], questions: Sequence[str]) -> list[AskedQuestion]:
    """Every question about every picture; picture by picture, so that each is encoded once."""
    return [
        AskedQuestion(picture, question)
        for picture in pictures
        for question in (questions or ("",))
    ]


def read_questions(path: str | Path, pictures: Sequence[Path]) -> list[AskedQuestion]:
    """Questions of a file: JSON, JSON lines, or CSV.

    Each entry has ``image`` (a path, or a name in a folder that is given), ``question`` and, if
    wanted, ``task``. An entry without ``image`` is asked about every picture that is given.

    Args:
        path: the file.
        pictures: pictures that are given, and folders of them.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it has another form, or an entry lacks a field; names file and entry.
        InvalidArgumentError: if an entry names no picture and none are given.
    """
    from seewhy.images.folders import find_images

    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No file of questions at {path}.")
    is_table = path.suffix == ".csv"
    entries = list(read_table(path)) if is_table else [entry for _, entry in read_entries(path)]
    folders = [one for one in pictures if one.is_dir()]
    asked: list[AskedQuestion] = []
    for entry in entries:
        values = {name: value for name, value in entry.values.items() if isinstance(value, str)}
        question = next((values[name] for name in _QUESTION_FIELDS if name in values), "")
        task = values.get("task")
        named = next((values[name] for name in _PICTURE_FIELDS if name in values), None)
        if named is not None:
            asked.append(AskedQuestion(_place(Path(named), folders), question, task))
            continue
        if not pictures:
            raise InvalidArgumentError(
                f"{entry.place} names no picture (field 'image'), and none are given beside the "
                "file. Name pictures or a folder."
            )
        asked += [AskedQuestion(one, question, task) for one in find_images(pictures)]
    if not asked:
        raise DataFormatError(f"{path} holds no questions.")
    return asked


def _place(name: Path, folders: Sequence[Path]) -> Path:
    """A picture in one of the folders, or as it is named."""
    for folder in folders:
        if not name.is_absolute() and (folder / name).is_file():
            return folder / name
    return name
