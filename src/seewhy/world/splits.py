"""Which scenes belong to which split, and what none but the last may show."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.world.catalogue import CLASSES

SPLITS = ("train", "validation", "test", "held-out")
HELD_OUT_PERCENT = 8


def scene_seed(seed: int, split: str) -> int:
    """The seed of a scene's own: no two splits share one.

    Raises:
        UnknownNameError: if there is no such split.
        InvalidArgumentError: if ``seed`` is negative.
    """
    if split not in SPLITS:
        raise UnknownNameError("split", split, SPLITS)
    if seed < 0:
        raise InvalidArgumentError(f"A scene's seed must not be negative, got {seed}.")
    return seed * len(SPLITS) + SPLITS.index(split)


def is_held_out(name: str, color: str, pattern: str) -> bool:
    """Whether things of this look are shown by the split ``held-out`` only.

    About 8 % of all looks are; which, is fixed for good.
    """
    return zlib.crc32(f"{name} {color} {pattern}".encode()) % 100 < HELD_OUT_PERCENT


def list_looks(name: str, *, held_out: bool) -> list[tuple[str, str]]:
    """The colors and patterns in which a class may be shown."""
    spec = CLASSES[name]
    looks: Iterable[tuple[str, str]] = ((c, p) for c in spec.colors for p in spec.patterns)
    return [(c, p) for c, p in looks if is_held_out(name, c, p) == held_out]
