"""One thing that can be noticed about a scene, and how things are told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from seewhy.world.phrases import SIZES
from seewhy.world.scene import Scene


@dataclass(frozen=True)
class Observation:
    """``subject verb truth`` is true of the scene, and ``subject verb lie`` is false.

    Truth and lie are worded alike, and where the catalogue allows, either could be true of
    such a thing: the words alone do not tell which is which.
    """

    kind: str
    """``action``, ``color``, ``pattern``, ``place``, ``part``, ``presence``, ``relation``,
    ``count`` or ``light``."""
    thing: int
    """Index of the thing it is about, which ``it`` means in the reasons."""
    subject: str
    verb: str
    truth: str
    lie: str
    answer: str
    """What one would say if asked for it: ``orange``, ``two``, ``the dog``."""
    reasons: tuple[str, ...]
    """Why the truth is true."""
    refutation: str
    """Why the lie is a lie."""
    open_questions: tuple[str, ...] = ()
    """Questions that ``answer`` answers, in several wordings."""

    def state(self, value: str) -> str:
        """The statement with ``truth`` or ``lie`` in it."""
        return f"{self.subject} {self._verb_for(value)} {value}"

    def ask(self, value: str) -> str:
        """The statement turned into a question to be answered by yes or no."""
        if self.verb == "has":
            return f"does {self.subject} have {value}?"
        return f"{self._verb_for(value)} {self.subject} {value}?"

    def _verb_for(self, value: str) -> str:
        return "are" if self.kind == "count" and not value.startswith("only") else self.verb


def draw_observation(seen: Sequence[Observation], generator: Random) -> Observation:
    """One of the observations: every kind that is there is as likely as any other."""
    kind = generator.choice(sorted({observation.kind for observation in seen}))
    return generator.choice([observation for observation in seen if observation.kind == kind])


def refer(scene: Scene, index: int) -> str:
    """A definite name that fits this thing only; empty if there is none."""
    thing = scene.things[index]
    twins = [t for i, t in enumerate(scene.things) if i != index and t.name == thing.name]
    if not twins:
        return f"the {thing.name}"
    for field in ("color", "pattern", "size"):
        word = getattr(thing, field)
        if word != "plain" and all(word != getattr(twin, field) for twin in twins):
            return f"the {SIZES.get(word, word)} {thing.name}"
    return ""
