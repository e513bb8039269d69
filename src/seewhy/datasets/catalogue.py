"""All readers by task, and one function that finds the right one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from seewhy.datasets.a_okvqa import read_a_okvqa
from seewhy.datasets.act_x import read_act_x
from seewhy.datasets.e_snli_ve import read_e_snli_ve
from seewhy.datasets.examples import ExampleStream
from seewhy.datasets.nle import CAPTIONS
from seewhy.datasets.pretraining_captions import read_caption_examples
from seewhy.datasets.records import read_entries
from seewhy.datasets.uni_nlx import read_imagenet_x, read_uni_nlx, read_vqa_para_x
from seewhy.datasets.vcr import read_vcr
from seewhy.datasets.vqa_x import read_vqa_x
from seewhy.errors import UnknownNameError

READERS: dict[str, Callable[[str | Path, str | Path | None], ExampleStream]] = {
    "vqa-x": read_vqa_x,
    "vqa-parax": read_vqa_para_x,
    "a-okvqa": read_a_okvqa,
    "imagenet-x": read_imagenet_x,
    "act-x": read_act_x,
    "e-snli-ve": read_e_snli_ve,
    "vcr": read_vcr,
    CAPTIONS: read_caption_examples,
}


def read_examples(
    task: str,
    annotations: str | Path,
    images: str | Path | None = None,
    *,
    image_column: str | None = None,
) -> ExampleStream:
    """The examples of a task, from any file that holds some: its own forms and Uni-NLX's.

    Args:
        task: one of ``READERS``.
        annotations: the file.
        images: folder of the pictures; ``None`` looks for none.
        image_column: for e-SNLI-VE's CSV, the column that names the picture.

    Raises:
        UnknownNameError: if there is no such task.
        MissingFileError: if the file or the folder is not there.
        DataFormatError: if the file has another form; when read, if an entry lacks a field.
    """
    if task not in READERS:
        raise UnknownNameError("task", task, READERS)
    if task != CAPTIONS and is_unified(annotations):
        return read_uni_nlx(annotations, images, tasks=(task,))
    if task == "e-snli-ve" and image_column is not None:
        return read_e_snli_ve(annotations, images, image_column=image_column)
    return READERS[task](annotations, images)


def is_unified(annotations: str | Path) -> bool:
    """Whether the entries of a file say which data set each is from, as Uni-NLX's do.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is not JSON, unless it is CSV.
    """
    name = Path(annotations).name.removesuffix(".gz")
    if not name.endswith((".json", ".jsonl")):
        return False
    return any("dataset" in entry for _, entry in islice(read_entries(annotations), 1))
