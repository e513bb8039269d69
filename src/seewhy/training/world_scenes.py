"""Scenes of the small world as training pictures: drawn once, kept on disk as bytes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from seewhy.encoders.text_cache import find_cache_folder
from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.progress import show_progress
from seewhy.training.datasets import CaptionedImages
from seewhy.world.captions import caption_scene
from seewhy.world.catalogue import CLASSES
from seewhy.world.descriptors import describe_scene
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.grammar import join_phrases, with_article
from seewhy.world.sampling import sample_scene
from seewhy.world.splits import SPLITS

SHARD = 500
"""Scenes in one file of the cache."""


@dataclass(frozen=True)
class SceneTexts:
    """What training wants to know of one scene."""

    seed: int
    name: str
    """Class of the main thing."""
    families: tuple[str, ...]
    """Family of each thing in the picture."""
    captions: tuple[str, ...]
    phrases: tuple[str, ...]
    """Short descriptor phrases that are true of it, sorted."""


def load_world(
    scenes: int,
    *,
    size: int,
    split: str = "train",
    without: Sequence[str] = (),
    progress: bool = False,
) -> CaptionedImages:
    """The first scenes of a split of the world, each with all texts it is trained with.

    Drawn scenes are kept in the cache (``text_cache.find_cache_folder``), in a folder
    named after the world's digest, so that a changed world is drawn anew.

    Args:
        scenes: how many, before any are left out.
        size: height and width, in pixels.
        split: ``train``, ``validation``, ``test`` or ``held-out``.
        without: families; scenes in which a member appears are left out.
        progress: show a progress bar where there is a terminal.

    Raises:
        InvalidArgumentError: if nothing would be left.
        UnknownNameError: if there is no such family.
    """
    families = {spec.family for spec in CLASSES.values()}
    for family in without:
        if family not in families:
            raise UnknownNameError("family", family, families)
    images, texts = [], []
    for start in show_progress(range(0, scenes, SHARD), description="Scenes", enabled=progress):
        shard_images, shard_texts = load_shard(start // SHARD, size=size, split=split)
        kept = [
            i
            for i, text in enumerate(shard_texts[: scenes - start])
            if not set(without) & set(text.families)
        ]
        images.append(shard_images[kept])
        texts += [shard_texts[i] for i in kept]
    if not texts:
        raise InvalidArgumentError(f"No scenes are left of {scenes} without {list(without)}.")
    captions = tuple(write_texts(text) for text in texts)
    return CaptionedImages(np.concatenate(images), captions, tuple(text.name for text in texts))


def write_texts(texts: SceneTexts) -> tuple[str, ...]:
    """All texts a scene is trained with: its captions, its class, and what can be seen in it.

    The captions come first. Beside them, a model has to understand the short prompts that
    explanations and zero-shot classification are made of.
    """
    generator = np.random.default_rng([texts.seed, 0x7E57])
    order = generator.permutation(len(texts.phrases))
    phrases = [texts.phrases[i] for i in order]
    return (
        *texts.captions,
        f"a picture of a {texts.name}",
        with_article(texts.name),
        f"a photo showing {phrases[0]}",
        f"a picture with {join_phrases(phrases[1:3])}",
        join_phrases(phrases[3:6]),
    )


def load_shard(number: int, *, size: int, split: str) -> tuple[NDArray[np.uint8], list[SceneTexts]]:
    """Scenes ``number * SHARD`` and following, drawn now or read from the cache.

    Returns:
        Pictures (SHARD, size, size, 3) and their texts.
    """
    folder = find_cache_folder() / "world" / digest_world()[:16]
    path = folder / f"{split}-{size}-{number:04d}.npz"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        seeds = range(number * SHARD, (number + 1) * SHARD)
        images, texts = zip(*draw_scenes(seeds, size, split), strict=True)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        with partial.open("wb") as file:
            np.savez(file, images=np.stack(images), texts=json.dumps([asdict(t) for t in texts]))
        partial.replace(path)
    with np.load(path, allow_pickle=False) as arrays:
        texts = [_thaw(values) for values in json.loads(str(arrays["texts"]))]
        return arrays["images"], texts


def draw_scenes(
    seeds: Sequence[int], size: int, split: str
) -> Iterator[tuple[NDArray[np.uint8], SceneTexts]]:
    """Draw scenes of a split and write down what is true of them."""
    for seed in seeds:
        scene = sample_scene(seed, split=split)
        texts = SceneTexts(
            seed=scene.seed,
            name=scene.things[0].name,
            families=tuple(thing.family for thing in scene.things),
            captions=caption_scene(scene),
            phrases=tuple(sorted(describe_scene(scene))),
        )
        yield draw_scene(scene, size, masks=False).image, texts


@cache
def digest_world() -> str:
    """SHA-256 over pictures and texts of a few scenes of each split.

    Whatever changes how scenes are drawn or spoken of is all but sure to change it.
    """
    digest = hashlib.sha256()
    for split in SPLITS:
        for image, texts in draw_scenes(range(8), 64, split):
            digest.update(image.tobytes())
            digest.update(json.dumps(asdict(texts)).encode())
    return digest.hexdigest()


def _thaw(values: dict[str, object]) -> SceneTexts:
    """A scene's texts as they were before JSON made lists of them."""
    return SceneTexts(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})  # pyright: ignore[reportArgumentType]
