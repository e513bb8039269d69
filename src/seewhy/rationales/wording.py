"""How the texts of data sets are written before they become tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from seewhy.scores.vqa_accuracy import normalize_answer

_DELETED = str.maketrans("", "", ".,'!?\"()*#:;")
_SPACED = str.maketrans("-/", "  ")


def prepare_question(question: str) -> str:
    """A question in lower case without punctuation.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081.

    Example:
        >>> prepare_question("What's on the left-hand side?")
        'whats on the left hand side'
    """
    return question.lower().translate(_DELETED).translate(_SPACED)


def prepare_answer(answer: str) -> str:
    """An answer as VQA compares them, without commas.

    Example:
        >>> prepare_answer("the  Red-ish, cat")
        'red ish cat'
    """
    return normalize_answer(answer).replace(",", "")


def choose_frequent(answers: Sequence[str]) -> str:
    """The answer most people gave, as prepared; of those that tie, the first."""
    return choose_most_given([prepare_answer(answer) for answer in answers])


def choose_prepared(answers: Sequence[str]) -> str:
    """The first answer, as prepared."""
    return prepare_answer(answers[0]) if answers else ""


def choose_most_given(answers: Sequence[str]) -> str:
    """The answer most people gave, as it stands; of those that tie, the first."""
    return Counter(answers).most_common(1)[0][0] if answers else ""


def keep_text(text: str) -> str:
    """The text as it stands."""
    return text
