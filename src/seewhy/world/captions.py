"""Five captions of one scene, from a few words to all that is to be seen."""

from __future__ import annotations

from random import Random

from seewhy.world.grammar import be, with_article
from seewhy.world.phrases import (
    COVERS,
    KINDS,
    LIGHTS,
    NATURES,
    RELATION_PHRASES,
    STYLES,
    cover_phrase,
    describe_parts,
    name_other,
    name_thing,
    place_phrase,
)
from seewhy.world.scene import Scene


def caption_scene(scene: Scene) -> tuple[str, str, str, str, str]:
    """Five different captions of a scene, the same ones each time.

    The first is brief, the second names parts, the third the kind of thing, the fourth what
    else is there, the fifth everything. Together, the captions of many scenes say every word
    of the catalogue. They are true of the scene, lower-case, and end without a full stop.

    Example:
        >>> from seewhy.world.sampling import sample_scene
        >>> len(set(caption_scene(sample_scene(0))))
        5
    """
    generator = Random(f"captions of {scene.seed}")
    return (
        _brief(scene, generator),
        _with_parts(scene, generator),
        _with_kind(scene, generator),
        _with_surroundings(scene, generator),
        _in_full(scene, generator),
    )


def light_phrase(scene: Scene, generator: Random) -> str:
    """When it is, with a blank before it; nothing under a night sky, which has said it."""
    if scene.background == "night sky":
        return ""
    return f" {generator.choice(LIGHTS[scene.light])}"


def _doing(scene: Scene, generator: Random) -> str:
    """What the main thing does and where: ``sleeping in a meadow``."""
    action = scene.things[0].action
    return f"{action} {place_phrase(scene, action, generator)}".strip()


def _brief(scene: Scene, generator: Random) -> str:
    name = name_thing(scene.things[0], generator, generator.choice((0, 1, 1, 2)))
    return f"{name} {_doing(scene, generator)}"


def _with_parts(scene: Scene, generator: Random) -> str:
    thing = scene.things[0]
    name = name_thing(thing, generator, generator.choice((0, 1, 2)))
    parts = describe_parts(thing, generator, generator.choice((1, 2, 2, 3)))
    forms = [
        f"{name} with {parts}",
        f"{name} that has {parts}",
        f"{name} with {parts} is {_doing(scene, generator)}",
        f"{parts} {'belong' if _are_several(parts) else 'belongs'} to {name}",
    ]
    if thing.name in COVERS:
        word = generator.choice((thing.color, thing.pattern))
        some = describe_parts(thing, generator, 1)
        forms.append(f"{with_article(thing.name)} with {cover_phrase(thing, word)} and {some}")
    return generator.choice(forms)


def _are_several(parts: str) -> bool:
    return " and " in parts or be(parts) == "are"


def _with_kind(scene: Scene, generator: Random) -> str:
    thing = scene.things[0]
    kind = generator.choice(KINDS[thing.family])
    named = name_thing(thing, generator, generator.choice((1, 1, 2)), noun=kind)
    doing = _doing(scene, generator)
    parts = describe_parts(thing, generator, 2)
    forms = (
        f"{named} with {parts} {place_phrase(scene, thing.action, generator)}",
        f"{with_article(thing.name)} is {with_article(kind)}, and this one has {parts}",
        f"{NATURES[thing.name]}: {name_thing(thing, generator)} {doing}",
        f"{named}, {with_article(thing.name)}, {doing}",
        f"{named} {doing}: it is {with_article(thing.name)}",
    )
    return generator.choice(forms)


def _with_surroundings(scene: Scene, generator: Random) -> str:
    thing = scene.things[0]
    name = name_thing(thing, generator)
    where = place_phrase(scene, thing.action, generator)
    relations = [relation for relation in scene.relations if relation.subject == 0]
    if relations and generator.random() < 0.8:
        relation = generator.choice(relations)
        predicate = generator.choice(RELATION_PHRASES[relation.predicate])
        other = name_other(scene, relation.object, generator, generator.choice((0, 1, 1, 2)))
        return generator.choice(
            (
                f"{name} is {predicate} {other}",
                f"{name} {predicate} {other} {where}",
                f"there is {name} {predicate} {other}",
            )
        )
    light = light_phrase(scene, generator)
    return generator.choice(
        (
            f"there is {name} {where}{light}",
            f"{where}{light}, you can see {name}",
            f"this is {with_article(thing.name)} {_doing(scene, generator)}{light}",
        )
    )


def _in_full(scene: Scene, generator: Random) -> str:
    thing = scene.things[0]
    style = generator.choice(STYLES[scene.style])
    name = name_thing(thing, generator, generator.choice((2, 3)))
    parts = describe_parts(thing, generator, generator.choice((2, 3, 4)))
    doing = _doing(scene, generator) + light_phrase(scene, generator)
    others = [
        f"{generator.choice(RELATION_PHRASES[relation.predicate])} "
        f"{name_other(scene, relation.object, generator, 2)}"
        for relation in scene.relations
        if relation.subject == 0
    ]
    other = f", {generator.choice(others)}" if others else ""
    return f"{style} of {name} with {parts}, {doing}{other}"
