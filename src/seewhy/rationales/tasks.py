"""The tasks: what each asks, how its texts are laid out, and when an answer is right.

A new task is one more entry of ``TASKS``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.rationales.answer_rules import RULES, SIMILAR, Judgement
from seewhy.rationales.wording import (
    choose_frequent,
    choose_most_given,
    choose_prepared,
    keep_text,
    prepare_question,
)
from seewhy.scores.vqa_accuracy import is_among

Compat = Literal["published"] | None
LEAD = " the answer is"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One row of the table. Defaults: VQA-X."""

    name: str
    about: str
    """What it is, in a few words."""
    is_unified: bool = False
    """Whether it is laid out as in Uni-NLX: texts as they stand, one layout for all."""
    is_asked: bool = True
    """Whether there is a question (or hypothesis) before the answer."""
    default_question: str = ""
    """Asked where none is given, of tasks that need none to be understood."""
    lead: str | None = LEAD
    """Text between question and answer, learned too; ``None``: neither answer nor reason."""
    has_objects: bool = False
    """Whether objects with boxes come first."""
    has_concepts: bool = False
    """Whether concepts come first."""
    has_segments: bool = True
    max_tokens: int = 40
    """Of a text that is learned, objects included, concepts not."""
    max_new_tokens: int = 20
    """Of what is written behind a prompt."""
    max_question: int = 20
    """Tokens of a question; what is longer is cut."""
    word_question: Callable[[str], str] = prepare_question
    """How a question is written."""
    choose_answer: Callable[[Sequence[str]], str] = choose_frequent
    """The answer that is learned, of all that were given."""
    published_split: Literal["first", "last"] = "last"
    """At which ``because`` the released code splits answer and reason."""
    judged_by: Judgement = "most-frequent"
    """When the released code finds an answer right: it is the one most people gave; it equals
    the answer; it is similar to it (VCR, see ``SIMILAR``); it is among those that are stored."""

    def is_right(
        self,
        answer: str,
        given: Sequence[str],
        *,
        compat: Compat = None,
        similarity: Callable[[str, str], float] | None = None,
    ) -> bool:
        """Whether an answer is right.

        By default letters, articles and punctuation do not count, and of VQA's answers each is
        right that anybody gave. ``compat="published"`` compares as the released code does.

        Args:
            answer: of the model.
            given: all answers of the example.
            compat: see above.
            similarity: of two texts, at least ``SIMILAR`` counts as right in VCR.

        Raises:
            InvalidArgumentError: if nothing was given to compare with, or the published
                comparison needs a similarity.

        Differs: docs/decisions/rationale-answers.md.
        """
        if not given:
            raise InvalidArgumentError("An answer cannot be judged: the example has no answers.")
        if self.judged_by == "similar" and similarity is not None:
            return max(similarity(answer.lower(), one.lower()) for one in given) >= SIMILAR
        if compat is None:
            return is_among(answer, given)
        if self.judged_by == "similar":
            raise InvalidArgumentError(
                "The published way to judge VCR's answers compares by BERTScore. Give similarity=."
            )
        return RULES[self.judged_by].published(answer, given, self.choose_answer(given))


_UNIFIED = Task(
    name="",
    about="",
    is_unified=True,
    max_tokens=125,
    max_new_tokens=50,
    max_question=60,
    word_question=keep_text,
    choose_answer=choose_most_given,
    judged_by="among",
)
VQA_X = Task(name="vqa-x", about="short questions about a picture")
ESNLI_VE = Task(
    name="e-snli-ve",
    about="does the picture entail a statement, contradict it, or leave it open?",
    choose_answer=choose_most_given,
    published_split="first",
    judged_by="equal",
)
TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        VQA_X,
        replace(_UNIFIED, name="vqa-parax", about="questions in other words, with longer reasons"),
        replace(_UNIFIED, name="a-okvqa", about="questions that need knowledge of the world"),
        replace(
            _UNIFIED,
            name="imagenet-x",
            about="what is this, and what is it recognized by?",
            default_question="what is this?",
            max_new_tokens=70,
        ),
        Task(
            name="act-x",
            about="what is happening?",
            is_asked=False,
            lead=LEAD.lstrip(),
            max_tokens=30,
            choose_answer=choose_prepared,
            judged_by="equal",
        ),
        ESNLI_VE,
        replace(
            ESNLI_VE,
            name="e-snli-ve-concepts",
            about="e-snli-ve, with words for what is in the picture",
            has_concepts=True,
            has_segments=False,
        ),
        Task(
            name="vcr",
            about="questions about people and things in boxes",
            has_objects=True,
            max_tokens=80,
            max_new_tokens=40,
            word_question=keep_text,
            choose_answer=choose_most_given,
            judged_by="similar",
        ),
        Task(
            name="captions",
            about="a caption, as decoders are pre-trained on",
            is_asked=False,
            lead=None,
            has_segments=False,
            max_tokens=70,
            choose_answer=choose_most_given,
        ),
    )
}
"""Each task as a model of its own learns it; where Uni-NLX alone has it, as that does."""
UNIFIED_TASKS: dict[str, Task] = {
    name: replace(
        _UNIFIED,
        name=name,
        about=TASKS[name].about,
        default_question=question,
        max_new_tokens=TASKS[name].max_new_tokens if TASKS[name].is_unified else 50,
    )
    for name, question in (
        ("vqa-x", ""),
        ("vqa-parax", ""),
        ("a-okvqa", ""),
        ("imagenet-x", "what is this?"),
        ("act-x", "what is happening in this picture?"),
        ("e-snli-ve", ""),
        ("vcr", ""),
    )
}
"""The seven tasks as one model learns them all."""
UNIFIED_WITH_BOXES = {
    **UNIFIED_TASKS,
    "vcr": replace(UNIFIED_TASKS["vcr"], has_objects=True, max_question=40),
}
"""The same for a unified model that knows of boxes, which the published one does not."""


def find_task(name: str, *, unified: bool = False, boxes: bool = False) -> Task:
    """The task of that name.

    Args:
        name: as in ``TASKS``.
        unified: as a model for all tasks has it.
        boxes: for a unified model that knows of boxes.

    Raises:
        UnknownNameError: if there is none.
    """
    table = TASKS if not unified else UNIFIED_WITH_BOXES if boxes else UNIFIED_TASKS
    if name not in table:
        raise UnknownNameError("task", name, table)
    return table[name]
