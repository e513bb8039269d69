"""How a dual encoder for photographs does on photographs it has never seen."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.dual_encoder import DualEncoderModel
from seewhy.encoders.mini import wrap_dual_encoder
from seewhy.errors import DataFormatError, MissingFileError
from seewhy.training.caption_folders import load_folder
from seewhy.training.dual_encoder import CLASS_PROMPT, Validation, embed_texts, score
from seewhy.training.evaluation import zero_shot_accuracy

CIFAR10_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
CIFAR10_PER_CLASS = 200


@dataclass(frozen=True)
class LabeledPhotographs:
    """Photographs, each of one class."""

    images: Sequence[Path | Image.Image]
    labels: tuple[int, ...]
    """Number of each photograph's class."""
    classes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PhotoJudges:
    """Where the photographs lie that a model is judged by; ``None`` leaves a score out."""

    folder: str
    """Photographs of the captions file."""
    captions: str
    """Captions file with a split ``test``."""
    cifar10: Path | None = None
    """See ``read_cifar10``."""
    imagenet: Path | None = None
    """See ``read_imagenet_sample``."""


def read_cifar10(path: Path, *, per_class: int = CIFAR10_PER_CLASS) -> LabeledPhotographs:
    """The first test pictures of each class, from an archive of JPEGs.

    Args:
        path: a NumPy archive with ``test_jpeg`` (all files one after another, bytes),
            ``test_offset`` (where each begins, and the end) and ``test_label``.
        per_class: pictures of each class at most.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it lacks one of the three.
    """
    if not path.is_file():
        raise MissingFileError(f"No CIFAR-10 archive at {path}.")
    with np.load(path, allow_pickle=False) as archive:
        missing = {"test_jpeg", "test_offset", "test_label"} - set(archive.files)
        if missing:
            raise DataFormatError(f"{path} lacks {', '.join(sorted(missing))}.")
        content, offsets = archive["test_jpeg"], archive["test_offset"]
        labels = archive["test_label"].astype(int)
    chosen = np.sort(np.concatenate([np.flatnonzero(labels == c)[:per_class] for c in range(10)]))
    images = [
        Image.open(io.BytesIO(content[offsets[i] : offsets[i + 1]].tobytes())).convert("RGB")
        for i in chosen
    ]
    return LabeledPhotographs(images, tuple(labels[chosen].tolist()), CIFAR10_CLASSES)


def read_imagenet_sample(folder: Path) -> LabeledPhotographs:
    """Photographs of ImageNet's classes, listed in ``labels.csv``.

    Args:
        folder: with ``labels.csv``, of which the columns ``class_index``, ``file`` and
            ``clip_name`` are read; every class from 0 on has at least one line.

    Raises:
        MissingFileError: if there is no list.
        DataFormatError: if it lacks a column, or a class.
    """
    path = folder / "labels.csv"
    if not path.is_file():
        raise MissingFileError(f"No list of photographs at {path}.")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        names = {int(row["class_index"]): row["clip_name"] for row in rows}
        images = [folder / row["file"] for row in rows]
        labels = tuple(int(row["class_index"]) for row in rows)
    except (KeyError, ValueError, TypeError) as error:
        raise DataFormatError(f"{path} cannot be read: {error!r}.") from error
    if sorted(names) != list(range(len(names))) or not names:
        raise DataFormatError(f"{path} must name the classes 0, 1, 2, ..., got {len(names)}.")
    return LabeledPhotographs(images, labels, tuple(names[i] for i in range(len(names))))


def score_on_photographs(
    model: DualEncoderModel, tokenizer: Tokenizer, judges: PhotoJudges, *, size: int
) -> dict[str, float]:
    """Retrieval over the split ``test`` with all captions, and zero-shot where asked for.

    Args:
        model: in evaluation mode.
        tokenizer: its own.
        judges: what it is judged by.
        size: height and width the test photographs are read at, in pixels.

    Returns:
        Recall at 1, 5 and 10 both ways, ``CIFAR-10 zero-shot`` and
        ``ImageNet zero-shot top-5``; from 0 to 1.
    """
    test = load_folder(judges.folder, judges.captions, size=size, split="test")
    every = max(len(captions) for captions in test.captions)
    scores = score(model, tokenizer, Validation(test, captions_per_image=every))
    if judges.cifar10 is not None:
        photographs = read_cifar10(judges.cifar10)
        scores["CIFAR-10 zero-shot"] = classify_photographs(model, tokenizer, photographs)
    if judges.imagenet is not None:
        photographs = read_imagenet_sample(judges.imagenet)
        accuracy = classify_photographs(model, tokenizer, photographs, top=5)
        scores["ImageNet zero-shot top-5"] = accuracy
    return scores


def classify_photographs(
    model: DualEncoderModel, tokenizer: Tokenizer, photographs: LabeledPhotographs, *, top: int = 1
) -> float:
    """Share of photographs whose class is among the ``top`` nearest, with one prompt a class."""
    encoder: TorchImageEncoder = wrap_dual_encoder(model, tokenizer, name="judged")
    images = encoder.encode_images(photographs.images, batch_size=128)
    prompts = [CLASS_PROMPT.format(name) for name in photographs.classes]
    classes = embed_texts(model, tokenizer, prompts)
    return zero_shot_accuracy(images.cpu(), classes, torch.tensor(photographs.labels), top=top)
