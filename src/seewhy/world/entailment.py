"""Hypotheses that a scene entails, contradicts or leaves open, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from seewhy.world.grammar import with_article
from seewhy.world.observation import draw_observation, refer
from seewhy.world.observations import observe
from seewhy.world.phrases import class_kind, place_phrase
from seewhy.world.scene import Scene

LABELS = ("entailment", "neutral", "contradiction")

HIDDEN: dict[str, tuple[str, ...]] = {
    "animal": ("hungry", "thirsty", "tired", "friendly", "lost", "old", "afraid", "clever"),
    "vehicle": ("new", "old", "expensive", "broken", "empty", "rented", "fast", "late"),
    "building": ("empty", "old", "haunted", "expensive", "famous", "warm", "for sale", "quiet"),
    "plant": ("thirsty", "poisonous", "rare", "healthy", "old", "new", "expensive", "famous"),
}
"""What no picture of the world can show, by the kind of thing it is said of."""


@dataclass(frozen=True)
class Entailment:
    """A hypothesis about a picture, how it stands to it, and why."""

    hypothesis: str
    label: str
    """One of ``LABELS``."""
    reason: str
    subject: int
    """Index of the thing that ``it`` means in the reason."""


def list_entailments(scene: Scene) -> tuple[Entailment, Entailment, Entailment]:
    """One hypothesis of each label, in the order of ``LABELS``; the same ones each time.

    What is entailed and what contradicts are worded alike: the hypothesis alone does not tell
    them apart.

    Example:
        >>> from seewhy.world.sampling import sample_scene
        >>> [one.label for one in list_entailments(sample_scene(0))]
        ['entailment', 'neutral', 'contradiction']
    """
    generator = Random(f"entailment of {scene.seed}")
    seen = observe(scene, generator)
    true, false = draw_observation(seen, generator), draw_observation(seen, generator)
    return (
        Entailment(
            true.state(true.truth), "entailment", generator.choice(true.reasons), true.thing
        ),
        _leave_open(scene, generator),
        Entailment(false.state(false.lie), "contradiction", false.refutation, false.thing),
    )


def _leave_open(scene: Scene, generator: Random) -> Entailment:
    index = generator.randrange(len(scene.things))
    thing = scene.things[index]
    name = refer(scene, index) or with_article(thing.name)
    hidden = generator.choice(HIDDEN[class_kind(thing.name)])
    seen = f"{thing.action} {place_phrase(scene, thing.action, generator)}".strip()
    ending = generator.choice(
        (
            f"the picture does not show whether it is {hidden}",
            f"we cannot tell from the picture whether it is {hidden}",
            f"it may or may not be {hidden}",
        )
    )
    return Entailment(f"{name} is {hidden}", "neutral", f"{name} is {seen}, but {ending}", index)
