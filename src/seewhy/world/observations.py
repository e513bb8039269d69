"""What can be noticed about a scene: each time one truth, one lie, and reasons for the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from seewhy.world.catalogue import CLASSES, LIGHTS, PATTERNS
from seewhy.world.claims import has_part
from seewhy.world.grammar import count_noun, join_phrases, number_word, pluralize, with_article
from seewhy.world.observation import Observation, refer
from seewhy.world.phrases import (
    INVERSES,
    KINDS,
    PLACES,
    RELATION_PHRASES,
    class_kind,
    describe_parts,
    part_phrase,
    part_uncolored,
    place_phrase,
)
from seewhy.world.scene import Relation, Scene, Thing


def observe(scene: Scene, generator: Random) -> tuple[Observation, ...]:
    """All that can be noticed about a scene, in a fixed order.

    Things that cannot be told apart by name, color, pattern or size are only counted.
    """
    found = [_see_light(scene, generator)]
    for index in range(len(scene.things)):
        name = refer(scene, index)
        found.append(_see_presence(scene, index, generator))
        if name:
            found += _see_thing(scene, index, name, generator)
    found += [_see_count(scene, name, generator) for name in _class_names(scene)]
    return tuple(found)


def _class_names(scene: Scene) -> list[str]:
    return list(dict.fromkeys(thing.name for thing in scene.things))


def _other(choices: Iterable[str], truth: str, generator: Random) -> str:
    return generator.choice([choice for choice in choices if choice != truth])


def _see_thing(scene: Scene, index: int, name: str, generator: Random) -> Iterator[Observation]:
    thing = scene.things[index]
    yield _see_color(thing, index, name, generator)
    yield _see_part(scene, index, name, generator)
    if thing.pattern != "plain":
        yield _see_pattern(thing, index, name, generator)
    if thing.action:
        yield _see_action(scene, index, name, generator)
    yield _see_place(scene, index, name, generator)
    for relation in scene.relations:
        if relation.subject == index and relation.predicate != "next to":
            other = refer(scene, relation.object)
            if other:
                yield _see_relation(relation, name, other, generator)


def _see_color(thing: Thing, index: int, name: str, generator: Random) -> Observation:
    reasons = [f"it is {with_article(f'{thing.color} {thing.name}')}"]
    colored = [part for part in thing.parts if thing.color in part.attributes]
    if colored:
        part = generator.choice(colored)
        reasons.append(f"it has {part_phrase(part.name, part.attributes)}")
    lie = _other(CLASSES[thing.name].colors, thing.color, generator)
    return Observation(
        kind="color",
        thing=index,
        subject=name,
        verb="is",
        truth=thing.color,
        lie=lie,
        answer=thing.color,
        reasons=tuple(reasons),
        refutation=f"{name} is {thing.color}, not {lie}",
        open_questions=(f"what color is {name}?", f"which color does {name} have?"),
    )


def _see_pattern(thing: Thing, index: int, name: str, generator: Random) -> Observation:
    lie = _other([word for word in PATTERNS if word != "plain"], thing.pattern, generator)
    return Observation(
        kind="pattern",
        thing=index,
        subject=name,
        verb="is",
        truth=thing.pattern,
        lie=lie,
        answer=thing.pattern,
        reasons=(f"it is {with_article(f'{thing.pattern} {thing.color} {thing.name}')}",),
        refutation=f"{name} is {thing.pattern}, not {lie}",
        open_questions=(f"what pattern does {name} have?", f"which pattern is on {name}?"),
    )


def _see_part(scene: Scene, index: int, name: str, generator: Random) -> Observation:
    """Of the only animal it is asked as such: its class would give the answer away."""
    thing = scene.things[index]
    kind = class_kind(thing.name)
    alone = sum(class_kind(other.name) == kind for other in scene.things) == 1
    subject = f"the {kind}" if alone else name
    part = generator.choice(thing.parts)
    truth = part_uncolored(thing, part)
    strange = sorted(
        part_phrase(spec.name, spec.attributes)
        for other, members in ((c, CLASSES[c].parts) for c in CLASSES if class_kind(c) == kind)
        for spec in members
        if other != thing.name and not has_part(thing, spec.name, spec.attributes)
    )
    lie = generator.choice(strange)
    others = [other for other in thing.parts if other.name != part.name]
    company = part_uncolored(thing, generator.choice(others))
    return Observation(
        kind="part",
        thing=index,
        subject=subject,
        verb="has",
        truth=truth,
        lie=lie,
        answer=truth,
        reasons=(
            f"it is {with_article(thing.name)} with {truth} and {company}",
            f"you can see that {subject} has {truth}",
        ),
        refutation=f"it is {with_article(thing.name)} with {truth}, not {lie}",
    )


def _see_action(scene: Scene, index: int, name: str, generator: Random) -> Observation:
    thing = scene.things[index]
    where = place_phrase(scene, thing.action, generator)
    own = [action for action in CLASSES[thing.name].actions if action != thing.action]
    kin = [
        action
        for spec in CLASSES.values()
        if spec.family == thing.family
        for action in spec.actions
        if action not in (thing.action, "")
    ]
    lie = generator.choice(own or sorted(set(kin)))
    seen = describe_parts(thing, generator, 1)
    return Observation(
        kind="action",
        thing=index,
        subject=name,
        verb="is",
        truth=thing.action,
        lie=lie,
        answer=thing.action,
        reasons=(
            f"{with_article(f'{thing.color} {thing.name}')} is {thing.action} {where}",
            f"{with_article(thing.name)} with {seen} is {thing.action} {where}",
        ),
        refutation=f"{name} is {thing.action}, not {lie}",
        open_questions=(f"what is {name} doing?", f"what can you see {name} doing?"),
    )


def _see_place(scene: Scene, index: int, name: str, generator: Random) -> Observation:
    thing = scene.things[index]
    where = place_phrase(scene, thing.action, generator)
    homes = {place for places in CLASSES[thing.name].actions.values() for place in places}
    elsewhere = sorted(homes - {scene.background}) or sorted({*PLACES} - {scene.background})
    lie = PLACES[generator.choice(elsewhere)][0]
    doing = f"{thing.action} " if thing.action else ""
    return Observation(
        kind="place",
        thing=index,
        subject=name,
        verb="is",
        truth=where,
        lie=lie,
        answer=where,
        reasons=(
            f"the picture shows {with_article(f'{thing.color} {thing.name}')} {doing}{where}",
            f"{with_article(thing.name)} can be seen {where}",
        ),
        refutation=f"{name} is {where}, not {lie}",
        open_questions=(f"where is {name}?", f"in what place can you see {name}?"),
    )


def _see_relation(relation: Relation, name: str, other: str, generator: Random) -> Observation:
    said = RELATION_PHRASES[relation.predicate][0]
    opposite = RELATION_PHRASES[INVERSES[relation.predicate]][0]
    return Observation(
        kind="relation",
        thing=relation.subject,
        subject=name,
        verb="is",
        truth=f"{said} {other}",
        lie=f"{opposite} {other}",
        answer=name,
        reasons=(f"{other} is {opposite} {name}",),
        refutation=f"{name} is {said} {other}",
        open_questions=(f"what is {said} {other}?", f"which thing can you see {said} {other}?"),
    )


def _see_presence(scene: Scene, index: int, generator: Random) -> Observation:
    """That there is such a thing: by its class or, more widely, by its kind."""
    thing = scene.things[index]
    noun = generator.choice((thing.name, thing.name, *KINDS[thing.family]))
    present = {word for t in scene.things for word in (t.name, *KINDS[t.family])}
    same_level = list(CLASSES) if noun == thing.name else sorted({*sum(KINDS.values(), ())})
    lie = generator.choice([word for word in same_level if word not in present])
    parts = describe_parts(thing, generator, 2)
    kind = "" if noun == thing.name else f", and {with_article(thing.name)} is {with_article(noun)}"
    return Observation(
        kind="presence",
        thing=index,
        subject="there",
        verb="is",
        truth=with_article(noun),
        lie=with_article(lie),
        answer=with_article(thing.name),
        reasons=(f"{with_article(thing.name)} with {parts} can be seen{kind}",),
        refutation=f"there is {join_phrases([with_article(n) for n in _class_names(scene)])}, "
        f"but no {lie}",
        open_questions=("what is the main thing to be seen?", "what can you see best?")
        if index == 0
        else (),
    )


def _see_count(scene: Scene, name: str, generator: Random) -> Observation:
    members = [index for index, thing in enumerate(scene.things) if thing.name == name]
    number = len(members)
    wrong = generator.choice([other for other in (1, 2, 3) if other != number])
    total = _say_count(number, name)
    return Observation(
        kind="count",
        thing=members[0],
        subject="there",
        verb="is",
        truth=total,
        lie=_say_count(wrong, name),
        answer=number_word(number),
        reasons=(_count_up([scene.things[index] for index in members], total),),
        refutation=f"there {'is' if number == 1 else 'are'} {total}, not {number_word(wrong)}",
        open_questions=(
            f"how many {pluralize(name)} are there?",
            f"what is the number of {pluralize(name)}?",
        ),
    )


def _count_up(members: Sequence[Thing], total: str) -> str:
    """The members of a class by their colors, and how many that makes."""
    shades = Counter(thing.color for thing in members)
    name = members[0].name
    seen = [
        with_article(f"{shade} {name}") if number == 1 else count_noun(number, f"{shade} {name}")
        for shade, number in shades.items()
    ]
    verb = "is" if shades[members[0].color] == 1 else "are"
    if len(shades) == 1 and len(members) > 1:
        return f"there {verb} {seen[0]}"
    return f"there {verb} {join_phrases(seen)}, {total} in all"


def _say_count(number: int, name: str) -> str:
    return f"{'only ' if number == 1 else ''}{count_noun(number, name)}"


def _see_light(scene: Scene, generator: Random) -> Observation:
    thing = scene.things[0]
    where = place_phrase(scene, thing.action, generator)
    said = {"day": " by day", "dusk": " at dusk", "night": " at night"}[scene.light]
    dark = "" if scene.background == "night sky" else said
    lie = _other(LIGHTS, scene.light, generator)
    return Observation(
        kind="light",
        thing=0,
        subject="it",
        verb="is",
        truth=scene.light,
        lie=lie,
        answer=scene.light,
        reasons=(f"the picture shows {with_article(thing.name)} {where}{dark}",),
        refutation=f"it is {scene.light}, not {lie}",
        open_questions=("is it day, dusk or night?", "what time of day is it?"),
    )
