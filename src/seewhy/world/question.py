"""What a question about a picture consists of, whatever its task."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """A box that a question points at; ``[thing0]`` is the first."""

    name: str
    """Class of what is in the box."""
    box: tuple[float, float, float, float]
    """Left, top, right and bottom as fractions of the picture's width and height."""


@dataclass(frozen=True)
class Question:
    """A question about a picture, or a hypothesis, with answers and the reasons for them."""

    task: str
    question: str
    """A hypothesis for ``e-snli-ve``, empty for ``act-x``: its data set asks nothing."""
    answers: tuple[str, ...]
    """The answers that are right, the best first."""
    explanations: tuple[str, ...]
    """Each one true of the scene and a reason for the answer."""
    choices: tuple[str, ...] = ()
    """What can be chosen from, for tasks of multiple choice."""
    regions: tuple[Region, ...] = ()
    subject: int = 0
    """Index of the thing that ``it`` means in the explanations."""
