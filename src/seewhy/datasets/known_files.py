"""What the published data sets consist of: names of files, and how much should be in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from seewhy.datasets.a_okvqa import read_a_okvqa
from seewhy.datasets.act_x import read_act_x
from seewhy.datasets.e_snli_ve import read_e_snli_ve
from seewhy.datasets.examples import ExampleStream
from seewhy.datasets.nle import TASKS
from seewhy.datasets.pretraining_captions import read_caption_corpus
from seewhy.datasets.uni_nlx import read_uni_nlx
from seewhy.datasets.vcr import read_vcr
from seewhy.datasets.vqa_x import read_vqa_x, read_vqa_x_sources

Reader = Callable[[Path, Path | None], ExampleStream]


@dataclass(frozen=True)
class KnownFile:
    """One split of one data set, in one of the forms it comes in."""

    tasks: tuple[str, ...]
    """Usually one; all seven for a unified file."""
    split: str
    names: tuple[str, ...]
    """How the file may be called, perhaps with the folder it lies in."""
    read: Reader
    """Takes the file and the folder of its pictures."""
    pictures: tuple[str, ...]
    """Where its pictures may be, below the folder of everything."""
    examples: int | None = None
    """How many it should have; ``None`` where nobody here knows."""
    explanations: int | None = None
    is_exact: bool = True
    """Whether the numbers were counted; else they are from the papers, rounded or not."""

    @property
    def tolerance(self) -> float:
        """By which share the number of examples may differ from the known one."""
        return 0.0 if self.is_exact else 0.02


def _read_vqa_x_beside(explanations: Path, images: Path | None) -> ExampleStream:
    """Join a split's explanations with the files of VQA v2 that lie beside them."""
    beside = explanations.parent
    parts = ("train2014", "val2014")
    names = beside / "coco_id2name.json"
    return read_vqa_x_sources(
        explanations,
        [beside / f"v2_OpenEnded_mscoco_{part}_questions.json" for part in parts],
        [beside / f"v2_mscoco_{part}_annotations.json" for part in parts],
        images,
        names=names if names.is_file() else None,
    )


def _read_vcr_source(annotations: Path, images: Path | None) -> ExampleStream:
    beside = annotations.parent.parent / "vcr1images"
    return read_vcr(annotations, images, metadata=images or beside)


def _read_corpus(pictures: Path, images: Path | None) -> ExampleStream:
    captions = pictures.with_name(pictures.name.replace("images", "captions"))
    return read_caption_corpus(pictures, captions if "train" in captions.name else None, images)


def list_known_files() -> Iterator[KnownFile]:
    """All files of the data sets, each split once in each form."""
    yield from _list_vqa_x()
    sizes = {"train": 12_607, "val": 1_802, "test": 3_620}
    for split, size in sizes.items():
        names = (f"actX_{split}.json", f"exp_{split}_split.json")
        folders = ("images/mpi", "mpi", "images")
        yield KnownFile(("act-x",), split, names, read_act_x, folders, size, is_exact=False)
    folders = ("images/flickr30k", "flickr30k", "flickr30k_images", "images")
    for split, size in {"train": 401_717, "val": 14_339, "test": 14_740}.items():
        stem = f"esnlive_{'dev' if split == 'val' else split}"
        names = (f"esnlive_{split}.json", f"esnlive_{split}.csv", f"{stem}.json", f"{stem}.csv")
        yield KnownFile(
            ("e-snli-ve",), split, names, read_e_snli_ve, folders, size, is_exact=split != "train"
        )
    folders = ("images/vcr1images", "vcr1images", "images/vcr")
    for split, size in {"train": 191_600, "val": 21_300, "test": 26_500}.items():
        yield KnownFile(
            ("vcr",), split, (f"vcr_{split}.json",), read_vcr, folders, size, is_exact=False
        )
    for split in ("train", "val"):
        names = (f"vcr1annots/{split}.jsonl",)
        yield KnownFile(("vcr",), f"{split}, source", names, _read_vcr_source, folders)
    folders = ("images", "image_datasets", "")
    for split, size in {"train": 17_056, "val": 1_145}.items():
        names = (f"aokvqa_v1p0_{split}.json",)
        yield KnownFile(("a-okvqa",), split, names, read_a_okvqa, folders, size)
    yield from _list_unified()


def _list_vqa_x() -> Iterator[KnownFile]:
    folders = ("images", "")
    for split, size, reasons in (
        ("train", 29_459, None),
        ("val", 1_459, 4_377),
        ("test", 1_968, 5_904),
    ):
        prepared, source = f"vqaX_{split}.json", f"{split}_exp_anno.json"
        sure = split != "train"
        yield KnownFile(("vqa-x",), split, (prepared,), read_vqa_x, folders, size, reasons, sure)
        yield KnownFile(
            ("vqa-x",),
            f"{split}, source",
            (source,),
            _read_vqa_x_beside,
            folders,
            size,
            reasons,
            sure,
        )


def _list_unified() -> Iterator[KnownFile]:
    for split, name in {
        "train": "explanation_dataset.json",
        "test": "explanation_dataset_test.json",
    }.items():
        folders = ("image_datasets", "images")
        yield KnownFile(TASKS, f"{split}, unified", (name,), read_uni_nlx, folders)
    for split in ("train", "test"):
        names = (f"corpus_images_{split}.json",)
        yield KnownFile(("captions",), split, names, _read_corpus, ("images", ""))


UNIFIED_TOTALS = {"imagenet-x": 144_000, "vqa-parax": 123_000}
"""Explanations of train and test together, from the abstract of Uni-NLX."""
