"""Captions of pictures: JSON lines, COCO's annotations, Karpathy's splits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seewhy.errors import DataFormatError, MissingFileError

VALIDATION_NAMES = ("val", "dev", "validation")
HELD_BACK = 20  # every so many entries one is for validation, where the file does not say
FORMS = (
    'Known are JSON lines {"image": NAME, "captions": [...], "split": ...}, COCO\'s annotations '
    "(images and annotations), Karpathy's splits (images with sentences), and a list of "
    "{image, caption}."
)


@dataclass(frozen=True)
class CaptionEntry:
    """One picture of a captions file."""

    image: str
    """Its file, relative to the folder of pictures."""
    captions: tuple[str, ...]
    split: str = "train"
    id: str = ""
    """By which results name it: COCO's number, or the name of its file without the suffix."""
    words: tuple[tuple[str, ...], ...] = ()
    """The captions in words, where the file has them (Karpathy's ``tokens``)."""


def read_captions(path: str | Path) -> list[CaptionEntry]:
    """The entries of a captions file, in file order; its form is told by its content.

    JSON lines of ``{"image": NAME, "captions": [...], "split": ...}`` (or one ``"caption"``;
    without a split an entry is for training); COCO's JSON with ``images`` and ``annotations``;
    Karpathy's with ``images`` that have ``sentences`` (``restval`` counts as training); a list of
    ``{"image", "caption"}``.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it has none of these forms; names the entry and the field.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No captions file at {path}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        entries = list(_read_entries(text, path))
    except UnicodeDecodeError as error:
        raise DataFormatError(f"{path} is no text in UTF-8. {FORMS}") from error
    if not entries:
        raise DataFormatError(f"{path} holds no captions. {FORMS}")
    return entries


def _read_entries(text: str, path: Path) -> Iterator[CaptionEntry]:
    lines = [(n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    try:
        whole = json.loads(text)
    except ValueError:
        for number, line in lines:
            place = f"{path}, line {number}"
            yield _read_entry(_parse(line, place), place)
        return
    if isinstance(whole, Mapping) and "image" in whole:
        whole = [whole]
    if isinstance(whole, Sequence) and not isinstance(whole, str):
        for number, entry in enumerate(whole):
            yield _read_entry(entry, f"{path}, entry {number}")
    elif isinstance(whole, Mapping) and isinstance(whole.get("images"), list):
        yield from _read_images(whole, path)
    else:
        raise DataFormatError(f"{path} is JSON of another form. {FORMS}")


def _parse(line: str, place: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise DataFormatError(f"{place} is not JSON: {error}. {FORMS}") from error


def _read_entry(entry: Any, place: str) -> CaptionEntry:
    if not isinstance(entry, Mapping) or "image" not in entry:
        raise DataFormatError(f"{place} has no field 'image'. {FORMS}")
    captions = entry.get("captions", entry.get("caption"))
    captions = captions if isinstance(captions, list) else [captions]
    if not captions or not all(isinstance(caption, str) and caption for caption in captions):
        raise DataFormatError(f"{place} has no text in 'captions' or 'caption'.")
    image = str(entry["image"])
    return CaptionEntry(
        image, tuple(captions), str(entry.get("split", "train")), find_image_id(image)
    )


def _read_images(whole: Mapping[str, Any], path: Path) -> Iterator[CaptionEntry]:
    captions: dict[Any, list[str]] = {}
    for number, annotation in enumerate(whole.get("annotations", ())):
        place = f"{path}, annotation {number}"
        captions.setdefault(_take(annotation, "image_id", place), []).append(
            _take(annotation, "caption", place)
        )
    for number, image in enumerate(whole["images"]):
        place = f"{path}, image {number}"
        if "sentences" in image:
            yield _read_karpathy(image, place)
        elif _take(image, "id", place) in captions:
            split, name = str(image.get("split", "train")), _take(image, "file_name", place)
            yield CaptionEntry(name, tuple(captions[image["id"]]), split, str(image["id"]))


def _read_karpathy(image: Mapping[str, Any], place: str) -> CaptionEntry:
    """One picture of Karpathy's form, whose file lies in ``filepath``."""
    name = str(_take(image, "filename", place))
    folder = str(image.get("filepath", ""))
    sentences = image["sentences"]
    split = str(_take(image, "split", place))
    return CaptionEntry(
        f"{folder}/{name}" if folder else name,
        tuple(str(_take(sentence, "raw", place)) for sentence in sentences),
        "train" if split == "restval" else split,
        str(image["cocoid"]) if "cocoid" in image else find_image_id(name),
        tuple(tuple(_take(sentence, "tokens", place)) for sentence in sentences),
    )


def _take(entry: Any, field: str, place: str) -> Any:
    if not isinstance(entry, Mapping) or field not in entry:
        raise DataFormatError(f"{place} has no field {field!r}. {FORMS}")
    return entry[field]


def find_image_id(name: str) -> str:
    r"""The id that a file's name tells: COCO's number, or the name without folder and suffix.

    Backslashes separate folders too, as in files that were written on Windows.

    Example:
        >>> find_image_id("val2014\\COCO_val2014_000000391895.jpg"), find_image_id("a/b.c.png")
        ('391895', 'b.c')
    """
    stem = re.split(r"[\\/]", name)[-1].rsplit(".", 1)[0]
    coco = re.fullmatch(r"COCO_\w+?_0*(\d+)", stem)
    return coco[1] if coco else stem


def divide_entries(
    entries: Sequence[CaptionEntry], *, validation: str | None = None
) -> tuple[list[CaptionEntry], list[CaptionEntry]]:
    """What to learn from, and what to be judged by while learning.

    Args:
        entries: of a captions file.
        validation: split to be judged by; ``None``: ``val``, ``dev`` or ``validation``, and
            where a file has none of these, every twentieth entry that is for training.

    Raises:
        DataFormatError: if either of them would be empty.
    """
    names = VALIDATION_NAMES if validation is None else (validation,)
    train = [entry for entry in entries if entry.split == "train"]
    judges = [entry for entry in entries if entry.split in names]
    if not judges and validation is None:
        judges = train[::HELD_BACK]
        train = [entry for i, entry in enumerate(train) if i % HELD_BACK]
    if not train or not judges:
        found = sorted({entry.split for entry in entries})
        raise DataFormatError(
            f"{len(train)} entries are for training and {len(judges)} for validation: both need "
            f"some. The captions file has the splits {', '.join(found)}."
        )
    return train, judges
