"""The files that the authors of Show, Edit and Tell and Look and Modify prepared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seewhy.datasets.captions import find_image_id
from seewhy.errors import DataFormatError, MissingFileError

MARKS = ("<start>", "<end>", "<pad>")
WORD_MAP_FILE = "WORDMAP_coco.json"


@dataclass(frozen=True)
class EditingExample:
    """One picture with the caption to be edited and the captions it should become."""

    image: str
    """Name of its file."""
    id: str
    existing: tuple[str, ...]
    """Words of the caption to be edited."""
    captions: tuple[tuple[str, ...], ...]
    """Words of each true caption."""
    split: str
    sentence_embedding: tuple[float, ...] = ()
    """Of the existing caption; Look and Modify only."""
    attributes: tuple[str, ...] = ()
    """Words that a detector found in the picture; Look and Modify only."""


def read_word_map(path: str | Path) -> dict[str, int]:
    """Read the number of each word, which may be 0 for ``<pad>`` only.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is no such map, or two words have one number.
    """
    word_map = _read_json(Path(path))
    if not isinstance(word_map, dict) or not all(type(n) is int for n in word_map.values()):
        raise DataFormatError(f"{path} is no map {{word: number}}.")
    if len(set(word_map.values())) != len(word_map):
        raise DataFormatError(f"{path} gives one number to two words.")
    missing = [mark for mark in (*MARKS, "<unk>") if mark not in word_map]
    if missing:
        raise DataFormatError(f"{path} has no {', '.join(missing)}.")
    return word_map


def read_editing_files(folder: str | Path, split: str) -> Iterator[EditingExample]:
    """Yield the pictures of one split, in file order.

    Read are ``WORDMAP_coco.json``, ``SPLIT_CAPTIONS_coco.json`` (lists of word numbers with
    ``<start>``, ``<end>`` and padding, the same number of them for each picture),
    ``SPLIT_names_coco.json`` or ``SPLIT_IMAGE_NAMES.json``, and the captions to be edited:
    ``CAPUTIL_split.json`` or ``SPLIT_CAPUTIL_coco_topdown_bottomup_features.json``.

    Args:
        folder: of the files, ``caption data`` in the releases.
        split: ``train``, ``val`` or ``test``.

    Raises:
        MissingFileError: if a file is not there.
        DataFormatError: if the files do not fit together; names file and entry.

    Source: Show, Edit and Tell (CVPR 2020); Look and Modify (BMVC 2019).
    """
    folder, upper = Path(folder), split.upper()
    words = {n: word for word, n in read_word_map(folder / WORD_MAP_FILE).items()}
    encoded = _read_json(folder / f"{upper}_CAPTIONS_coco.json")
    names = _read_json(
        _find(
            folder, f"{upper}_names_coco.json", f"{upper}_IMAGE_NAMES.json", f"{split}_names.json"
        )
    )
    existing_path = _find(
        folder,
        f"CAPUTIL_{split}.json",
        f"{upper}_CAPUTIL_coco_topdown_bottomup_features.json",
        f"{upper}_CAPUTIL_coco.json",
    )
    existing = _read_json(existing_path)
    names = [name[0] if isinstance(name, list) else name for name in names]
    names = list(dict.fromkeys(names))  # one for each picture, also where listed by caption
    if not names or len(encoded) % len(names):
        raise DataFormatError(
            f"{folder} has {len(encoded)} captions of {split} for {len(names)} pictures, which is "
            "not the same number for each."
        )
    each = len(encoded) // len(names)
    for number, name in enumerate(names):
        place = f"{existing_path}, {name}"
        entry = existing.get(name) if isinstance(existing, Mapping) else None
        if not isinstance(entry, Mapping):
            raise DataFormatError(f"{existing_path} has no entry {name!r}.")
        yield EditingExample(
            image=str(name),
            id=str(entry.get("image_ids", find_image_id(str(name)))),
            existing=_read_existing(entry, words, place),
            captions=tuple(
                _decode(row, words, f"{folder}, caption {number * each + i} of {split}")
                for i, row in enumerate(encoded[number * each : (number + 1) * each])
            ),
            split=split,
            sentence_embedding=tuple(map(float, entry.get("embedding", ()))),
            attributes=_decode(entry.get("attributes", ()), words, place),
        )


def _read_existing(
    entry: Mapping[str, Any], words: Mapping[int, str], place: str
) -> tuple[str, ...]:
    """Words of the caption to be edited: as encoded, or as written."""
    if "encoded_previous_caption" not in entry:
        if not isinstance(entry.get("caption"), str):
            raise DataFormatError(f"{place} has no text in 'caption'.")
        return tuple(entry["caption"].split())
    length = entry.get("previous_caption_length")
    length = length[0] if isinstance(length, list) and length else length
    if not isinstance(length, int):
        raise DataFormatError(f"{place} has no number in 'previous_caption_length'.")
    return _decode(entry["encoded_previous_caption"][:length], words, place)


def _decode(numbers: Sequence[int], words: Mapping[int, str], place: str) -> tuple[str, ...]:
    """Word numbers → words without marks."""
    unknown = [number for number in numbers if number not in words]
    if unknown:
        raise DataFormatError(f"{place} holds the number {unknown[0]!r}, which is no word's.")
    return tuple(words[number] for number in numbers if words[number] not in MARKS)


def _find(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise MissingFileError(f"{folder} has none of {', '.join(names)}.")


def _read_json(path: Path) -> Any:
    if not path.is_file():
        raise MissingFileError(f"No file {path}.")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataFormatError(f"{path} is not JSON: {error}.") from error
