"""Captions of drawn scenes to be edited, whose right edit is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from random import Random

from seewhy.datasets.editing_files import EditingExample
from seewhy.training.feature_extraction import name_scene
from seewhy.world.captions import caption_scene
from seewhy.world.flaws import FlawedCaption, flaw_caption, possible_flaws
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Scene

LONGEST = 18
"""Words of a caption at most, as published."""
KEPT = "none"
"""The kind of flaw of captions that must stay."""


def list_flawed(
    scene: Scene, *, seed: int = 0, kept: int = 1, longest: int = LONGEST
) -> Iterator[FlawedCaption]:
    """One caption of each kind of flaw that a scene allows, and ``kept`` without.

    Captions that are too long, before or after repair, are drawn again a few times.
    """
    further = ((KEPT, 6 * turn) for turn in range(1, kept))
    for kind, start in chain(((kind, 0) for kind in possible_flaws(scene)), further):
        for attempt in range(start, start + 6):
            found = flaw_caption(scene, seed * 100 + attempt, kind)
            if max(len(found.text.split()), len(found.repaired.split())) <= longest:
                yield found
                break


def make_editing_examples(
    scenes: Iterable[int],
    *,
    split: str = "train",
    rounds: int = 1,
    kept: int = 1,
    longest: int = LONGEST,
) -> Iterator[EditingExample]:
    """Yield flawed and right captions of scenes with the one caption each should become.

    Args:
        scenes: numbers of scenes in their split.
        split: ``train``, ``validation``, ``test`` or ``held-out``.
        rounds: captions of each kind a scene.
        kept: captions without a flaw a scene and round.
        longest: words of a caption at most.
    """
    for number in scenes:
        scene = sample_scene(number, split=split)
        for seed in range(rounds):
            for flawed in list_flawed(scene, seed=seed, kept=kept, longest=longest):
                yield EditingExample(
                    image=name_scene(number, split),
                    id=name_scene(number, split),
                    existing=tuple(flawed.text.split()),
                    captions=(tuple(flawed.repaired.split()),),
                    split=split,
                )


def make_caption_examples(
    scenes: Iterable[int], *, split: str = "train", longest: int = LONGEST
) -> Iterator[EditingExample]:
    """Yield scenes with all their captions that are not too long, and none to be edited."""
    for number in scenes:
        scene = sample_scene(number, split=split)
        words = [tuple(caption.split()) for caption in caption_scene(scene)]
        kept = [caption for caption in words if len(caption) <= longest]
        Random(f"order {scene.seed}").shuffle(kept)
        name = name_scene(number, split)
        yield EditingExample(name, name, (), tuple(kept), split)
