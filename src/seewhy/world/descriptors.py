"""Short phrases that say what a class looks like, and which of them a scene bears out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.world.catalogue import (
    BACKGROUNDS,
    CLASSES,
    LIGHTS,
    SIZES,
    STYLES,
    ClassSpec,
    PartSpec,
)
from seewhy.world.grammar import with_article
from seewhy.world.phrases import (
    COVERS,
    KINDS,
    NATURES,
    class_kind,
    part_phrase,
    part_uncolored,
)
from seewhy.world.phrases import LIGHTS as LIGHT_PHRASES
from seewhy.world.phrases import PLACES as PLACE_PHRASES
from seewhy.world.phrases import SIZES as SIZE_WORDS
from seewhy.world.phrases import STYLES as STYLE_PHRASES
from seewhy.world.scene import Scene, Thing


def describe_class(name: str) -> tuple[str, ...]:
    """Phrases true of every member of a class: its parts first, then kind and nature.

    The name of the class is not among their words.

    Raises:
        UnknownNameError: if there is no such class.

    Example:
        >>> describe_class("cat")[:3]
        ('pointed ears', 'long whiskers', 'a curled tail')
    """
    if name not in CLASSES:
        raise UnknownNameError("class", name, CLASSES)
    spec = CLASSES[name]
    parts = [part_phrase(part.name, part.attributes) for part in spec.parts]
    return (*parts, *_nature_phrases(name))


def describe_scene(scene: Scene) -> frozenset[str]:
    """Every phrase of ``vocabulary()`` that is true of something in the scene."""
    phrases = {
        PLACE_PHRASES[scene.background][0],
        LIGHT_PHRASES[scene.light][0],
        STYLE_PHRASES[scene.style][0],
    }
    for thing in scene.things:
        phrases.update(_describe_thing(thing))
    return frozenset(phrases)


@cache
def vocabulary() -> tuple[str, ...]:
    """All descriptor phrases of the world, sorted."""
    phrases = {PLACE_PHRASES[place][0] for place in BACKGROUNDS}
    phrases |= {LIGHT_PHRASES[light][0] for light in LIGHTS}
    phrases |= {STYLE_PHRASES[style][0] for style in STYLES}
    for spec in CLASSES.values():
        phrases.update(_nature_phrases(spec.name), filter(None, spec.actions))
        phrases.update(phrase for part in spec.parts for phrase in _part_phrases(spec, part))
        phrases.update(_look_phrases(spec.name, (*spec.colors, *spec.patterns), SIZES))
    return tuple(sorted(phrases))


def is_true(phrase: str, scene: Scene) -> bool:
    """Whether a phrase of the vocabulary is true of a scene; articles may be left out.

    Raises:
        InvalidArgumentError: if the world has no such phrase.
    """
    return _look_up(phrase) in describe_scene(scene)


def part_of_phrase(phrase: str) -> str | None:
    """Name of the part that a phrase of the vocabulary speaks of, if it speaks of one.

    Raises:
        InvalidArgumentError: if the world has no such phrase.

    Example:
        >>> part_of_phrase("a curled tail"), part_of_phrase("in a meadow")
        ('tail', None)
    """
    return _parts_by_phrase().get(_look_up(phrase))


@cache
def _parts_by_phrase() -> dict[str, str]:
    return {
        phrase: part.name
        for spec in CLASSES.values()
        for part in spec.parts
        for phrase in _part_phrases(spec, part)
    }


@cache
def _phrases_without_article() -> dict[str, str]:
    return {_drop_article(phrase): phrase for phrase in vocabulary()}


def _look_up(phrase: str) -> str:
    """The phrase as the vocabulary has it."""
    known = _phrases_without_article()
    bare = _drop_article(phrase.strip().lower())
    if bare not in known:
        close = get_close_matches(bare, known, n=1)
        hint = f" Did you mean {known[close[0]]!r}?" if close else ""
        raise InvalidArgumentError(
            f"The world has no descriptor {phrase!r}.{hint} See vocabulary() for all of them."
        )
    return known[bare]


def _drop_article(phrase: str) -> str:
    return phrase.removeprefix("an ").removeprefix("a ")


def _describe_thing(thing: Thing) -> Iterator[str]:
    yield from _nature_phrases(thing.name)
    yield from _look_phrases(thing.name, (thing.color, thing.pattern), (thing.size,))
    if thing.action:
        yield thing.action
    for part in thing.parts:
        yield part_phrase(part.name, part.attributes)
        yield part_uncolored(thing, part)


def _part_phrases(spec: ClassSpec, part: PartSpec) -> Iterator[str]:
    """What is said of a part: as it is always, and in each of the colors it may show."""
    yield part_phrase(part.name, part.attributes)
    if part.shows_color:
        for color in spec.colors:
            yield part_phrase(part.name, (*part.attributes, color))


def _nature_phrases(name: str) -> Iterator[str]:
    """What holds of the whole, whatever its color: cover, nature and kinds."""
    if name in COVERS:
        yield COVERS[name]
    yield NATURES[name]
    yield from (with_article(kind) for kind in KINDS[CLASSES[name].family])


def _look_phrases(name: str, words: Iterable[str], sizes: Iterable[str]) -> Iterator[str]:
    """Color, pattern and size, said of the kind of thing; color and pattern of its cover."""
    words = tuple(words)
    for word in (*words, *(SIZE_WORDS[size] for size in sizes)):
        yield with_article(f"{word} {class_kind(name)}")
    if name in COVERS:
        yield from (f"{word} {COVERS[name]}" for word in words)
