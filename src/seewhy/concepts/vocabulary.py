"""Words to explain with: our own list, or descriptors from a file; and lists of classes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError
from seewhy.world.catalogue import CLASSES
from seewhy.world.descriptors import vocabulary as list_world_phrases

WORLD = "world"
"""Stands for the classes, or the descriptors, of the embedded world."""


@dataclass(frozen=True)
class Vocabulary:
    """Descriptors, each once, in order."""

    name: str
    descriptors: tuple[str, ...]
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Classes each descriptor was written for, where a file tells."""

    def __post_init__(self) -> None:
        if not self.descriptors:
            raise InvalidArgumentError(f"The vocabulary {self.name} holds no descriptor.")


def default_vocabulary() -> Vocabulary:
    """About a thousand visual attributes in plain words, written for seewhy."""
    text = files("seewhy.concepts").joinpath("vocabulary.txt").read_text(encoding="utf-8")
    return Vocabulary("default", _unique(_lines_of(text)))


def make_vocabulary(descriptors: object) -> Vocabulary:
    """A vocabulary of whatever names one.

    Args:
        descriptors: ``None`` for our own; ``world`` for all that can be said of a drawn scene; a
            ``Vocabulary``; a path; a sequence of texts; or a mapping of class names to texts.
    """
    if descriptors is None:
        return default_vocabulary()
    if descriptors in (WORLD, Path(WORLD)):
        return Vocabulary(WORLD, list_world_phrases())
    if isinstance(descriptors, Vocabulary):
        return descriptors
    if isinstance(descriptors, (str, Path)):
        return read_vocabulary(descriptors)
    return _from_json("given", descriptors, "The vocabulary")


def read_vocabulary(path: str | Path) -> Vocabulary:
    """Read descriptors.

    Forms: JSON ``{class: [descriptor, ...]}`` (as published), a JSON list, or one a line with
    ``#`` before comments.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is of none of these forms; names the entry.
    """
    path, text = _read(path)
    content = _parse_json(path, text) if _is_json(path, text) else _lines_of(text)
    return _from_json(path.stem, content, str(path))


def read_classes(source: str | Path) -> list[str]:
    """Read class names: a comma-separated list, a file, or ``world`` for those of the world.

    A file is a JSON list, a JSON object whose keys are the names, a JSON list of objects with a
    ``name``, or has one name a line.

    Raises:
        InvalidArgumentError: if a name stands there twice, or fewer than two names are given.
        DataFormatError: if a file is of none of these forms.
    """
    if str(source) == WORLD:
        return list(CLASSES)
    path = Path(source)
    if path.suffix.lower() in (".txt", ".json") or path.is_file():
        path, text = _read(path)
        names = _names(path, _parse_json(path, text)) if _is_json(path, text) else _lines_of(text)
    else:
        names = [name.strip() for name in str(source).split(",") if name.strip()]
    check_classes(names)
    return names


def check_classes(names: list[str]) -> None:
    """Refuse lists of classes between which nothing can be decided.

    Raises:
        InvalidArgumentError: if there are fewer than two names, or one stands there twice.
    """
    repeated = sorted(name for name, times in Counter(names).items() if times > 1)
    if repeated:
        raise InvalidArgumentError(f"The class {repeated[0]!r} is given more than once.")
    if len(names) < 2:
        raise InvalidArgumentError(
            f"A zero-shot decision needs at least two classes, got {len(names)}"
            + (f" ({names[0]!r})" if names else "")
            + ". Add what it might be instead."
        )


def _read(source: str | Path) -> tuple[Path, str]:
    path = Path(source)
    if not path.is_file():
        raise MissingFileError(f"No file {path}.")
    try:
        return path, path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataFormatError(f"{path} is not a UTF-8 text file.") from error


def _is_json(path: Path, text: str) -> bool:
    return path.suffix.lower() == ".json" or text.lstrip().startswith(("[", "{"))


def _parse_json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DataFormatError(f"{path} is not valid JSON: {error}.") from error


def _lines_of(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _from_json(name: str, content: object, where: str) -> Vocabulary:
    if isinstance(content, Mapping):
        sources: dict[str, list[str]] = {}
        for owner, texts in content.items():
            if not isinstance(texts, (list, tuple)):
                raise DataFormatError(
                    f"{where}: {owner!r} must hold a list of descriptors, got {texts!r:.40}."
                )
            for text in texts:
                sources.setdefault(_text(text, f"{where}: a descriptor of {owner!r}"), []).append(
                    str(owner)
                )
        return Vocabulary(name, tuple(sources), {t: tuple(c) for t, c in sources.items()})
    if isinstance(content, (list, tuple)):
        return Vocabulary(name, _unique([_text(text, f"{where}: an entry") for text in content]))
    raise DataFormatError(
        f"{where} must be a list of descriptors or class names with lists of descriptors, got "
        f"{type(content).__name__}."
    )


def _names(path: Path, content: Any) -> list[str]:
    if isinstance(content, dict):
        return [str(name) for name in content]
    if isinstance(content, list):
        fields = ("name", "name_openai", "class")
        names = [_name_in(entry, fields) for entry in content]
        if all(names):
            return [name for name in names if name]
    raise DataFormatError(
        f"{path} must be a JSON list of class names or an object with them as keys."
    )


def _name_in(entry: Any, fields: tuple[str, ...]) -> str | None:
    if isinstance(entry, dict):
        entry = next((entry[field] for field in fields if field in entry), None)
    return entry if isinstance(entry, str) else None


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise DataFormatError(f"{what} is not a text: {value!r:.40}.")
    return value.strip()


def _unique(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
