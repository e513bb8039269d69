"""Captions with one flaw, and the words that repair it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from random import Random

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.world.captions import caption_scene
from seewhy.world.catalogue import CLASSES, COLORS
from seewhy.world.grammar import article, count_noun
from seewhy.world.phrases import RELATION_PHRASES, place_phrase
from seewhy.world.scene import Scene
from seewhy.world.truth import check_statement

_SMALL_WORDS = frozenset("a an the is are with in on at of and to has that by".split())
_MOST_THINGS = 5  # no wrong count is above it


@dataclass(frozen=True)
class Operation:
    """One step of a repair, at a place of the flawed caption, counted in words from 0."""

    kind: str
    """``replace``, ``insert`` (before ``start``) or ``delete``."""
    start: int
    end: int
    """Words ``start`` to ``end`` (left out) make way for ``words``."""
    words: tuple[str, ...]


@dataclass(frozen=True)
class FlawedCaption:
    """A caption with a flaw, or with none, and its repair."""

    text: str
    repaired: str
    """The caption without its flaw; ``text`` itself if there is none."""
    kind: str
    """One of ``FLAWS``."""
    operations: tuple[Operation, ...]
    """What turns ``text`` into ``repaired``; nothing for the kind ``none``."""


def flaw_caption(scene: Scene, seed: int, kind: str | None = None) -> FlawedCaption:
    """Put one flaw into a caption of the scene, or none.

    Wrong objects, colors, counts, relations and actions are false of the scene; the repaired
    caption is true. A missing or repeated word breaks the sentence only.

    Args:
        scene: what the caption is about.
        seed: decides caption and flaw, together with the scene's own.
        kind: one of ``FLAWS``; ``None`` draws one of ``possible_flaws(scene)``.

    Raises:
        UnknownNameError: if there is no such kind.
        InvalidArgumentError: if the scene allows no such flaw, as a lone house no relation.

    Example:
        >>> from seewhy.world.sampling import sample_scene
        >>> flawed = flaw_caption(sample_scene(3), seed=0, kind="repeated word")
        >>> apply_operations(flawed.text, flawed.operations) == flawed.repaired
        True
    """
    if kind is not None and kind not in FLAWS:
        raise UnknownNameError("kind of flaw", kind, FLAWS)
    generator = Random(f"flaw {seed} of {scene.seed}")
    if kind is None:
        kind = generator.choice(possible_flaws(scene))
    for caption in _bases(scene, generator, kind):
        texts = list(FLAWS[kind](caption, scene))
        if texts:
            text = generator.choice(texts)
            return FlawedCaption(text, caption, kind, find_operations(text, caption))
    raise InvalidArgumentError(
        f"Scene {scene.seed} allows no flaw of kind {kind!r}; it allows {possible_flaws(scene)}."
    )


def possible_flaws(scene: Scene) -> tuple[str, ...]:
    """The kinds of flaw a caption of this scene can have."""
    impossible = set()
    if not any(thing.action for thing in scene.things):
        impossible.add("action")
    if not scene.relations:
        impossible.add("relation")
    return tuple(kind for kind in FLAWS if kind not in impossible)


def find_operations(text: str, repaired: str) -> tuple[Operation, ...]:
    """The steps, at word level, that turn one caption into another."""
    old, new = text.split(), repaired.split()
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple(
        Operation(step, start, end, tuple(new[first:last]))
        for step, start, end, first, last in steps
        if step != "equal"
    )


def apply_operations(text: str, operations: Iterable[Operation]) -> str:
    """Carry a repair out.

    Example:
        >>> apply_operations("a red the cat", [Operation("delete", 2, 3, ())])
        'a red cat'
    """
    words = text.split()
    for step in sorted(operations, key=lambda step: step.start, reverse=True):
        words[step.start : step.end] = step.words
    return " ".join(words)


def _bases(scene: Scene, generator: Random, kind: str) -> list[str]:
    """True captions to spoil, in random order."""
    if kind == "count":
        return [_count_caption(scene, generator)]
    thing = scene.things[0]
    bases = [*caption_scene(scene), _count_caption(scene, generator)]
    generator.shuffle(bases)
    for relation in scene.relations:  # in case that no caption happens to say one
        predicate = RELATION_PHRASES[relation.predicate][0]
        subject, other = scene.things[relation.subject], scene.things[relation.object]
        bases.append(f"the {subject.color} {subject.name} is {predicate} the {other.name}")
    bases.append(f"the {thing.name} is {thing.color}")
    bases += [f"the {t.name} is {t.action}" for t in scene.things if t.action]
    return bases


def _count_caption(scene: Scene, generator: Random) -> str:
    thing = generator.choice(scene.things)
    number = sum(other.name == thing.name for other in scene.things)
    where = place_phrase(scene, thing.action, generator)
    return _state_count(number, thing.name, where)


def _state_count(number: int, name: str, where: str) -> str:
    return f"there {'is' if number == 1 else 'are'} {count_noun(number, name)} {where}"


def _wrong_counts(caption: str, scene: Scene) -> Iterable[str]:
    for name in {thing.name for thing in scene.things}:
        number = sum(thing.name == name for thing in scene.things)
        said = _state_count(number, name, "")
        if caption.startswith(said):
            where = caption.removeprefix(said)
            for wrong in range(1, _MOST_THINGS):
                if wrong != number:
                    yield _state_count(wrong, name, where)


def _wrong_objects(caption: str, scene: Scene) -> Iterable[str]:
    parts = {part.name for thing in scene.things for part in thing.parts}
    names = {thing.name for thing in scene.things} - parts
    yield from _swaps(caption, scene, names, CLASSES)


def _wrong_colors(caption: str, scene: Scene) -> Iterable[str]:
    yield from _swaps(caption, scene, COLORS, COLORS)


def _wrong_actions(caption: str, scene: Scene) -> Iterable[str]:
    actions = sorted({a for spec in CLASSES.values() for a in spec.actions if a})
    yield from _swaps(caption, scene, actions, actions)


def _wrong_relations(caption: str, scene: Scene) -> Iterable[str]:
    phrases = [phrase for said in RELATION_PHRASES.values() for phrase in said]
    longest_first = sorted(phrases, key=len, reverse=True)
    said = next((phrase for phrase in longest_first if f" {phrase} " in f"{caption} "), None)
    if said:
        yield from _swaps(caption, scene, [said], [s[0] for s in RELATION_PHRASES.values()])


def _without_a_word(caption: str, scene: Scene) -> Iterable[str]:
    words = caption.split()
    for index, word in enumerate(words):
        if word in _SMALL_WORDS:
            yield " ".join(words[:index] + words[index + 1 :])


def _with_a_word_twice(caption: str, scene: Scene) -> Iterable[str]:
    words = caption.split()
    for index, word in enumerate(words):
        yield " ".join([*words[: index + 1], word.strip(",:"), *words[index + 1 :]])


def _unchanged(caption: str, scene: Scene) -> Iterable[str]:
    yield caption


def _swaps(caption: str, scene: Scene, old: Iterable[str], new: Iterable[str]) -> Iterable[str]:
    """All captions with one of ``old`` exchanged for one of ``new`` that are false."""
    words = caption.split()
    new = sorted(set(new))
    for phrase in sorted(set(old)):
        run = phrase.split()
        for start in range(len(words) - len(run) + 1):
            found = [word.strip(",:") for word in words[start : start + len(run)]]
            if found == run:
                end = start + len(run)
                tail = words[end - 1][len(run[-1]) :]  # the comma stays
                for other in new:
                    text = _exchange(words, start, end, other + tail)
                    if other != phrase and not check_statement(text, scene).is_true:
                        yield text


def _exchange(words: Sequence[str], start: int, end: int, phrase: str) -> str:
    """Put ``phrase`` in place of some words; the article before it follows suit."""
    before = list(words[:start])
    if before and before[-1] in ("a", "an"):
        before[-1] = article(phrase)
    return " ".join([*before, phrase, *words[end:]])


FLAWS: dict[str, Callable[[str, Scene], Iterable[str]]] = {
    "object": _wrong_objects,
    "color": _wrong_colors,
    "count": _wrong_counts,
    "relation": _wrong_relations,
    "action": _wrong_actions,
    "missing word": _without_a_word,
    "repeated word": _with_a_word_twice,
    "none": _unchanged,
}
"""Every kind of flaw, with what lists the captions that have it."""
