"""A little knowledge that no picture shows: what things eat, need, are for, and are called."""

from __future__ import annotations

from dataclasses import dataclass

from seewhy.world.grammar import pluralize


@dataclass(frozen=True)
class FactKind:
    """One sort of knowledge: how it is asked for and how it is said."""

    question: str
    """With ``{noun}`` where the thing stands."""
    sentence: str
    """With ``{plural}``, the class in the plural, and ``{answer}``."""
    answers: dict[str, str]
    """What is true of each class that has such a fact."""

    def state(self, name: str, answer: str) -> str:
        """The sentence that says ``answer`` of a class, whether it is true or not."""
        return self.sentence.format(plural=pluralize(name), answer=answer)


_FOOD = {
    "cat": "mice",
    "dog": "bones",
    "rabbit": "carrots",
    "turtle": "lettuce",
    "elephant": "leaves",
    "giraffe": "leaves",
    "lion": "meat",
    "zebra": "grass",
    "duck": "bread",
    "owl": "mice",
    "parrot": "seeds",
    "penguin": "herring",
    "fish": "worms",
    "whale": "krill",
    "octopus": "shrimps",
    "crab": "worms",
}
_YOUNG = {
    "cat": "kittens",
    "dog": "puppies",
    "rabbit": "kits",
    "turtle": "hatchlings",
    "elephant": "calves",
    "giraffe": "calves",
    "lion": "cubs",
    "zebra": "foals",
    "duck": "ducklings",
    "owl": "owlets",
    "parrot": "chicks",
    "penguin": "chicks",
    "fish": "fry",
    "whale": "calves",
}
_STEERED = {
    "car": "drivers",
    "bus": "drivers",
    "truck": "drivers",
    "sailboat": "sailors",
    "airplane": "pilots",
}
_INHABITED = {
    "house": "families",
    "lighthouse": "keepers",
    "windmill": "millers",
    "castle": "kings",
}
_NEEDED = {
    "flower": "sunlight",
    "tree": "rain",
    "mushroom": "damp soil",
    "cactus": "hot weather",
}
_VISITED = {"flower": "bees", "tree": "songbirds", "mushroom": "snails", "cactus": "lizards"}

FACTS: dict[str, FactKind] = {
    "food": FactKind("what could this {noun} eat?", "{plural} eat {answer}", _FOOD),
    "young": FactKind(
        "what are the young of this {noun} called?", "young {plural} are called {answer}", _YOUNG
    ),
    "steered": FactKind("who could steer this {noun}?", "{answer} steer {plural}", _STEERED),
    "inhabited": FactKind(
        "who could live in this {noun}?", "{answer} live in {plural}", _INHABITED
    ),
    "needed": FactKind(
        "what does this {noun} need most?", "{plural} need {answer} most of all", _NEEDED
    ),
    "visited": FactKind("who could visit this {noun}?", "{answer} visit {plural}", _VISITED),
}
"""Every sort of fact, by a name of our own."""
