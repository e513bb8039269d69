"""VQA-X: questions about COCO pictures, from the authors' file or from VQA v2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from seewhy.datasets.examples import ExampleStream, first_there, picture_name
from seewhy.datasets.nle import NLEExample
from seewhy.datasets.normalizing import read_cleaned
from seewhy.datasets.records import Record, read_entries, read_json
from seewhy.errors import DataFormatError, InvalidArgumentError


def read_vqa_x(annotations: str | Path, images: str | Path | None = None) -> ExampleStream:
    """The examples of a prepared file (``vqaX_train.json``), in file order.

    It is a dictionary by question of ``question``, ``answers`` (ten of ``{"answer": ...}``),
    ``image_id``, ``image_name`` and ``explanation``, a list.

    Args:
        annotations: the file.
        images: folder that holds ``train2014`` and ``val2014``, or the pictures themselves.

    Raises:
        MissingFileError: if the folder is not there; when read, if the file is not.
        DataFormatError: when read, if an entry lacks a field; names file, entry and field.

    Source: Park et al. (CVPR 2018), arXiv:1802.08129; NLX-GPT (CVPR 2022), arXiv:2203.05081.
    """
    folder = None if images is None else Path(images)

    def read() -> Iterator[NLEExample]:
        for key, entry in read_entries(annotations):
            yield NLEExample(
                id=key,
                task="vqa-x",
                images=(first_there(folder, _candidates(entry.text("image_name"), entry.place)),),
                question=entry.text("question"),
                answers=_read_answers(entry),
                explanations=entry.texts("explanation"),
            )

    return ExampleStream(read, images)


def read_vqa_x_sources(
    explanations: str | Path,
    questions: Sequence[str | Path],
    annotations: Sequence[str | Path],
    images: str | Path | None = None,
    *,
    names: str | Path | None = None,
) -> ExampleStream:
    """The examples of a split of VQA-X, joined from its explanations and VQA v2.

    Both files of VQA v2, of ``train2014`` and ``val2014``, are needed for every split. The
    examples are those of the prepared file: explanations in lower case without periods.

    Args:
        explanations: of the split: a dictionary of a list of texts by question.
        questions: ``v2_OpenEnded_mscoco_{train,val}2014_questions.json``.
        annotations: ``v2_mscoco_{train,val}2014_annotations.json``, in the same order.
        images: as in ``read_vqa_x``.
        names: dictionary of the picture's name by its id (``coco_id2name.json``); without it,
            names follow from the ids, as COCO forms them.

    Raises:
        InvalidArgumentError: if there is not one annotations file for each of questions.
        MissingFileError: if the folder is not there; when read, if a file is not.
        DataFormatError: when read, if a question of the split is in no file of VQA v2, or an
            entry lacks a field.
    """
    if len(questions) != len(annotations) or not questions:
        raise InvalidArgumentError(
            f"Give one file of annotations for each of questions, got {len(annotations)} and "
            f"{len(questions)}."
        )
    folder = None if images is None else Path(images)

    def read() -> Iterator[NLEExample]:
        reasons = _read_reasons(explanations)
        asked = _index_questions(questions, set(reasons))
        answered = _index_annotations(annotations, set(reasons))
        named = Record(read_json(names), str(names)) if names is not None else None
        for key, texts in reasons.items():
            if key not in asked or key not in answered:
                lacking = "questions" if key not in asked else "annotations"
                raise DataFormatError(
                    f"{explanations}: question {key} is in none of the {lacking} of VQA v2; give "
                    "the files of train2014 and val2014."
                )
            question, subset = asked[key]
            name = _name_picture(question, subset, named)
            yield NLEExample(
                id=key,
                task="vqa-x",
                images=(first_there(folder, _candidates(name, question.place)),),
                question=question.text("question"),
                answers=_read_answers(answered[key]),
                explanations=texts,
            )

    return ExampleStream(read, images)


def _read_answers(entry: Record) -> tuple[str, ...]:
    answers = entry.get("answers")
    if not isinstance(answers, list) or not answers:
        raise entry.wrong("answers", "a list of {'answer': ...}", answers)
    return tuple(
        Record(answer, f"{entry.place}, answer {number}").text("answer")
        for number, answer in enumerate(answers, start=1)
    )


def _candidates(name: str, place: str) -> list[Path]:
    """Where a COCO picture may be: in the folder of its part, or beside all others."""
    path = picture_name(name, place)
    if len(path.parts) > 1:
        return [path]
    return [Path("train2014" if "train" in name else "val2014") / path, path]


def _read_reasons(path: str | Path) -> dict[str, tuple[str, ...]]:
    content = read_json(path)
    table = Record(content, str(path))
    return {str(key): read_cleaned(table, key) for key in table.values}


def _index_questions(
    paths: Sequence[str | Path], wanted: set[str]
) -> dict[str, tuple[Record, str]]:
    """Questions by their id, with the part of COCO that their file is about."""
    found = {}
    for path in paths:
        content = Record(read_json(path), str(path))
        subset = content.text("data_subtype")
        for key, entry in _entries_of(content, "questions"):
            if key in wanted:
                found[key] = entry, subset
    return found


def _index_annotations(paths: Sequence[str | Path], wanted: set[str]) -> dict[str, Record]:
    found: dict[str, Record] = {}
    for path in paths:
        entries = _entries_of(Record(read_json(path), str(path)), "annotations")
        found |= {key: entry for key, entry in entries if key in wanted}
    return found


def _entries_of(content: Record, field: str) -> Iterator[tuple[str, Record]]:
    entries = content.get(field)
    if not isinstance(entries, list):
        raise content.wrong(field, "a list", entries)
    for index, values in enumerate(entries):
        entry = Record(values, f"{content.place}, {field}[{index}]")
        yield entry.key("question_id"), entry


def _name_picture(question: Record, subset: str, names: Record | None) -> str:
    picture = question.key("image_id")
    if names is not None:
        return names.text(picture)
    return f"COCO_{subset}_{int(picture):012d}.jpg"
