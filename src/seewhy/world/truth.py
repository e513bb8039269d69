"""Is a sentence true of a scene? Each claim it makes is held against the scene graph."""

from __future__ import annotations

from dataclasses import dataclass

from seewhy.errors import InvalidArgumentError
from seewhy.world.claims import Claim, ClaimSheet
from seewhy.world.lexicon import read_senses
from seewhy.world.reader import Reader
from seewhy.world.scene import Scene


@dataclass(frozen=True)
class TruthReport:
    """What became of the claims of a sentence."""

    claims: tuple[Claim, ...]
    unknown: tuple[str, ...]
    """Words that the world has no sense for; they claim nothing."""

    @property
    def is_true(self) -> bool:
        """Whether the sentence claims something and all of it is true."""
        return bool(self.claims) and not self.false_claims

    @property
    def false_claims(self) -> tuple[Claim, ...]:
        """The claims that are not true."""
        return tuple(claim for claim in self.claims if not claim.is_true)


def check_statement(text: str, scene: Scene, *, subject: int = 0) -> TruthReport:
    """Read a sentence of the world's English and check every claim it makes.

    A noun stands for the things of the scene that fit all that is said of it: the sentence
    is true if there are such things. *It* is the first thing named, and ``subject`` if none
    was. *Not*, *no* and *without* turn the claim that follows around. What stands behind
    *cannot tell* or *may*, up to the end of the clause, is no claim. The scene graph is all
    there is: a relation that is not in it does not hold.

    Args:
        text: one or more sentences.
        scene: what they speak about.
        subject: index of the thing that ``it`` means at the start.

    Raises:
        InvalidArgumentError: if the scene has no thing ``subject``.

    Example:
        >>> from seewhy.world.sampling import sample_scene
        >>> scene = sample_scene(3)  # an elephant and a mushroom in a forest
        >>> report = check_statement("an elephant is standing on a beach", scene)
        >>> [(claim.kind, claim.is_true) for claim in report.claims]
        [('existence', True), ('action', True), ('place', False)]
    """
    if not 0 <= subject < len(scene.things):
        raise InvalidArgumentError(
            f"subject must be an index into {len(scene.things)} things, got {subject}."
        )
    reader = Reader(ClaimSheet(scene), subject)
    reader.read(read_senses(text))
    return TruthReport(tuple(reader.sheet.claims), tuple(reader.unknown))
