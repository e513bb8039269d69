"""Scenes drawn by lot, the same from the same seed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.world.catalogue import (
    BACKGROUNDS,
    CLASSES,
    PERCHED,
    PERCHING,
    SIZES,
    STYLES,
    UNDER_WATER,
    ClassSpec,
    shape_of,
)
from seewhy.world.scene import Part, Relation, Scene, Thing
from seewhy.world.splits import list_looks, scene_seed

MAX_THINGS = 3
_THINGS = (0.5, 0.33, 0.17)  # how often a scene has one, two, three
_SAME_CLASS = 0.25  # how often a further thing is of the class of the first
_SIZE_FACTOR = {"small": 0.78, "medium": 0.93, "large": 1.08}
_COMPANY_AREA = 0.55  # how large a further thing may be, as a share of the main thing's area
_SHARES = {1: [1.0], 2: [0.58, 0.42], 3: [0.46, 0.27, 0.27]}  # of the width, the main thing first
_MARGIN = 0.54  # of a thing's width, from its center to the edge of the picture at least
_APART = 0.12  # how far centers must lie apart for one to be above or beside the other


def sample_scene(
    seed: int,
    *,
    split: str = "train",
    classes: Collection[str] | None = None,
    max_things: int = MAX_THINGS,
) -> Scene:
    """Draw a scene by lot.

    Args:
        seed: from 0 up; the same seed gives the same scene.
        split: ``train``, ``validation``, ``test`` or ``held-out``. The main thing of a held-out
            scene has a look (class, color and pattern together) that no other split shows.
        classes: classes to choose from; ``None`` for all.
        max_things: 1 to 3 things in the scene.

    Raises:
        UnknownNameError: if a class or the split does not exist.
        InvalidArgumentError: if ``seed`` or ``max_things`` is out of range, or none of the
            classes has a look that is held out, where such are asked for.
    """
    if not 1 <= max_things <= MAX_THINGS:
        raise InvalidArgumentError(f"max_things must be 1 to {MAX_THINGS}, got {max_things}.")
    number = scene_seed(seed, split)
    generator = np.random.default_rng([number, 0x5EE])
    held_out = split == "held-out"
    names = _check_names(classes)
    main = _pick(generator, _names_with_looks(names, held_out=held_out))
    action, background = _pick_action(generator, CLASSES[main])
    count = min(max_things, 1 + int(generator.choice(MAX_THINGS, p=_THINGS)))
    company = _pick_company(generator, main, names, background, count - 1)
    things = [
        _make_thing(generator, main, action, held_out=held_out),
        *(
            _make_thing(generator, name, _action_in(generator, name, background))
            for name in company
        ),
    ]
    things = _place(generator, things, background)
    return Scene(
        seed=number,
        things=tuple(things),
        relations=tuple(find_relations(things)),
        background=background,
        style=_pick(generator, STYLES),
        light=_pick(generator, BACKGROUNDS[background]),
    )


def find_relations(things: Sequence[Thing]) -> list[Relation]:
    """All relations that hold between things, from where they are."""
    found = []
    for i, first in enumerate(things):
        for j, second in enumerate(things):
            if i == j:
                continue
            dx, dy = second.center[0] - first.center[0], second.center[1] - first.center[1]
            if dx > _APART and abs(dx) > abs(dy):
                found.append(Relation(i, "left of", j))
            elif -dx > _APART and abs(dx) > abs(dy):
                found.append(Relation(i, "right of", j))
            elif dy > _APART:
                found.append(Relation(i, "above", j))
            elif -dy > _APART:
                found.append(Relation(i, "below", j))
            if abs(dx) < 0.45 and abs(dy) < 0.2:
                found.append(Relation(i, "next to", j))
    return found


def _check_names(classes: Collection[str] | None) -> list[str]:
    """The classes to choose from, in the order of the catalogue."""
    for name in classes or ():
        if name not in CLASSES:
            raise UnknownNameError("class", name, CLASSES)
    return [name for name in CLASSES if classes is None or name in classes]


def _names_with_looks(names: list[str], *, held_out: bool) -> list[str]:
    """Those of the classes that can be shown as the main thing."""
    shown = [name for name in names if list_looks(name, held_out=held_out)]
    if not shown:
        kind = "a held-out look" if held_out else "a look that is not held out"
        raise InvalidArgumentError(
            f"classes must hold one with {kind}, got {names}. Give more classes, or None for all."
        )
    return shown


def _pick(generator: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(generator.integers(len(choices)))]


def _pick_action(generator: np.random.Generator, spec: ClassSpec) -> tuple[str, str]:
    action = _pick(generator, list(spec.actions))
    return action, _pick(generator, spec.actions[action])


def _action_in(generator: np.random.Generator, name: str, background: str) -> str:
    actions = CLASSES[name].actions
    return _pick(generator, [a for a, places in actions.items() if background in places])


def _pick_company(
    generator: np.random.Generator, main: str, names: list[str], background: str, count: int
) -> list[str]:
    at_home = [
        name
        for name in names
        if any(background in places for places in CLASSES[name].actions.values())
    ]
    return [
        main if generator.random() < _SAME_CLASS else _pick(generator, at_home)
        for _ in range(count)
    ]


def _make_thing(
    generator: np.random.Generator, name: str, action: str, *, held_out: bool = False
) -> Thing:
    spec = CLASSES[name]
    looks = list_looks(name, held_out=held_out)
    color, pattern = looks[int(generator.integers(len(looks)))]
    size = _pick(generator, SIZES)
    parts = tuple(
        Part(part.name, (*part.attributes, color) if part.shows_color else part.attributes)
        for part in spec.parts
    )
    tall, _ = shape_of(name, action)
    scale = float(generator.uniform(*spec.scale)) * _SIZE_FACTOR[size] * tall
    return Thing(name, spec.family, color, pattern, size, action, parts, (0.5, 0.5), scale)


def _place(generator: np.random.Generator, things: list[Thing], background: str) -> list[Thing]:
    """Give each thing a column of the picture, the main one the widest, and a height to fit."""
    shares = _SHARES[len(things)]
    order = generator.permutation(len(things))
    scales = _fit(things, shares)
    left, placed = 0.0, list(things)
    for index in order:
        thing, share, scale = things[index], shares[index], scales[index]
        width = scale * shape_of(thing.name, thing.action)[1]
        slack = max(share - width, 0.0)
        x = left + share / 2 + float(generator.uniform(-0.4, 0.4)) * slack
        x = min(max(x, width * _MARGIN), 1 - width * _MARGIN)
        y = _height_of(generator, thing, scale, background)
        placed[index] = replace(thing, center=(round(x, 4), round(y, 4)), scale=round(scale, 4))
        left += share
    return placed


def _fit(things: Sequence[Thing], shares: Sequence[float]) -> list[float]:
    """Heights that fit each thing's share of the width; nothing outgrows the main thing."""
    aspects = [shape_of(thing.name, thing.action)[1] for thing in things]
    rooms = [0.94 * share if len(things) > 1 else 0.92 for share in shares]
    scales = [
        min(thing.scale, room / aspect, 0.9)
        for thing, room, aspect in zip(things, rooms, aspects, strict=True)
    ]
    area = _COMPANY_AREA * scales[0] ** 2 * aspects[0]
    company = zip(scales[1:], aspects[1:], strict=True)
    return [scales[0], *(min(scale, (area / aspect) ** 0.5) for scale, aspect in company)]


def _height_of(
    generator: np.random.Generator, thing: Thing, scale: float, background: str
) -> float:
    """Center of a thing from above: on the ground, in the air, or in the water."""
    half = scale / 2
    if thing.action == "flying":
        lowest = max(0.62 - half, half + 0.04)
        return float(generator.uniform(half + 0.03, max(lowest, half + 0.05)))
    if background == "sea":
        return _height_at_sea(generator, thing, half)
    if thing.name in PERCHING and background in PERCHED:
        return max(float(generator.uniform(0.74, 0.84)) - half, half + 0.03)
    bottom = float(generator.uniform(0.84, 0.94))
    lift = 0.1 if thing.action == "jumping" else 0.0
    return max(bottom - half - lift, half + 0.02)


def _height_at_sea(generator: np.random.Generator, thing: Thing, half: float) -> float:
    """Out of the water, on it, or under it."""
    if thing.action == "jumping":
        low, high = half + 0.04, 0.66 - half
    elif thing.name in UNDER_WATER:
        low, high = 0.34 + half, 0.95 - half
    else:
        low, high = 0.74 - half, 0.86 - half
    low = max(min(low, high), half + 0.03)
    return float(generator.uniform(low, max(low, high)))
