"""How the words of the catalogue are said: kinds, covers, places, lights, styles, relations."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from random import Random

from seewhy.world.catalogue import CLASSES
from seewhy.world.grammar import join_phrases, noun_phrase, with_article
from seewhy.world.scene import Part, Scene, Thing

KINDS: dict[str, tuple[str, ...]] = {
    "pet": ("pet", "animal"),
    "wild animal": ("wild animal", "animal"),
    "bird": ("bird", "animal"),
    "sea creature": ("sea creature", "animal"),
    "vehicle": ("vehicle",),
    "building": ("building",),
    "plant": ("plant",),
}
"""What a member of each family may be called, the widest word last."""

COVERS: dict[str, str] = {
    **dict.fromkeys(("cat", "dog", "rabbit", "giraffe", "lion", "zebra"), "fur"),
    **dict.fromkeys(("duck", "owl", "parrot", "penguin"), "feathers"),
    **dict.fromkeys(("elephant", "whale", "octopus"), "skin"),
    "fish": "scales",
    **dict.fromkeys(("car", "bus", "truck", "airplane"), "paint"),
}
"""What has the color and pattern of the whole, for classes that have a word for it."""

NATURES: dict[str, str] = {
    "cat": "an animal that catches mice",
    "dog": "an animal that guards the home",
    "rabbit": "an animal that hops",
    "turtle": "an animal that moves slowly",
    "elephant": "a heavy animal",
    "giraffe": "a very tall animal",
    "lion": "an animal that hunts",
    "zebra": "an animal like a horse",
    "duck": "an animal that floats on water",
    "owl": "an animal that is awake at night",
    "parrot": "an animal of warm places",
    "penguin": "a bird that cannot fly",
    "fish": "an animal that breathes under water",
    "whale": "the largest kind of animal",
    "octopus": "an animal without bones",
    "crab": "an animal that walks sideways",
    "car": "a vehicle for a family",
    "bus": "a vehicle for many passengers",
    "truck": "a vehicle for heavy loads",
    "sailboat": "a vehicle moved by the wind",
    "airplane": "a vehicle that flies",
    "house": "a building to live in",
    "lighthouse": "a building that guides ships",
    "windmill": "a building that grinds grain",
    "castle": "a building for a king",
    "flower": "a plant that bees visit",
    "tree": "a plant with bark",
    "mushroom": "a plant of damp places",
    "cactus": "a plant of dry places",
}
"""What a class is, in words that do not name it."""

MATERIALS = ("stone", "wooden", "brick", "iron", "clay", "silver")
"""Adjectives that stand right before the noun, behind colors."""

PLACES: dict[str, tuple[str, ...]] = {
    "meadow": ("in a meadow", "in the meadow", "on the grass"),
    "beach": ("on a beach", "on the beach", "at the beach"),
    "street": ("on a street", "on the street"),
    "forest": ("in a forest", "in the forest", "in the woods"),
    "snow": ("in the snow", "on the snow"),
    "desert": ("in a desert", "in the desert"),
    "sea": ("in the sea", "at sea"),
    "sky": ("in the sky", "in the open sky"),
    "night sky": ("in the night sky", "in the starry night sky"),
    "room": ("in a room", "inside a room"),
}
LIGHTS: dict[str, tuple[str, ...]] = {
    "day": ("by day", "in daylight", "during the day"),
    "dusk": ("at dusk", "at sunset", "in the evening"),
    "night": ("at night", "in the dark"),
}
STYLES: dict[str, tuple[str, ...]] = {
    "flat": ("a flat drawing", "a flat picture"),
    "outlined": ("an outlined drawing", "an outlined picture"),
    "textured": ("a textured drawing", "a textured picture"),
}
SIZES: dict[str, str] = {"small": "small", "medium": "medium-sized", "large": "large"}
RELATION_PHRASES: dict[str, tuple[str, ...]] = {
    "left of": ("to the left of", "on the left of", "left of"),
    "right of": ("to the right of", "on the right of", "right of"),
    "above": ("above",),
    "below": ("below", "beneath"),
    "next to": ("next to", "beside"),
}
INVERSES: dict[str, str] = {
    "left of": "right of",
    "right of": "left of",
    "above": "below",
    "below": "above",
    "next to": "next to",
}


def class_kind(name: str) -> str:
    """The widest word for a class: ``animal``, ``vehicle``, ``building`` or ``plant``."""
    return KINDS[CLASSES[name].family][-1]


def place_phrase(scene: Scene, action: str, generator: Random) -> str:
    """Where something that does ``action`` is. Only what flies is *in* the night sky."""
    phrase = generator.choice(PLACES[scene.background])
    if scene.background == "night sky" and action != "flying":
        return phrase.replace("in ", "under ", 1)
    return phrase


def part_phrase(name: str, attributes: Iterable[str]) -> str:
    """A part as it is named: ``long ears``, ``a curled orange tail``, ``a gray stone tower``."""
    return noun_phrase(sorted(attributes, key=lambda word: word in MATERIALS), name)


@cache
def shown_color_parts(name: str) -> frozenset[str]:
    """Names of the parts of a class that have the color of the whole."""
    return frozenset(part.name for part in CLASSES[name].parts if part.shows_color)


def part_uncolored(thing: Thing, part: Part) -> str:
    """A part as it is named when the color it shares with the whole is not said."""
    unsaid = thing.color if part.name in shown_color_parts(thing.name) else ""
    return part_phrase(part.name, (word for word in part.attributes if word != unsaid))


def cover_phrase(thing: Thing, word: str) -> str:
    """The cover with one adjective: ``white fur``, ``striped feathers``."""
    return f"{word} {COVERS[thing.name]}"


def describe_parts(thing: Thing, generator: Random, count: int) -> str:
    """``count`` of a thing's parts, chosen at random; those of its color seldom say so."""
    return join_phrases(
        [
            part_uncolored(thing, part)
            if generator.random() < 0.7
            else part_phrase(part.name, part.attributes)
            for part in generator.sample(thing.parts, min(count, len(thing.parts)))
        ]
    )


def adjectives(thing: Thing, generator: Random, count: int) -> list[str]:
    """About ``count`` of size, pattern and color, at random, in the order English wants.

    ``plain`` is said seldom, and only of a color.
    """
    known = [SIZES[thing.size], thing.pattern, thing.color]
    offered = [0, 2] if thing.pattern == "plain" else [0, 1, 2]
    chosen = set(generator.sample(offered, min(count, len(offered))))
    if thing.pattern == "plain" and 2 in chosen and generator.random() < 0.25:
        chosen.add(1)
    return [known[index] for index in sorted(chosen)]


def name_thing(thing: Thing, generator: Random, count: int = 1, *, noun: str = "") -> str:
    """A thing with ``count`` adjectives and an article; ``noun`` instead of its class."""
    return with_article(" ".join((*adjectives(thing, generator, count), noun or thing.name)))


def name_other(scene: Scene, index: int, generator: Random, count: int = 1) -> str:
    """As ``name_thing``; with ``another`` where the main thing would be named just so."""
    thing, main = scene.things[index], scene.things[0]
    words = adjectives(thing, generator, count)
    phrase = " ".join((*words, thing.name))
    same = thing.name == main.name
    if same and {SIZES[main.size], main.color, main.pattern}.issuperset(words):
        return f"another {phrase}"
    return with_article(phrase)
