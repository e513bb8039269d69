"""A-OKVQA: questions about COCO pictures that need knowledge of the world."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seewhy.datasets.examples import ExampleStream, first_there
from seewhy.datasets.nle import NLEExample
from seewhy.datasets.records import Record, read_entries


def read_a_okvqa(annotations: str | Path, images: str | Path | None = None) -> ExampleStream:
    """The examples of an A-OKVQA file (``aokvqa_v1p0_train.json``), in file order.

    The first answer is the right choice; the ten direct answers follow. Rationales are as
    annotated.

    Args:
        annotations: the file.
        images: folder of COCO's pictures of 2017 or 2014: of ``train2017`` and so on, or of the
            pictures themselves.

    Raises:
        MissingFileError: if the folder is not there; when read, if the file is not.
        DataFormatError: when read, if an entry lacks a field (the test split has no answers);
            names file, entry and field.

    Source: Schwenk et al. (ECCV 2022), arXiv:2206.01718.
    """
    folder = None if images is None else Path(images)

    def read() -> Iterator[NLEExample]:
        for _, entry in read_entries(annotations):
            choices = entry.texts("choices")
            right = choices[entry.index("correct_choice_idx", len(choices))]
            yield NLEExample(
                id=entry.key("question_id"),
                task="a-okvqa",
                images=(first_there(folder, _candidates(entry)),),
                question=entry.text("question"),
                answers=(right, *entry.texts("direct_answers")),
                explanations=entry.texts("rationales"),
                choices=choices,
            )

    return ExampleStream(read, images)


def _candidates(entry: Record) -> list[Path]:
    """Where COCO's picture may be: releases of 2017 and of 2014, in folders or not."""
    picture = entry.key("image_id")
    if not picture.isdecimal():
        raise entry.wrong("image_id", "the number of a COCO picture", picture)
    split, name = entry.text("split"), f"{int(picture):012d}.jpg"
    if split not in ("train", "val", "test"):
        raise entry.wrong("split", "train, val or test", split)
    # The split of 2017 holds pictures that were in either part of 2014.
    older = [Path(f"{part}2014/COCO_{part}2014_{name}") for part in ("train", "val")]
    flat = [Path(path.name) for path in older]
    return [Path(f"{split}2017/{name}"), Path(name), *older, *flat]
