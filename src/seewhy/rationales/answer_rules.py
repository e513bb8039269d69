"""When an answer is right: one table of rules, each as we judge and as the released code does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from seewhy.scores.vqa_accuracy import is_among, is_most_frequent, normalize_answer

Judgement = Literal["most-frequent", "equal", "similar", "among"]
SIMILAR = 0.92
"""BERTScore (F1) from which on an answer to VCR counts as right."""


@dataclass(frozen=True)
class AnswerRule:
    """When an answer is right."""

    mended: Callable[[str, Sequence[str]], bool]
    """Of an answer and those that are given; letters, articles and punctuation do not count."""
    published: Callable[[str, Sequence[str], str], bool]
    """Likewise, and of the one that is learned; to the letter."""


def _equals_first(answer: str, given: Sequence[str]) -> bool:
    return normalize_answer(answer) == normalize_answer(given[0])


def _is_learned(answer: str, _: Sequence[str], learned: str) -> bool:
    return answer == learned


def _is_given(answer: str, given: Sequence[str], _: str) -> bool:
    return answer in given


def is_listed(answer: str, given: Sequence[str]) -> bool:
    """Whether the answer is one of those given, apart from case and the spaces around it."""
    return answer.strip().lower() in {other.strip().lower() for other in given}


RULES: dict[Judgement, AnswerRule] = {
    "most-frequent": AnswerRule(is_most_frequent, _is_learned),
    "equal": AnswerRule(_equals_first, _is_learned),
    "among": AnswerRule(is_among, _is_given),
}
"""But for ``similar``: sentences (VCR) are right from ``SIMILAR`` on."""
