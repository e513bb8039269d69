"""What is derived from: classes with their pictures, and paragraphs about pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seewhy.datasets.examples import picture_name
from seewhy.datasets.records import Record, read_json, read_lines, read_text
from seewhy.errors import DataFormatError, MissingFileError
from seewhy.images.folders import SUFFIXES, natural_order

_NAME_FIELDS = ("name", "name_openai", "clip_name", "class")
_ID_FIELDS = ("wnid", "id", "index")
_GENOME_FOLDERS = ("VG_100K", "VG_100K_2")


@dataclass(frozen=True)
class ClassItem:
    """A class, and where its pictures are."""

    id: str
    name: str
    pictures: tuple[str, ...] = ()
    """Below the folder of pictures."""


@dataclass(frozen=True)
class ParagraphItem:
    """A paragraph about a picture."""

    id: str
    picture: str
    """Below the folder of pictures."""
    paragraph: str


def read_classes(path: str | Path, images: str | Path | None = None) -> list[ClassItem]:
    """The classes of a file, in its order, with their pictures.

    Three forms are read: a name a line; a JSON dictionary of names by id; a JSON list of names,
    or of objects with a name and perhaps an id (``wnid``). A class's pictures are those in a
    folder named after its id or its name, and those whose own name is the id, or begins with
    it and ``_``.

    Args:
        path: the file.
        images: folder of the pictures; ``None``: there are none.

    Raises:
        MissingFileError: if the file or the folder is not there.
        DataFormatError: if it has none of these forms, or an id occurs twice.
    """
    path = Path(path)
    pairs = list(_read_pairs(path))
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise DataFormatError(f"{path} has the class {key!r} twice; ids must differ.")
        seen.add(key)
    if not pairs:
        raise DataFormatError(f"{path} holds no classes.")
    found = {} if images is None else _find_pictures(Path(images), pairs)
    return [ClassItem(key, name, tuple(found.get(key, ()))) for key, name in pairs]


def _read_pairs(path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix != ".json":
        for line in read_text(path).splitlines():
            if line.strip():
                yield line.strip(), line.strip()
        return
    content = read_json(path)
    if isinstance(content, dict):
        table = Record(content, str(path))
        yield from ((str(key), table.text(key)) for key in content)
    elif isinstance(content, list):
        for index, entry in enumerate(content):
            if isinstance(entry, str):
                yield entry, entry
                continue
            record = Record(entry, f"{path}, entry {index}")
            name = next((f for f in _NAME_FIELDS if f in record), _NAME_FIELDS[0])
            key = next((f for f in _ID_FIELDS if f in record), name)
            yield record.key(key), record.text(name)
    else:
        raise DataFormatError(f"{path} must hold names of classes, got {content!r:.60}.")


def _find_pictures(folder: Path, pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    if not folder.is_dir():
        raise MissingFileError(f"No folder of pictures at {folder}.")
    keys = {key: key for key, _ in pairs} | {name: key for key, name in pairs}
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*"), key=natural_order):
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        places = (path.parent.name, path.stem, path.stem.split("_")[0])
        key = next((keys[place] for place in places if place in keys), None)
        if key is not None:
            found.setdefault(key, []).append(path.relative_to(folder).as_posix())
    return found


def read_paragraphs(path: str | Path, images: str | Path | None = None) -> Iterator[ParagraphItem]:
    """Yield the paragraphs of a file, in its order.

    Two forms are read: Stanford's ``paragraphs_v1.json``, a list of ``image_id`` and
    ``paragraph``, whose pictures are Visual Genome's (``VG_100K`` or ``VG_100K_2``); and JSON or
    JSON lines of ``image``, its path, and ``paragraph``.

    Args:
        path: the file.
        images: folder of the pictures, where Visual Genome's are looked for; ``None`` takes
            them to be in ``VG_100K``.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if an entry lacks a field, or a picture would be outside its folder.

    Source: Krause et al. (CVPR 2017), arXiv:1611.06607.
    """
    path = Path(path)
    if path.name.endswith(".jsonl"):
        entries = (entry for _, entry in read_lines(path))
    else:
        content = read_json(path)
        if not isinstance(content, list):
            raise DataFormatError(f"{path} must be a list of paragraphs, got {content!r:.60}.")
        entries = (Record(v, f"{path}, entry {i}") for i, v in enumerate(content))
    seen: dict[str, int] = {}
    for entry in entries:
        name = entry.text("image") if "image" in entry else _find_genome(entry, images)
        picture = picture_name(name, entry.place).as_posix()
        number = seen[picture] = seen.get(picture, 0) + 1
        key = picture if number == 1 else f"{picture}#{number}"
        yield ParagraphItem(key, picture, entry.text("paragraph"))


def _find_genome(entry: Record, images: str | Path | None) -> str:
    name = f"{entry.key('image_id')}.jpg"
    picture_name(name, entry.place)
    places = [f"{folder}/{name}" for folder in _GENOME_FOLDERS]
    there = [p for p in places if images is not None and (Path(images) / p).is_file()]
    return (there or places)[0]
