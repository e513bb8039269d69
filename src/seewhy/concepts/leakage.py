"""Descriptors that give the class away by naming it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

Leakage = Literal["none", "own", "any"]


def names_class(descriptor: str, name: str) -> bool:
    """Whether a descriptor contains a class name as a word, also in the plural.

    Example:
        >>> names_class("a cat's ears", "cat"), names_class("foxes at night", "fox")
        (True, True)
        >>> names_class("a category", "cat")
        False
    """
    words = re.escape(name.strip().lower()).replace(r"\ ", r"[\s-]+")
    return bool(words) and re.search(rf"\b{words}(?:s|es)?\b", descriptor.lower()) is not None


def filter_leakage(
    descriptors: Sequence[str],
    classes: Iterable[str],
    *,
    leakage: Leakage,
    sources: Mapping[str, Iterable[str]] | None = None,
) -> list[str]:
    """Leave out descriptors that name a class.

    Args:
        descriptors: to choose from.
        classes: names that must not occur.
        leakage: ``none`` keeps all; ``any`` leaves out what names any class; ``own`` leaves out
            what names the class it was written for.
        sources: classes each descriptor was written for; without, ``own`` is ``any``.

    Returns:
        What is left, in order.
    """
    if leakage == "none":
        return list(descriptors)
    names = list(classes)
    kept = []
    for descriptor in descriptors:
        own = sources.get(descriptor) if sources is not None and leakage == "own" else None
        if not any(names_class(descriptor, name) for name in (names if own is None else own)):
            kept.append(descriptor)
    return kept
