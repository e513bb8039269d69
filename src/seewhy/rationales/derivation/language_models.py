"""What derivation asks of a language model: messages in, a text and its tokens out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Message:
    """One message of a conversation."""

    role: str
    """``user`` or ``assistant``."""
    text: str
    pictures: tuple[Path, ...] = ()
    """Shown with the text, by models that see."""


@dataclass(frozen=True)
class Completion:
    """What a model wrote, and what it took."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    retries: int = 0
    """Requests that failed before the one that succeeded."""


class LanguageModel(Protocol):
    """Anything that can go on with a conversation."""

    @property
    def name(self) -> str:
        """What the run's settings call it."""
        ...

    def complete(self, messages: Sequence[Message], *, schema: dict[str, Any]) -> Completion:
        """The next message.

        Args:
            messages: the conversation so far, the last one of the user.
            schema: JSON schema that the text should fit; servers that can are told to keep it.
        """
        ...
