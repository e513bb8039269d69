"""Answers to many questions: kept as they are given, so that a run that is stopped goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seewhy.datasets.nle import NLEExample
from seewhy.encoders.base import split_batches
from seewhy.errors import DataFormatError, ImageReadError, InvalidArgumentError, MissingFileError
from seewhy.images.folders import ImageFailure
from seewhy.images.reading import read_image
from seewhy.progress import show_progress
from seewhy.rationales.decoding import DecodingSettings
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.questions import AskedQuestion
from seewhy.rationales.rationale import (
    Rationale,
    RationaleToken,
    RationaleWord,
    make_printable,
)
from seewhy.results import Provenance, Result, to_plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RUN_FILE, DETAILS, LINES = "run.json", "answers", "answers.jsonl"


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
    kept = None if folder is None else AnswerFolder(folder, _describe(model, asked, task, settings))
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


class AnswerFolder:
    """A folder of answers: one file each, written whole or not at all."""

    def __init__(self, folder: str | Path, run: Mapping[str, Any]) -> None:
        """Open or make the folder.

        Raises:
            InvalidArgumentError: if it holds the answers of another run.
        """
        self.folder, self.details = Path(folder), Path(folder) / DETAILS
        self.details.mkdir(parents=True, exist_ok=True)
        path = self.folder / RUN_FILE
        content = json.dumps(run, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        if path.is_file() and path.read_text(encoding="utf-8") != content:
            raise InvalidArgumentError(
                f"{self.folder} holds the answers of another run (see {path}). Save to another "
                "folder, or remove this one."
            )
        path.write_text(content, encoding="utf-8")

    def keep(self, number: int, rationale: Rationale) -> None:
        """Keep one answer."""
        arrays: dict[str, Any] = {}
        plain = to_plain(rationale, arrays=arrays)
        stem = self.details / f"{number:06d}"
        with stem.with_suffix(".npz").open("wb") as file:
            np.savez_compressed(file, **arrays)
        unfinished = stem.with_suffix(".part")
        unfinished.write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
        unfinished.replace(stem.with_suffix(".json"))  # the JSON says that all of it is there

    def read(self) -> dict[int, Rationale]:
        """The answers that are there, by number.

        Raises:
            DataFormatError: if a file is damaged; names it.
        """
        return {int(path.stem): _read_answer(path) for path in sorted(self.details.glob("*.json"))}


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
    return {**found, "answer_probability": rationale.answer_probability, "notes": rationale.notes}


def _read_answer(path: Path) -> Rationale:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
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
            image = arrays["image"]
        rest = {
            "image": image,
            "words": words,
            "tokens": tuple(RationaleToken(**token) for token in plain["tokens"]),
            "notes": tuple(plain["notes"]),
            "provenance": Provenance(**plain["provenance"]),
        }
        return Rationale(**{**plain, **rest})
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise DataFormatError(
            f"{path} is damaged ({error}). Remove it, and its question is answered anew."
        ) from error
