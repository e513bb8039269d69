"""The scene graph: what is in a picture of the small world, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A named visible part of a thing, such as ``ears`` that are ``long`` and ``pink``."""

    name: str
    attributes: tuple[str, ...] = ()
    """Adjectives that are true of it, in the order they are said."""


@dataclass(frozen=True)
class Thing:
    """One creature or object of a scene."""

    name: str
    """Class, as listed in ``world.catalogue.CLASSES`` (``"rabbit"``)."""
    family: str
    """Family of the class (``"pets"``)."""
    color: str
    pattern: str
    """``plain``, ``striped``, ``spotted``, ..."""
    size: str
    """``small``, ``medium`` or ``large``."""
    action: str
    """Present participle (``"sleeping"``), or ``""`` for a thing that does nothing."""
    parts: tuple[Part, ...]
    center: tuple[float, float]
    """x and y, as fractions of the picture's width and height."""
    scale: float
    """Height as a fraction of the picture's height."""


@dataclass(frozen=True)
class Relation:
    """``things[subject]`` stands in ``predicate`` (``"left of"``) to ``things[object]``."""

    subject: int
    predicate: str
    object: int


@dataclass(frozen=True)
class Scene:
    """Everything that is true of one picture. The first thing is the main one: its class."""

    seed: int
    things: tuple[Thing, ...]
    relations: tuple[Relation, ...]
    background: str
    """``meadow``, ``beach``, ``street``, ``night sky``, ..."""
    style: str
    """How it is drawn (``flat``, ``outlined``, ``textured``, ...)."""
    light: str
    """``day``, ``dusk``, ``night``."""
