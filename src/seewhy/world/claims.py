"""Claims about a scene, one at a time, each held against the scene graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from seewhy.world.phrases import COVERS, INVERSES
from seewhy.world.scene import Relation, Scene, Thing


@dataclass(frozen=True)
class Claim:
    """One thing a sentence says, and whether it is so."""

    text: str
    kind: str
    """``existence``, ``count``, ``kind``, ``look``, ``part``, ``action``, ``relation``,
    ``place``, ``light``, ``style`` or ``fact``."""
    is_true: bool


@dataclass
class Mention:
    """What a noun may stand for: indices of things, narrowed by all that is said of it."""

    things: set[int]


@dataclass
class ClaimSheet:
    """The claims made so far about one scene.

    A claim about a mention is true if some of its things bear it out, and a negated one if
    some do not; the mention then stands for those only. A false claim leaves it as it was.
    """

    scene: Scene
    claims: list[Claim] = field(default_factory=list)

    def add(self, text: str, kind: str, holds: bool, *, negated: bool = False) -> None:
        """Note a claim about the whole picture, turned around if it is negated."""
        said = f"not {text}" if negated else text
        self.claims.append(Claim(said, kind, holds != negated))

    def narrow(
        self, mention: Mention, found: set[int], text: str, kind: str, *, negated: bool = False
    ) -> None:
        """Note a claim about a mention, of whose things it holds for ``found``."""
        kept = mention.things - found if negated else found
        self.add(text, kind, bool(kept) != negated, negated=negated)
        mention.things = kept or mention.things

    def claim_part(
        self, mention: Mention, name: str, words: list[str], *, negated: bool = False
    ) -> None:
        """It has a part ``name`` of which all ``words`` are true."""
        things = self.scene.things
        found = {i for i in mention.things if has_part(things[i], name, words)}
        self.narrow(mention, found, " ".join((*words, name)), "part", negated=negated)

    def claim_relation(
        self, subject: Mention, predicate: str, other: Mention, text: str, *, negated: bool = False
    ) -> None:
        """It stands in a relation to another; ``text`` names the other."""
        pairs = {
            (i, j) for i in subject.things for j in other.things if self._holds(i, predicate, j)
        }
        self.add(f"{predicate} {text}", "relation", bool(pairs), negated=negated)
        if pairs and not negated:
            subject.things &= {i for i, _ in pairs}
            other.things &= {j for _, j in pairs}

    def things_called(self, names: Iterable[str]) -> set[int]:
        """Indices of things of one of these classes."""
        return {i for i, thing in enumerate(self.scene.things) if thing.name in names}

    def things_that(self, things: Iterable[int], words: Iterable[str]) -> set[int]:
        """Those of ``things`` of which all words are true: color, pattern, size or action."""
        words = set(words)
        return {i for i in things if words <= _words_for(self.scene.things[i])}

    def _holds(self, i: int, predicate: str, j: int) -> bool:
        relations = self.scene.relations
        inverse = Relation(j, INVERSES[predicate], i)
        return i != j and (Relation(i, predicate, j) in relations or inverse in relations)


def has_part(thing: Thing, name: str, words: Iterable[str]) -> bool:
    """Whether a thing has such a part; its cover counts as one, with its color and pattern."""
    words = set(words)
    if COVERS.get(thing.name) == name and words <= {thing.color, thing.pattern}:
        return True
    return any(part.name == name and words <= set(part.attributes) for part in thing.parts)


def _words_for(thing: Thing) -> set[str]:
    return {thing.color, thing.pattern, thing.size, thing.action}
