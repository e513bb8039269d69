"""The two data sets that are derived: what is asked, and what becomes of the answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, Protocol

from pydantic import BaseModel

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.rationales.derivation.answers import Explanations, QuestionItems
from seewhy.rationales.derivation.filters import (
    Candidate,
    FilterSettings,
    clean_text,
    find_class_fault,
    find_length_fault,
    find_question_fault,
    fingerprint,
)
from seewhy.rationales.derivation.language_models import Message
from seewhy.rationales.derivation.sources import ClassItem, ParagraphItem

Row = dict[str, Any]
"""One example as Uni-NLX's file has it."""
PROMPTS = {"imagenet-x": "imagenet_x.v1", "vqa-para-x": "vqa_para_x.v1"}
"""The prompt of each data set in its newest version."""
CLASS_QUESTION = "what is this?"


class Item(Protocol):
    """What one conversation is about."""

    @property
    def id(self) -> str:
        """Unique in its file."""
        ...


@dataclass(frozen=True)
class Judged:
    """What became of one answer: what is kept, and what is not with the reason."""

    rows: tuple[Row, ...]
    rejects: tuple[tuple[str, str], ...]
    """(reason, explanation)."""


@dataclass(frozen=True)
class Recipe(ABC):
    """How one data set is derived. Subclasses say what is asked and what is kept."""

    count: int = 5
    """How many explanations, or questions, are asked for at once."""
    filters: FilterSettings = field(default_factory=FilterSettings)
    prompt: str = ""
    """Name of the prompt's file with its version; empty: the newest."""

    kind: type[BaseModel] = field(default=BaseModel, init=False, repr=False, compare=False)
    dataset: str = field(default="", init=False)

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InvalidArgumentError(f"count must be at least 1, got {self.count}.")

    @abstractmethod
    def ask(self, item: Any) -> Message:
        """The first message about an item."""

    @abstractmethod
    def judge(self, item: Any, answer: Any) -> Judged:
        """What is kept of an answer of the right form."""

    @abstractmethod
    def find_key(self, row: Row) -> str:
        """Two rows with the same key are duplicates, whatever item they are from."""


@dataclass(frozen=True)
class ImageNetXRecipe(Recipe):
    """Classes to reasons for being recognized, one row for each reason."""

    other_names: Collection[str] = ()
    """Names of all classes, that no reason may confuse the class with."""
    shown: int = 0
    """How many pictures of the class the model sees, if it can."""
    images: Path | None = None
    """Folder of the pictures that are shown."""
    kind: type[BaseModel] = field(default=Explanations, init=False, repr=False, compare=False)
    dataset: str = field(default="imagenetX", init=False)

    def ask(self, item: ClassItem) -> Message:
        """The class's name, with pictures if wanted."""
        text = fill_prompt(
            self.prompt or PROMPTS["imagenet-x"],
            name=item.name,
            count=self.count,
            min_words=self.filters.min_words,
            max_words=self.filters.max_words,
        )
        folder = self.images or Path()
        pictures = tuple(folder / name for name in item.pictures[: self.shown])
        return Message("user", text, pictures)

    def judge(self, item: ClassItem, answer: Explanations) -> Judged:
        """Rows with the class's pictures, of which each row begins with another."""
        others = [name for name in self.other_names if name != item.name]

        def fault(explanation: str) -> str | None:
            return find_length_fault(
                Candidate(CLASS_QUESTION, "", explanation), self.filters
            ) or find_class_fault(item.name, explanation, others)

        texts, rejects = _sift(map(clean_text, answer.explanations), fault)
        rows = []
        for number, text in enumerate(texts):
            turn = number % max(1, len(item.pictures))
            pictures = [*item.pictures[turn:], *item.pictures[:turn]]
            rows.append(_make_row(self.dataset, CLASS_QUESTION, item.name, text, pictures))
        return Judged(tuple(rows), rejects)

    def find_key(self, row: Row) -> str:
        """A reason for two classes tells neither."""
        return fingerprint(row["explanation"])


@dataclass(frozen=True)
class VQAParaXRecipe(Recipe):
    """Paragraphs about pictures to questions, answers and reasons."""

    kind: type[BaseModel] = field(default=QuestionItems, init=False, repr=False, compare=False)
    dataset: str = field(default="vqa_paraX", init=False)

    def ask(self, item: ParagraphItem) -> Message:
        """The paragraph."""
        text = fill_prompt(
            self.prompt or PROMPTS["vqa-para-x"],
            paragraph=item.paragraph,
            count=self.count,
            min_words=self.filters.min_words,
            max_words=self.filters.max_words,
        )
        return Message("user", text)

    def judge(self, item: ParagraphItem, answer: QuestionItems) -> Judged:
        """A row for each question that is kept."""
        rows, rejects, seen = [], [], set()
        for one in answer.items:
            found = Candidate(
                " ".join(one.question.split()), clean_text(one.answer), clean_text(one.explanation)
            )
            reason = find_length_fault(found, self.filters) or find_question_fault(found)
            if reason is None and fingerprint(found.question) in seen:
                reason = "duplicate"
            if reason is not None:
                rejects.append((reason, found.explanation))
                continue
            seen.add(fingerprint(found.question))
            rows.append(
                _make_row(
                    self.dataset, found.question, found.answer, found.explanation, item.picture
                )
            )
        return Judged(tuple(rows), tuple(rejects))

    def find_key(self, row: Row) -> str:
        """A picture is asked the same only once."""
        return f"{row['img_path']} {fingerprint(row['question'])}"


def _sift(
    texts: Iterable[str], fault: Callable[[str], str | None]
) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    kept: dict[str, str] = {}
    rejects = []
    for text in texts:
        reason = fault(text) or ("duplicate" if fingerprint(text) in kept else None)
        if reason is None:
            kept[fingerprint(text)] = text
        else:
            rejects.append((reason, text))
    return list(kept.values()), tuple(rejects)


def _make_row(
    dataset: str, question: str, answer: str, explanation: str, pictures: str | Sequence[str]
) -> Row:
    return {
        "question": question,
        "answer": answer,
        "explanation": explanation,
        "img_path": pictures if isinstance(pictures, str) else list(pictures),
        "dataset": dataset,
    }


def fill_prompt(name: str, /, **values: object) -> str:
    """A prompt of ours with its blanks filled.

    Raises:
        UnknownNameError: if there is no such prompt.
    """
    folder = files("seewhy.rationales.derivation") / "prompts"
    known = [file.name.removesuffix(".txt") for file in folder.iterdir()]
    if name not in known:
        raise UnknownNameError("prompt", name, known)
    text = (folder / f"{name}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(values)
