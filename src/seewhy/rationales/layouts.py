"""Questions, answers and reasons as the tokens a decoder is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor

from seewhy.datasets.nle import NLEExample
from seewhy.errors import InvalidArgumentError
from seewhy.rationales.alignment import WordAlignment
from seewhy.rationales.boxes import (
    NO_BOX,
    describe_box,
    find_no_object,
    lay_out_objects,
    point_at_boxes,
)
from seewhy.rationales.concept_head import join_concepts
from seewhy.rationales.decoder import IGNORED
from seewhy.rationales.prompts import Box, DecodingRules, Fit, Prompt
from seewhy.rationales.tasks import Compat, Task
from seewhy.rationales.tokens import (
    ANSWER,
    END,
    EXPLANATION,
    NO_OBJECT,
    OBJECTS,
    PAD,
    QUESTION,
    RationaleTokenizer,
)

MAX_CONCEPT_TOKENS = 20


@dataclass
class Layout:
    """Tokens side by side, each with segment, label, box and number."""

    ids: list[int] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    has_segments: bool = True
    has_boxes: bool = False
    asked: range = range(0)
    """Where the question stands."""
    begun: int = 0
    """Tokens up to where the answer is to be said, the words that lead to it included."""
    alignment: list[Fit] = field(default_factory=list)
    """How well each token fits the picture; empty: not known."""
    notes: list[str] = field(default_factory=list)

    def add(
        self,
        ids: Sequence[int],
        segment: int,
        *,
        is_learned: bool = True,
        boxes: Sequence[Box] | None = None,
        numbers: Sequence[int] | int = 0,
    ) -> None:
        """Append tokens that share a segment."""
        self.ids += ids
        self.segments += [segment] * len(ids)
        self.labels += ids if is_learned else [IGNORED] * len(ids)
        self.boxes += boxes if boxes is not None else [NO_BOX] * len(ids)
        self.numbers += [numbers] * len(ids) if isinstance(numbers, int) else numbers

    def cut(self, length: int) -> None:
        """Keep the first tokens."""
        for row in (self.ids, self.segments, self.labels, self.boxes, self.numbers):
            del row[length:]
        self.asked = range(min(self.asked.start, length), min(self.asked.stop, length))

    def to_prompt(self) -> Prompt:
        """What decoding begins with."""
        return Prompt(
            tuple(self.ids),
            tuple(self.segments) if self.has_segments else None,
            tuple(self.boxes) if self.has_boxes else None,
            tuple(self.numbers) if self.has_boxes else None,
            tuple(self.alignment) or None,
        )

    def align(self, alignment: WordAlignment, picture: Tensor) -> Layout:
        """Say how well each word of the question fits a picture; behind it, how well all do.

        Args:
            alignment: of the decoder.
            picture: as ``alignment.place`` gives it, (dimensions,).

        Returns:
            Itself.
        """
        if self.asked:
            *own, whole = alignment.measure(picture, [self.ids[place] for place in self.asked])
            self.alignment = [(0.0, 0.0)] * len(self.ids)
            self.alignment[self.asked.start : self.asked.stop] = own
            led = slice(self.asked.stop, self.begun)
            self.alignment[led] = [whole] * len(self.ids[led])
        return self


class LayoutMaker:
    """Lays out the examples of a task with a tokenizer.

    Args:
        task: see ``tasks.TASKS``.
        tokenizer: of the decoder.
        compat: ``"published"`` makes what the released code makes, its faults included.
    """

    def __init__(self, task: Task, tokenizer: RationaleTokenizer, *, compat: Compat = None) -> None:
        self.task, self.tokenizer = task, tokenizer
        self.compat: Compat = compat
        self.segments = dict.fromkeys((OBJECTS, QUESTION, ANSWER, EXPLANATION), 0)
        if task.has_segments:
            wanted = [ANSWER, EXPLANATION]
            wanted += [QUESTION] if task.is_asked else []
            wanted += [OBJECTS] if task.has_objects else []
            self.segments |= {name: tokenizer.need(name) for name in wanted}
        self.no_object = 0
        if task.has_objects:
            self.no_object = find_no_object(tokenizer, compat=compat, is_prompt=True)

    def lay_out_prompt(self, example: NLEExample) -> Layout:
        """Everything up to where the answer begins (or the caption).

        Raises:
            InvalidArgumentError: if the task asks a question and the example has none.
        """
        layout = self._begin(example)
        if self.task.lead is not None:
            lead = self.tokenizer.encode(self.task.lead)
            layout.add(lead, self.segments[ANSWER], numbers=self.no_object)
        layout.begun = len(layout.ids)
        return layout

    def lay_out_training(self, example: NLEExample, *, explanation: int = 0) -> Layout:
        """Question, answer and one of its reasons, cut to the task's length.

        Raises:
            InvalidArgumentError: if the example has no such explanation, or no answer.
        """
        task, tokenizer = self.task, self.tokenizer
        if not 0 <= explanation < len(example.explanations):
            raise InvalidArgumentError(
                f"Example {example.id} has {len(example.explanations)} explanations, and number "
                f"{explanation} (from 0) was asked for. Leave out what has none."
            )
        reason, layout = example.explanations[explanation], self._begin(example)
        if task.lead is None:
            layout.labels = list(layout.ids)
            layout.add([*tokenizer.encode(reason), tokenizer.end], 0)
        else:
            if not example.answers:
                raise InvalidArgumentError(
                    f"Example {example.id} has no answer to learn. Leave it out."
                )
            answer = f"{task.lead} {task.choose_answer(example.answers)}"
            layout.begun = len(layout.ids) + len(tokenizer.encode(task.lead))
            layout.add(tokenizer.encode(answer), self.segments[ANSWER], numbers=self.no_object)
            reason = [*tokenizer.encode(f" because {reason}"), tokenizer.end]
            layout.add(reason, self.segments[EXPLANATION], numbers=self.no_object)
        extra = self._count_concepts(example)
        layout.cut(task.max_tokens + extra)
        return layout

    def pad(self, layout: Layout, length: int) -> Layout:
        """Fill up to ``length`` tokens that are not learned."""
        missing = [self.tokenizer.pad] * (length - len(layout.ids))
        segment = self.segments[EXPLANATION]
        layout.add(missing, segment, is_learned=False, numbers=self.no_object)
        return layout

    def make_rules(self) -> DecodingRules:
        """What tokens carry as they are written, and which end the text."""
        task, tokenizer = self.task, self.tokenizer
        use_segments = task.has_segments
        number = None
        if task.has_objects:
            number = find_no_object(tokenizer, compat=self.compat, is_prompt=False)
        return DecodingRules(
            stops=find_stops(task, tokenizer, compat=self.compat),
            max_new_tokens=task.max_new_tokens,
            answer_segment=self.segments[ANSWER] if use_segments else None,
            explanation_segment=self.segments[EXPLANATION] if use_segments else None,
            because=tokenizer.because if task.lead is not None else None,
            box_number=number,
        )

    def _begin(self, example: NLEExample) -> Layout:
        """Concepts, objects, question, and the token before the answer."""
        task = self.task
        layout = Layout(has_segments=task.has_segments, has_boxes=task.has_objects)
        if task.has_concepts:
            layout.add(self._encode_concepts(example), 0, is_learned=False)
        boxes: list[Box] = []
        if task.has_objects:
            size = example.image_size or (1, 1)  # boxes never come without a size
            boxes = [describe_box(box, size) for box in example.boxes]
            named = lay_out_objects(example.objects, boxes, self.tokenizer)
            layout.add(
                list(named.ids),
                self.segments[OBJECTS],
                is_learned=False,
                boxes=named.boxes,
                numbers=named.numbers,
            )
        if task.is_asked:
            self._add_question(layout, example, boxes)
        layout.add(
            [self.tokenizer.end],
            self.segments[ANSWER],
            is_learned=False,
            numbers=self.no_object,
        )
        return layout

    def _add_question(self, layout: Layout, example: NLEExample, boxes: Sequence[Box]) -> None:
        task = self.task
        question = task.word_question(example.question or task.default_question)
        if not question.strip():
            raise InvalidArgumentError(
                f"The task {task.name} needs a question, and example {example.id} has none."
            )
        ids = self.tokenizer.encode(question)
        is_cut = self.compat is None or (task.has_objects and not task.is_unified)
        if is_cut and len(ids) > task.max_question:
            layout.notes.append(
                f"The question has {len(ids)} tokens and was cut to the first {task.max_question} "
                f"that {task.name} allows."
            )
            ids = ids[: task.max_question]
        layout.asked = range(len(layout.ids), len(layout.ids) + len(ids))
        pointed = point_at_boxes(ids, boxes, self.tokenizer) if task.has_objects else None
        layout.add(
            ids,
            self.segments[QUESTION],
            is_learned=False,
            boxes=pointed,
            numbers=self.no_object,
        )

    def _encode_concepts(self, example: NLEExample) -> list[int]:
        return self.tokenizer.encode(join_concepts(example.concepts))[:MAX_CONCEPT_TOKENS]

    def _count_concepts(self, example: NLEExample) -> int:
        return len(self._encode_concepts(example)) if self.task.has_concepts else 0


def find_stops(
    task: Task, tokenizer: RationaleTokenizer, *, compat: Compat = None
) -> frozenset[int]:
    """The words that end a text: every special one.

    The released code forgot ``<objects>``, and without segments knew the first two only.
    """
    words = [END, PAD]
    if task.has_segments or compat is None:
        words += [QUESTION, ANSWER, EXPLANATION]
        words += [NO_OBJECT] if task.has_objects or compat is None else []
        words += [OBJECTS] if compat is None else []
    found = (tokenizer.find(word) for word in words)
    return frozenset(number for number in found if number is not None)
