"""How alike two scenes are, and what they share: the truth behind an image pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from seewhy.world.scene import Scene, Thing

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "name": 0.25,
        "family": 0.15,
        "parts": 0.20,
        "attributes": 0.10,
        "look": 0.10,
        "action": 0.05,
        "background": 0.10,
        "light": 0.05,
    }
)
"""What each shared aspect is worth; they sum to 1."""


@dataclass(frozen=True)
class PairTruth:
    """What two scenes have in common. The main things are compared, then the surroundings."""

    score: float
    """From 0 (nothing in common) to 1 (the same in every aspect)."""
    same_class: bool
    same_family: bool
    same_background: bool
    same_light: bool
    same_action: bool
    parts: frozenset[str]
    """Names of parts that both main things have: where a similarity map should fall."""
    attributes: frozenset[tuple[str, str]]
    """(part, attribute) that hold in both."""
    colors: frozenset[str]
    """Colors of things that occur in both pictures."""
    classes: frozenset[str]
    """Classes that occur in both pictures, wherever they stand."""


def compare_scenes(a: Scene, b: Scene) -> PairTruth:
    """Compare two scenes, symmetrically.

        score = sum over aspects of weight * agreement

    Agreement is 0 or 1 for class, family, action, background and light; the Jaccard index
    for part names, for (part, attribute) pairs, and for color and pattern together.
    """
    first, second = a.things[0], b.things[0]
    parts = (_part_names(first), _part_names(second))
    attributes = (_part_attributes(first), _part_attributes(second))
    agreement = {
        "name": float(first.name == second.name),
        "family": float(first.family == second.family),
        "parts": jaccard(*parts),
        "attributes": jaccard(*attributes),
        "look": jaccard(_look(first), _look(second)),
        "action": float(first.action == second.action),
        "background": float(a.background == b.background),
        "light": float(a.light == b.light),
    }
    return PairTruth(
        score=sum(WEIGHTS[aspect] * value for aspect, value in agreement.items()),
        same_class=first.name == second.name,
        same_family=first.family == second.family,
        same_background=a.background == b.background,
        same_light=a.light == b.light,
        same_action=first.action == second.action,
        parts=parts[0] & parts[1],
        attributes=attributes[0] & attributes[1],
        colors=_all_of(a, "color") & _all_of(b, "color"),
        classes=_all_of(a, "name") & _all_of(b, "name"),
    )


def jaccard(a: frozenset[object], b: frozenset[object]) -> float:
    """Size of the intersection by size of the union; two empty sets agree wholly.

    Example:
        >>> jaccard(frozenset("abc"), frozenset("bcd"))
        0.5
    """
    return len(a & b) / len(a | b) if a | b else 1.0


def _part_names(thing: Thing) -> frozenset[str]:
    return frozenset(part.name for part in thing.parts)


def _part_attributes(thing: Thing) -> frozenset[tuple[str, str]]:
    return frozenset((part.name, word) for part in thing.parts for word in part.attributes)


def _look(thing: Thing) -> frozenset[tuple[str, str]]:
    return frozenset({("color", thing.color), ("pattern", thing.pattern)})


def _all_of(scene: Scene, field: str) -> frozenset[str]:
    return frozenset(getattr(thing, field) for thing in scene.things)
