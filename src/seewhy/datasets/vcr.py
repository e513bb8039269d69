"""VCR: questions about people and things in boxes of a movie still."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from seewhy.datasets.examples import ExampleStream, picture_name
from seewhy.datasets.nle import NLEExample
from seewhy.datasets.normalizing import clean_explanation
from seewhy.datasets.records import Record, read_entries, read_json, read_lines
from seewhy.errors import MissingFileError

Compat = Literal["published"] | None


def read_vcr(
    annotations: str | Path,
    images: str | Path | None = None,
    *,
    metadata: str | Path | None = None,
    ids: str | Path | None = None,
    split: str | None = None,
    compat: Compat = None,
) -> ExampleStream:
    """The examples of a VCR file, in file order.

    Two forms are read. The source (``train.jsonl``) has texts as tokens, in which a list of
    indices points at objects: it becomes their class and index, as in ``person0 and person1``;
    everything is in lower case, the mark at the end is dropped, and explanations lose their
    periods. The prepared one (``vcr_train.json``) is a dictionary of ``question``, ``answers``,
    ``explanation``, ``annot_id``, ``img_name``, ``boxes_data``, ``image_w``, ``image_h`` and
    ``objects``.

    Args:
        annotations: the file; the source by its suffix ``.jsonl``.
        images: folder of the pictures (``vcr1images``).
        metadata: folder of the files with the boxes, which the source needs; they lie beside
            the pictures, so ``images`` will do where it is given.
        ids: JSON of the annotations to keep: a list of ``annot_id``, or a dictionary of such
            lists by split (e-ViL's ``vcr_splits.json``).
        split: which list of ``ids``.
        compat: ``"published"`` drops the last token of each text of the source, whether it is
            a punctuation mark or not.

    Raises:
        MissingFileError: if a folder is not there; when read, if a file is not.
        DataFormatError: when read, if an entry lacks a field (the test split of the source has
            no answers), or points at an object that is not there.

    Source: Zellers et al. (CVPR 2019), arXiv:1811.10830; NLX-GPT (CVPR 2022), arXiv:2203.05081.
    Differs: a last token that is a word is kept, see docs/decisions/vcr-texts.md.
    """
    is_source = str(annotations).removesuffix(".gz").endswith(".jsonl")
    beside = metadata if metadata is not None else images
    if is_source and beside is None:
        raise MissingFileError(
            f"{annotations} has no boxes in it; give metadata, the folder of the JSON files that "
            "lie beside VCR's pictures."
        )

    def read() -> Iterator[NLEExample]:
        kept = None if ids is None else _read_ids(ids, split)
        entries = read_lines(annotations) if is_source else read_entries(annotations)
        for key, entry in entries:
            if kept is not None and entry.key("annot_id") not in kept:
                continue
            if beside is not None and is_source:
                yield _read_source(entry, Path(beside), compat)
            else:
                yield _read_prepared(key, entry)

    return ExampleStream(read, images)


def _read_ids(path: str | Path, split: str | None) -> frozenset[str]:
    content: Any = read_json(path)
    if split is not None:
        content = Record(content, str(path)).get(split)
    place = f"{path}, {split}" if split else str(path)
    return frozenset(Record({"ids": content}, place).texts("ids"))


def _read_prepared(key: str, entry: Record) -> NLEExample:
    return NLEExample(
        id=key,
        task="vcr",
        images=(picture_name(entry.text("img_name"), entry.place),),
        question=entry.text("question"),
        answers=(entry.text("answers"),),
        explanations=entry.texts("explanation", single=True),
        objects=entry.texts("objects"),
        boxes=_read_boxes(entry, "boxes_data", len(entry.texts("objects"))),
        image_size=(entry.count("image_w"), entry.count("image_h")),
    )


def _read_source(entry: Record, metadata: Path, compat: Compat) -> NLEExample:
    name = picture_name(entry.text("metadata_fn"), entry.place)
    about = Record(read_json(metadata / name), str(metadata / name))
    objects = entry.texts("objects")
    answers = _read_choices(entry, "answer_choices", objects, compat)
    reasons = _read_choices(entry, "rationale_choices", objects, compat)
    return NLEExample(
        id=entry.key("annot_id").rsplit("-", 1)[-1],
        task="vcr",
        images=(picture_name(entry.text("img_fn"), entry.place),),
        question=_read_tokens(entry, "question", entry.get("question"), objects, compat),
        answers=(answers[entry.index("answer_label", len(answers))],),
        explanations=(clean_explanation(reasons[entry.index("rationale_label", len(reasons))]),),
        choices=answers,
        objects=objects,
        boxes=_read_boxes(about, "boxes", len(objects)),
        image_size=(about.count("width"), about.count("height")),
    )


def _read_choices(
    entry: Record, field: str, objects: tuple[str, ...], compat: Compat
) -> tuple[str, ...]:
    choices = entry.get(field)
    if not isinstance(choices, list) or not choices:
        raise entry.wrong(field, "a list of texts as tokens", choices)
    return tuple(_read_tokens(entry, field, tokens, objects, compat) for tokens in choices)


def _read_tokens(
    entry: Record, field: str, tokens: Any, objects: tuple[str, ...], compat: Compat
) -> str:
    """Tokens, of which lists point at objects, as a text."""
    if not isinstance(tokens, list) or not tokens:
        raise entry.wrong(field, "a text as tokens", tokens)
    words = []
    for token in tokens:
        if isinstance(token, str):
            words.append(token)
        elif isinstance(token, list) and token and all(_points(i, objects) for i in token):
            words.append(" and ".join(f"{objects[i]}{i}" for i in token))
        else:
            raise entry.wrong(field, f"words and indices of {len(objects)} objects", token)
    is_mark = isinstance(tokens[-1], str) and all(c in string.punctuation for c in tokens[-1])
    if is_mark or compat == "published":
        words = words[:-1]
    return " ".join(words).lower()


def _points(index: Any, objects: tuple[str, ...]) -> bool:
    return type(index) is int and 0 <= index < len(objects)


def _read_boxes(
    entry: Record, field: str, num_objects: int
) -> tuple[tuple[float, float, float, float], ...]:
    """Left, top, right and bottom; what follows them, the detector's score, is left out."""
    boxes = entry.get(field)
    if not isinstance(boxes, list) or len(boxes) != num_objects:
        raise entry.wrong(field, f"{num_objects} boxes, one for each object", boxes)
    for box in boxes:
        is_box = isinstance(box, list) and len(box) >= 4
        if not is_box or not all(type(edge) in (int, float) for edge in box[:4]):
            raise entry.wrong(field, "boxes of four numbers", box)
    return tuple((float(b[0]), float(b[1]), float(b[2]), float(b[3])) for b in boxes)
