"""Patches of many pictures kept on disk, so that a frozen encoder sees each picture once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from seewhy.datasets.picture_features import PictureFeatures
from seewhy.encoders.base import split_batches
from seewhy.encoders.text_cache import find_cache_folder
from seewhy.errors import ImageReadError, MissingFileError
from seewhy.images.folders import ImageFailure
from seewhy.images.reading import as_image
from seewhy.progress import show_progress
from seewhy.rationales.vision import PatchReader
from seewhy.rationales.world_examples import draw_picture
from seewhy.training.feature_store import FeatureStore, FeatureWriter, StoreSettings
from seewhy.training.world_scenes import digest_world


def keep_patches(
    reader: PatchReader,
    names: Sequence[str],
    read: Callable[[str], Any],
    folder: str | Path,
    *,
    batch_size: int = 64,
    progress: bool = False,
) -> tuple[FeatureStore, tuple[ImageFailure, ...]]:
    """Patches of pictures in a store, in half precision; those that are there are not read again.

    Args:
        reader: reads the patches.
        names: of the pictures.
        read: gives the picture of a name.
        folder: of the store; a run that was stopped goes on there.
        batch_size: pictures in one forward pass.
        progress: whether a bar counts them.

    Returns:
        The store, and the pictures that could not be read.

    Raises:
        InvalidArgumentError: if the folder holds patches of another encoder.
    """
    failures: list[ImageFailure] = []
    width = reader.encoder.layout.width
    settings = StoreSettings(width=width, source={"patches": reader.digest})
    with FeatureWriter(folder, settings) as writer:
        wanted = [name for name in dict.fromkeys(names) if name not in writer.done]
        shown = show_progress(wanted, description="Pictures", total=len(wanted), enabled=progress)
        for batch in split_batches(_read_all(reader, shown, read, failures), batch_size):
            values, grid = reader.read([picture for _, picture in batch])
            for (name, _), rows in zip(batch, values.cpu().numpy(), strict=True):
                writer.add(PictureFeatures(name, rows, grid))
    return FeatureStore(folder), tuple(failures)


def keep_world_patches(
    reader: PatchReader, names: Sequence[str], *, progress: bool = False
) -> FeatureStore:
    """Patches of the world's pictures, in the cache; see ``world_examples.draw_picture``."""
    size = max(reader.preprocessing.size)
    key = f"{digest_world()[:16]}-{reader.digest[:16]}"
    folder = find_cache_folder() / "rationale-patches" / key
    return keep_patches(
        reader,
        names,
        lambda name: Image.fromarray(draw_picture(name, size)),
        folder,
        progress=progress,
    )[0]


def find_patch_folder(reader: PatchReader) -> Path:
    """Where the patches of photographs lie by default: in the cache, by encoder."""
    return find_cache_folder() / "rationale-patches" / reader.digest[:32]


def _read_all(
    reader: PatchReader,
    names: Iterator[str],
    read: Callable[[str], Any],
    failures: list[ImageFailure],
) -> Iterator[tuple[str, Any]]:
    """Pictures as the encoder wants them; those that cannot be read are listed."""
    for name in names:
        try:
            yield name, reader.fit(as_image(read(name)))
        except (ImageReadError, MissingFileError) as error:
            failures.append(ImageFailure(Path(name), str(error)))
