"""Features of pictures by any encoder, of scenes, or from published files, put into a store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from seewhy.datasets.captions import find_image_id
from seewhy.datasets.picture_features import PictureFeatures
from seewhy.encoders.protocols import ImageEncoder
from seewhy.encoders.text_cache import find_cache_folder
from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.images.folders import ImageFailure, ImageStream
from seewhy.progress import show_progress
from seewhy.training.feature_store import FeatureStore, FeatureWriter, StoreSettings
from seewhy.training.world_scenes import digest_world, draw_scenes

Key = TypeVar("Key")


@dataclass(frozen=True)
class ExtractionReport:
    """What became of the pictures of a run."""

    written: int
    kept: int
    """How many were there before."""
    failures: tuple[ImageFailure, ...]


def name_pictures(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Pictures with the id that the name of each file tells.

    Raises:
        InvalidArgumentError: if two files go by one id.
    """
    named: dict[str, Path] = {}
    for path in paths:
        picture = find_image_id(path.name)
        if picture in named:
            raise InvalidArgumentError(
                f"{named[picture]} and {path} both go by the id {picture!r}. Rename one of them, "
                "or write them to stores of their own."
            )
        named[picture] = path
    return list(named.items())


def extract_features(
    encoder: ImageEncoder,
    pictures: Sequence[tuple[str, Path]],
    folder: str | Path,
    *,
    half: bool = True,
    batch_size: int = 32,
    progress: bool = False,
) -> ExtractionReport:
    """Encode pictures into a store: one vector for each patch of the encoder's grid.

    A run that was stopped goes on where it was.

    Args:
        encoder: any that has a grid.
        pictures: name in the store, and file, of each.
        folder: of the store.
        half: keep values in 16 bits.
        batch_size: pictures in one forward pass.
        progress: whether a bar is shown.

    Raises:
        InvalidArgumentError: if the folder holds a store of another encoder.
        EncoderError: if the encoder has no grid.
    """
    source = {"encoder": encoder.name, "digest": encoder.digest}
    settings = StoreSettings(width=encoder.layout.width, source=source, half=half)
    with FeatureWriter(folder, settings) as writer:
        wanted = {name: path for name, path in pictures if name not in writer.done}
        names: dict[Path, list[str]] = {}  # one file may go by several names
        for name, path in wanted.items():
            names.setdefault(path, []).append(name)
        stream = ImageStream(list(names), prefetch=batch_size)
        shown = show_progress(stream, description="Features", total=len(names), enabled=progress)
        before = len(writer.done)
        for path, values, grid in _encode(encoder, shown, batch_size):
            for name in names[path]:
                writer.add(PictureFeatures(name, values, grid))
        written = len(writer.done) - before
    return ExtractionReport(written, len(pictures) - len(wanted), tuple(stream.failures))


def load_world_features(
    encoder: ImageEncoder,
    scenes: Sequence[int],
    *,
    split: str = "train",
    batch_size: int = 64,
    progress: bool = False,
) -> FeatureStore:
    """Features of scenes of the world, by ``name_scene``; kept in the cache.

    Args:
        encoder: any that has a grid.
        scenes: numbers of scenes in their split.
        split: ``train``, ``validation``, ``test`` or ``held-out``.
        batch_size: scenes in one forward pass.
        progress: whether a bar is shown.
    """
    key = f"{digest_world()[:16]}-{encoder.digest[:16]}"
    folder = find_cache_folder() / "world-features" / key / split
    source = {"encoder": encoder.name, "digest": encoder.digest, "world": digest_world()}
    size = max(encoder.preprocessing.size)
    with FeatureWriter(folder, StoreSettings(width=encoder.layout.width, source=source)) as writer:
        wanted = [number for number in scenes if name_scene(number, split) not in writer.done]
        drawn = (
            (number, Image.fromarray(image))
            for number, (image, _) in zip(wanted, draw_scenes(wanted, size, split), strict=True)
        )
        shown = show_progress(drawn, description="Scenes", total=len(wanted), enabled=progress)
        for number, values, grid in _encode(encoder, shown, batch_size):
            writer.add(PictureFeatures(name_scene(number, split), values, grid))
    return FeatureStore(folder)


def name_scene(number: int, split: str) -> str:
    """The name of a scene's picture in a store."""
    return f"{split}-{number}"


def _encode(
    encoder: ImageEncoder, pictures: Iterator[tuple[Key, Any]], batch_size: int
) -> Iterator[tuple[Key, NDArray[np.float32], tuple[int, int]]]:
    """Keys with features (patches, width) and the grid they lie on, a batch at a time."""
    while batch := list(islice(pictures, batch_size)):
        with torch.no_grad():
            found = encoder.features(encoder.preprocess([image for _, image in batch]))
        for (key, _), values in zip(batch, found.values.float().cpu(), strict=True):
            yield key, values.numpy(), found.grid


def import_features(
    features: Iterable[PictureFeatures], folder: str | Path, *, source: str, half: bool = True
) -> ExtractionReport:
    """Put features that a reader yields into a store; a run that was stopped goes on.

    Args:
        features: of one width; all with boxes, or none.
        folder: of the store.
        source: what the store says they are from.
        half: keep values in 16 bits.

    Raises:
        DataFormatError: if there are none, or values do not fit.
    """
    rest: Iterator[PictureFeatures] = iter(features)
    first = next(rest, None)
    if first is None:
        raise DataFormatError(f"{source} holds no features.")
    settings = StoreSettings(
        width=first.values.shape[1],
        source={"file": source},
        half=half,
        has_boxes=first.boxes is not None,
    )
    with FeatureWriter(folder, settings) as writer:
        before, seen = len(writer.done), 0
        for seen, each in enumerate(chain([first], rest), start=1):  # noqa: B007  counted
            writer.add(each)
        written = len(writer.done) - before
    return ExtractionReport(written, seen - written, ())
