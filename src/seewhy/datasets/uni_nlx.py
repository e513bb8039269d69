"""Uni-NLX: seven tasks in one file, among them ImageNetX and VQA-ParaX, which are in no other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from seewhy.datasets.examples import ExampleStream, picture_name
from seewhy.datasets.nle import TASKS, NLEExample
from seewhy.datasets.records import Record, read_entries
from seewhy.errors import UnknownNameError

UNI_NLX_NAMES = {
    "vqaX": "vqa-x",
    "vqa_paraX": "vqa-parax",
    "aokvqa": "a-okvqa",
    "imagenetX": "imagenet-x",
    "actX": "act-x",
    "esnlive": "e-snli-ve",
    "vcr": "vcr",
}
"""How the file names the tasks → how seewhy does."""


def read_uni_nlx(
    annotations: str | Path,
    images: str | Path | None = None,
    *,
    tasks: Collection[str] = TASKS,
) -> ExampleStream:
    """The examples of a unified file, in file order.

    Three forms are read: the list for training (``explanation_dataset.json``), the dictionary
    for testing (``explanation_dataset_test.json``), and JSON lines, as ``seewhy derive``
    writes them. An entry has ``question``, ``answer`` and ``explanation`` (a text or a list),
    ``img_path`` (likewise) and ``dataset``. Texts are taken as they stand.

    Args:
        annotations: the file.
        images: folder of all pictures (``image_datasets``).
        tasks: which to take, in seewhy's names.

    Raises:
        UnknownNameError: if a task is not one of the seven.
        MissingFileError: if the folder is not there; when read, if the file is not.
        DataFormatError: when read, if an entry lacks a field or is of an unknown data set.

    Source: Uni-NLX (ICCVW 2023), arXiv:2308.09033.
    """
    for task in tasks:
        if task not in TASKS:
            raise UnknownNameError("task", task, TASKS)

    def read() -> Iterator[NLEExample]:
        for key, entry in read_entries(annotations):
            source = entry.text("dataset")
            if source not in UNI_NLX_NAMES:
                raise entry.wrong("dataset", f"one of {', '.join(UNI_NLX_NAMES)}", source)
            if UNI_NLX_NAMES[source] in tasks:
                yield _read_entry(key, entry, UNI_NLX_NAMES[source])

    return ExampleStream(read, images)


def read_imagenet_x(annotations: str | Path, images: str | Path | None = None) -> ExampleStream:
    """The examples of ImageNetX in a unified file, or in one of our own; see ``read_uni_nlx``.

    An example may have several pictures of one class.
    """
    return read_uni_nlx(annotations, images, tasks=("imagenet-x",))


def read_vqa_para_x(annotations: str | Path, images: str | Path | None = None) -> ExampleStream:
    """The examples of VQA-ParaX in a unified file, or in one of our own; see ``read_uni_nlx``."""
    return read_uni_nlx(annotations, images, tasks=("vqa-parax",))


def _read_entry(key: str, entry: Record, task: str) -> NLEExample:
    names = entry.texts("img_path", single=True)
    question = entry.get("question")
    if not isinstance(question, str):
        raise entry.wrong("question", "a text", question)
    return NLEExample(
        id=entry.key("id") if "id" in entry else key,
        task=task,
        images=tuple(picture_name(name, entry.place) for name in names),
        question=question,
        answers=entry.texts("answer", single=True),
        explanations=entry.texts("explanation", single=True),
    )
