"""Answers with reasons as a model gave them: from result files, or asked for now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from seewhy.datasets.nle import NLEExample
from seewhy.datasets.records import Record, read_entries
from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.progress import show_progress

ID_FIELDS = ("id", "image_id", "question_id")
BATCH = 16


@dataclass(frozen=True)
class Prediction:
    """What a model said about one example."""

    id: str
    """Of the example."""
    answer: str
    explanation: str


class Answer(Protocol):
    """What is used of a model's answer."""

    @property
    def answer(self) -> str:
        """The answer alone."""
        ...

    @property
    def explanation(self) -> str:
        """The reason alone."""
        ...


class RationaleAnswerer(Protocol):
    """A model that answers questions about pictures and gives its reasons."""

    def answer(
        self, images: Sequence[Any], questions: Sequence[str], /, *, task: str
    ) -> Sequence[Answer]:
        """One answer for each picture with its question."""
        ...


def read_predictions(path: str | Path, *, task: str) -> list[Prediction]:
    """The answers of a results file, in file order.

    Two forms are read: ours, entries of ``id``, ``answer`` and ``explanation`` in JSON or JSON
    lines; and the authors', a list of ``{"image_id": ID, "caption": TEXT}``, whose texts are
    split at ``because``.

    Args:
        path: the file.
        task: decides at which ``because`` a text is split, see ``split_caption``.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if an entry lacks a field, or an id occurs twice; names file and entry.
    """
    found: dict[str, Prediction] = {}
    for key, entry in read_entries(path):
        name = next((entry.key(field) for field in ID_FIELDS if field in entry), key)
        if name in found:
            raise DataFormatError(f"{entry.place}: there is another entry of the id {name}.")
        if "caption" in entry:
            answer, explanation = split_caption(str(entry.get("caption")), task=task)
        else:
            answer, explanation = _field(entry, "answer"), _field(entry, "explanation")
        found[name] = Prediction(name, answer, explanation)
    if not found:
        raise DataFormatError(f"{path} holds no answers.")
    return list(found.values())


def _field(entry: Record, field: str) -> str:
    """A text, which may be empty: a model may say nothing."""
    value = entry.values.get(field)
    if not isinstance(value, str):
        raise entry.wrong(field, "a text, beside 'answer' and 'explanation'", value)
    return value


def split_caption(text: str, *, task: str) -> tuple[str, str]:
    """A generated text in two, as the released code does: before the first ``because``, and after.

    After the last one, for most tasks; after the first, for e-SNLI-VE. Without ``because``, the
    reason is all but two words.

    Args:
        text: as the authors' results have it.
        task: of the table of tasks; ``all`` splits as most do.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081, the released code.

    Example:
        >>> split_caption("yes because it is, because it rains", task="vqa-x")
        ('yes', 'it rains')
        >>> split_caption("yes because it is, because it rains", task="e-snli-ve")
        ('yes', 'it is, because it rains')
    """
    from seewhy.rationales.splitting import split_published
    from seewhy.rationales.tasks import find_task

    return split_published(text, find_task("vqa-x" if task == "all" else task))


def ask_model(
    model: RationaleAnswerer,
    examples: Iterable[NLEExample],
    *,
    batch_size: int = BATCH,
    progress: bool = False,
) -> Iterator[Prediction]:
    """Yield a model's answers to examples, in their order.

    A ``RationaleModel`` of ours, or any with a method ``answer_examples``, is given the examples
    themselves, so that it sees boxes and concepts too; of any task together, so that a picture is
    looked at once for all its questions.

    Args:
        model: with a method ``answer``, which is asked for one task at a time.
        examples: of any tasks.
        batch_size: examples asked together.
        progress: whether a bar is shown.

    Raises:
        InvalidArgumentError: if the model gives another number of answers than it was asked for.
    """
    from seewhy.encoders.base import split_batches  # inside: results files are read without torch

    shown = show_progress(examples, description="answers", enabled=progress)
    takes_all = hasattr(model, "answer_examples")
    for _, group in groupby(shown, key=lambda example: takes_all or example.task):
        for batch in split_batches(group, batch_size):
            answers = _ask(model, batch)
            if len(answers) != len(batch):
                raise InvalidArgumentError(
                    f"The model gave {len(answers)} answers to {len(batch)} questions of "
                    f"{', '.join(dict.fromkeys(one.task for one in batch))}."
                )
            for example, said in zip(batch, answers, strict=True):
                yield Prediction(example.id, said.answer, said.explanation)


def _ask(model: Any, batch: list[NLEExample]) -> Sequence[Answer]:
    from seewhy.rationales.model import RationaleModel

    if isinstance(model, RationaleModel):  # where it looked is of no use here
        return model.answer_examples(batch, batch_size=len(batch), attention=False)
    if hasattr(model, "answer_examples"):
        return model.answer_examples(batch)
    return model.answer([e.image for e in batch], [e.question for e in batch], task=batch[0].task)


def write_predictions(predictions: Iterable[Prediction], path: str | Path) -> Path:
    """Write answers as JSON lines that ``read_predictions`` reads, and return the path."""
    import json

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(asdict(found), ensure_ascii=False) + "\n" for found in predictions]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def pair_up(
    predictions: Iterable[Prediction], examples: Iterable[NLEExample]
) -> list[tuple[Prediction, NLEExample]]:
    """Each prediction with its example, in the order of the examples.

    Raises:
        InvalidArgumentError: if an example was not answered, or an answer is of no example;
            names the first of them.
    """
    said = {found.id: found for found in predictions}
    asked = {example.id: example for example in examples}
    unanswered, unknown = [k for k in asked if k not in said], [k for k in said if k not in asked]
    if unanswered or unknown or not asked:
        raise InvalidArgumentError(
            f"{len(said)} answers do not fit {len(asked)} examples: {len(unanswered)} examples "
            f"have no answer ({', '.join(unanswered[:3]) or 'none'}), {len(unknown)} answers are "
            f"of no example ({', '.join(unknown[:3]) or 'none'}). Are they of one split?"
        )
    return [(said[key], example) for key, example in asked.items()]
