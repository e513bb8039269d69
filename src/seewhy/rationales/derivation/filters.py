"""What is thrown away of what a language model wrote, and for which reason."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from seewhy.errors import InvalidArgumentError
from seewhy.rationales.leakage import find_stem
from seewhy.scores.vqa_accuracy import normalize_answer

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_POLAR = ("yes", "no")
_SOURCES = re.compile(
    r"\b(paragraph|description|text|passage|caption) (says|states|mentions|describes)\b"
)
_FILLERS = frozenset("a an the of in on at to and or is are".split())


@dataclass(frozen=True, kw_only=True)
class FilterSettings:
    """Bounds of what is kept, in words."""

    min_words: int = 4
    """Of an explanation."""
    max_words: int = 30
    max_answer_words: int = 4
    max_question_words: int = 25

    def __post_init__(self) -> None:
        if not 1 <= self.min_words <= self.max_words:
            raise InvalidArgumentError(
                f"min_words must be from 1 to max_words, got {self.min_words} and {self.max_words}."
            )
        if min(self.max_answer_words, self.max_question_words) < 1:
            raise InvalidArgumentError(
                "max_answer_words and max_question_words must be at least 1, got "
                f"{self.max_answer_words} and {self.max_question_words}."
            )


@dataclass(frozen=True)
class Candidate:
    """A question with its answer and its reason, before it is judged."""

    question: str
    answer: str
    explanation: str


def clean_text(text: str) -> str:
    """Lower case, single spaces, no period at the end: as reasons stand in the data sets."""
    return " ".join(text.lower().split()).rstrip(".").strip()


def find_length_fault(candidate: Candidate, settings: FilterSettings) -> str | None:
    """``too short`` or ``too long``, of explanation, answer or question."""
    explanation = len(_words(candidate.explanation))
    if explanation < settings.min_words:
        return "too short"
    if (
        explanation > settings.max_words
        or len(_words(candidate.answer)) > settings.max_answer_words
        or len(_words(candidate.question)) > settings.max_question_words
    ):
        return "too long"
    return None


def find_question_fault(candidate: Candidate) -> str | None:
    """Why a question with its answer and reason is of no use: leak or contradiction.

    An answer leaks if all its words are in the question, unless the question offers a choice
    (``or``). A reason contradicts the answer if it begins with the other of yes and no, says
    that the answer is another, or denies the answer's own words.

    Example:
        >>> find_question_fault(Candidate("is the red car red?", "red", "its paint is red"))
        'answer in the question'
        >>> find_question_fault(Candidate("is it raining?", "yes", "no, the sky is blue"))
        'contradiction'
    """
    answer = normalize_answer(candidate.answer)
    question = _words(candidate.question)
    if not question or not answer:
        return "empty"
    stems = {find_stem(word) for word in question}
    content = [word for word in answer.split() if word not in _FILLERS]
    is_open = answer not in _POLAR and "or" not in question
    if is_open and content and all(find_stem(word) in stems for word in content):
        return "answer in the question"
    explanation = candidate.explanation.lower()
    if _contradicts(answer, explanation):
        return "contradiction"
    return "speaks of its source" if _SOURCES.search(explanation) else None


def _contradicts(answer: str, explanation: str) -> bool:
    words = _words(explanation)
    if answer in _POLAR and words and words[0] in _POLAR and words[0] != answer:
        return True
    said = re.search(r"\banswer is (?:an? |the )?([\w'-]+)", explanation)
    if said and normalize_answer(said[1]) not in ("", answer, answer.split()[0]):
        return True
    return answer not in _POLAR and _denies(answer, explanation)


def _denies(name: str, explanation: str) -> bool:
    """Whether a text says that it is not ``name``."""
    pattern = rf"\b(?:is|are|was|were) not (?:an? |the )?{re.escape(name.lower())}\b"
    short = rf"\b(?:isn't|aren't|wasn't) (?:an? |the )?{re.escape(name.lower())}\b"
    return bool(re.search(pattern, explanation) or re.search(short, explanation))


def find_class_fault(name: str, explanation: str, other_names: Collection[str] = ()) -> str | None:
    """Why a reason for a class is of no use: it names the class, or says it is another.

    The class is named if its whole name or the last word of it occurs, in any of its forms.

    Example:
        >>> find_class_fault("great white shark", "it has rows of teeth as sharks do")
        'names the class'
        >>> find_class_fault("tench", "it is a goldfish with green fins", ["goldfish"])
        'contradiction'
    """
    text = explanation.lower()
    own = _words(name)
    stems = [find_stem(word) for word in _words(text)]
    if own and (find_stem(own[-1]) in stems or " ".join(own) in " ".join(_words(text))):
        return "contradiction" if _denies(name, text) else "names the class"
    for said in re.finditer(r"\b(?:it|this|that) is (?:an? |the )?", text):
        rest = " ".join(_words(text[said.end() :]))
        if any(f"{rest} ".startswith(f"{' '.join(_words(other))} ") for other in other_names):
            return "contradiction"
    return None


def fingerprint(text: str) -> str:
    """What two texts share that differ in case, punctuation and articles only."""
    return " ".join(word for word in _words(text) if word not in ("a", "an", "the"))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
