"""Captions to train a decoder on before it learns to explain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seewhy.datasets.captions import read_captions
from seewhy.datasets.examples import ExampleStream, picture_name
from seewhy.datasets.nle import CAPTIONS, NLEExample
from seewhy.datasets.records import Record, read_json
from seewhy.errors import DataFormatError


def read_caption_corpus(
    pictures: str | Path, captions: str | Path | None, images: str | Path | None = None
) -> ExampleStream:
    """The authors' corpus: two lists side by side, one caption for each picture.

    Args:
        pictures: ``corpus_images_train.json``, a list of paths of pictures.
        captions: ``corpus_captions_train.json``, a list as long; ``None`` for the test list,
            whose examples have no captions and are called by the number in the picture's name.
        images: folder that the paths start from.

    Raises:
        MissingFileError: if the folder is not there; when read, if a file is not.
        DataFormatError: when read, if a file is no list of texts, or they differ in length.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081.
    """

    def read() -> Iterator[NLEExample]:
        names = Record({"list": read_json(pictures)}, str(pictures)).texts("list")
        if captions is None:
            for name in names:
                yield _make_example(_number_of(name, str(pictures)), name, (), str(pictures))
            return
        texts = Record({"list": read_json(captions)}, str(captions)).texts("list")
        if len(texts) != len(names):
            raise DataFormatError(
                f"{captions} has {len(texts)} captions for the {len(names)} pictures of "
                f"{pictures}; the two lists must be of one length."
            )
        for index, (name, text) in enumerate(zip(names, texts, strict=True)):
            yield _make_example(str(index), name, (text,), f"{pictures}, entry {index}")

    return ExampleStream(read, images)


def read_caption_examples(
    path: str | Path, images: str | Path | None = None, *, split: str | None = None
) -> ExampleStream:
    """The pictures of a captions file, each with all its captions, in file order.

    Args:
        path: a file of any form that ``datasets.captions.read_captions`` knows.
        images: folder that the pictures' names start from.
        split: take this split only.

    Raises:
        MissingFileError: if the folder is not there; when read, if the file is not.
        DataFormatError: when read, if the file has another form, an entry lacks a field, or no
            entry is of the split.
    """

    def read() -> Iterator[NLEExample]:
        entries = read_captions(path)
        kept = [entry for entry in entries if split is None or entry.split == split]
        if not kept:
            having = ", ".join(sorted({entry.split for entry in entries}))
            raise DataFormatError(f"{path} has no picture of the split {split!r}; it has {having}.")
        for entry in kept:
            yield _make_example(entry.id, entry.image, entry.captions, f"{path}, {entry.image}")

    return ExampleStream(read, images)


def _make_example(key: str, name: str, texts: tuple[str, ...], place: str) -> NLEExample:
    return NLEExample(
        id=key,
        task=CAPTIONS,
        images=(picture_name(name, place),),
        question="",
        answers=(),
        explanations=texts,
    )


def _number_of(name: str, place: str) -> str:
    number = Path(name).stem.rsplit("_", 1)[-1]
    if not number.isdecimal():
        raise DataFormatError(f"{place}: the picture {name!r} has no number after its last '_'.")
    return str(int(number))
