"""Answers to many questions: kept as they are given, so that a run that is stopped goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seewhy.datasets.nle import NLEExample
from seewhy.encoders.base import split_batches
from seewhy.errors import ImageReadError, MissingFileError
from seewhy.images.folders import ImageFailure
from seewhy.images.reading import read_image
from seewhy.progress import show_progress
from seewhy.rationales.decoding import DecodingSettings
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.question_fit import QuestionFit
from seewhy.rationales.questions import AskedQuestion
from seewhy.rationales.rationale import (
    Rationale,
    RationaleToken,
    RationaleWord,
    make_printable,
)
from seewhy.results import Provenance, Result, ResultFolder, to_plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINES = "answers.jsonl"


@dataclass(frozen=True, eq=False)
class RationaleReport(Result):
    """Answers with reasons, and the pictures that could not be read."""

    rationales: tuple[Rationale, ...]
    failures: tuple[ImageFailure, ...]

    def figure(self) -> Figure:
        """The pictures with their answers, the first twelve."""
        from matplotlib.figure import Figure

        shown = self.rationales[:12]
        rows = max(1, -(-len(shown) // 3))
        figure = Figure(figsize=(10, 3.4 * rows), layout="constrained")
        for axis in (axes := figure.subplots(rows, 3, squeeze=False).flat):
            axis.axis("off")
        for axis, one in zip(axes, shown, strict=False):
            axis.imshow(one.image)
            axis.set_title(make_printable(one.describe()), fontsize=8, wrap=True)
        return figure


def answer_questions(
    model: RationaleModel,
    asked: Sequence[AskedQuestion],
    *,
    task: str | None = None,
    settings: DecodingSettings | None = None,
    folder: str | Path | None = None,
    batch_size: int = 16,
    progress: bool = False,
) -> RationaleReport:
    """Answer questions; a picture that cannot be read is left out and listed.

    Args:
        model: that answers.
        asked: the questions.
        task: of those that name none; ``None``: the model's first.
        settings: how words are chosen.
        folder: where to keep each answer as it is given; those already there are read.
        batch_size: questions in one forward pass.
        progress: whether a bar counts them.

    Raises:
        InvalidArgumentError: if the folder holds answers of another run.
        ImageReadError: if no picture could be read.
        UnknownNameError: if the model knows no such task.
    """
    settings = settings or DecodingSettings()
    for name in {one.task or task for one in asked}:
        model.config.find_task(name)
    kept = None
    if folder is not None:
        run = _describe(model, asked, task, settings)
        kept = ResultFolder(folder, run, kind="answers", build=_build_answer)
    done = {} if kept is None else kept.read()
    waiting = [(n, one) for n, one in enumerate(asked) if n not in done]
    shown = show_progress(waiting, description="Answers", total=len(waiting), enabled=progress)
    failures: dict[Path, ImageFailure] = {}
    for batch in split_batches(shown, batch_size):
        readable = list(_read(batch, task or model.config.tasks[0], failures))
        found = model.answer_examples(
            [example for _, example in readable], settings=settings, batch_size=batch_size
        )
        for (number, _), rationale in zip(readable, found, strict=True):
            done[number] = rationale
            if kept is not None:
                kept.keep(number, rationale)
    if not done and failures:
        raise ImageReadError(
            f"None of {len(failures)} pictures can be read: {next(iter(failures.values())).reason}"
        )
    return RationaleReport(tuple(done[n] for n in sorted(done)), tuple(failures.values()))


def _read(
    batch: Sequence[tuple[int, AskedQuestion]], task: str, failures: dict[Path, ImageFailure]
) -> Iterator[tuple[int, NLEExample]]:
    """Questions whose picture can be read."""
    known: set[Path] = set()
    for number, one in batch:
        if one.picture not in known and one.picture not in failures:
            try:
                read_image(one.picture)
                known.add(one.picture)
            except (ImageReadError, MissingFileError) as error:
                failures[one.picture] = ImageFailure(one.picture, str(error))
        if one.picture in known:
            images = (one.picture,)
            yield number, NLEExample(str(number), one.task or task, images, one.question, (), ())


def _describe(
    model: RationaleModel,
    asked: Sequence[AskedQuestion],
    task: str | None,
    settings: DecodingSettings,
) -> dict[str, Any]:
    return {
        "model": model.name,
        "digest": model.digest,
        "task": task,
        "settings": to_plain(settings),
        "questions": [to_plain(one) for one in asked],
    }


def write_answer_lines(report: RationaleReport, folder: str | Path) -> Path:
    """Write ``answers.jsonl``: picture, task, question, answer, explanation and scores."""
    path = Path(folder) / LINES
    lines = [json.dumps(shorten_rationale(one), ensure_ascii=False) for one in report.rationales]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def shorten_rationale(rationale: Rationale) -> dict[str, Any]:
    """The words and numbers of an answer, without pictures and tokens."""
    names = ("picture", "task", "question", "answer", "explanation", "score")
    found = {name: getattr(rationale, name) for name in names}
    fit = None if rationale.fit is None else rationale.fit.whole
    return {
        **found,
        "answer_probability": rationale.answer_probability,
        "question_fit": fit,
        "notes": rationale.notes,
    }


def _build_answer(plain: dict[str, Any], arrays: dict[str, Any]) -> Rationale:
    words = tuple(
        RationaleWord(
            **{
                **word,
                "attention": None
                if word["attention"] is None
                else arrays[f"words.{place}.attention"],
            }
        )
        for place, word in enumerate(plain["words"])
    )
    rest = {
        "image": arrays["image"],
        "words": words,
        "tokens": tuple(RationaleToken(**token) for token in plain["tokens"]),
        "notes": tuple(plain["notes"]),
        "provenance": Provenance(**plain["provenance"]),
        "fit": None if plain.get("fit") is None else QuestionFit.from_dict(plain["fit"]),
    }
    return Rationale(**{**plain, **rest})
