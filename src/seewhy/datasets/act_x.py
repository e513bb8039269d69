"""ACT-X: what somebody does in a picture of the MPI Human Pose data, and how one sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seewhy.datasets.examples import ExampleStream, picture_name
from seewhy.datasets.nle import NLEExample
from seewhy.datasets.normalizing import read_cleaned
from seewhy.datasets.records import Record, read_entries


def read_act_x(annotations: str | Path, images: str | Path | None = None) -> ExampleStream:
    """The examples of an ACT-X file, in file order; nothing is asked in them.

    Two forms are read, entry by entry: the prepared one (``actX_train.json``) of ``answers``,
    ``image_name`` and ``explanation``; and the source (``exp_train_split.json``) of ``ans``,
    ``iid`` and ``exp``, of whose activity the text before the first comma is the answer, as in
    the prepared file.

    Args:
        annotations: the file.
        images: folder of the pictures.

    Raises:
        MissingFileError: if the folder is not there; when read, if the file is not.
        DataFormatError: when read, if an entry lacks a field; names file, entry and field.

    Source: Park et al. (CVPR 2018), arXiv:1802.08129; NLX-GPT (CVPR 2022), arXiv:2203.05081.
    """

    def read() -> Iterator[NLEExample]:
        for key, entry in read_entries(annotations):
            yield _read_source(key, entry) if "iid" in entry else _read_prepared(key, entry)

    return ExampleStream(read, images)


def _read_prepared(key: str, entry: Record) -> NLEExample:
    return NLEExample(
        id=key,
        task="act-x",
        images=(picture_name(entry.text("image_name"), entry.place),),
        question="",
        answers=(entry.text("answers"),),
        explanations=entry.texts("explanation", single=True),
    )


def _read_source(key: str, entry: Record) -> NLEExample:
    return NLEExample(
        id=key,
        task="act-x",
        images=(picture_name(f"{entry.key('iid')}.jpg", entry.place),),
        question="",
        answers=(entry.text("ans").split(",")[0].strip(),),
        explanations=read_cleaned(entry, "exp"),
    )
