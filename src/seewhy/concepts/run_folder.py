"""Explanations kept as they are finished, so that a run that is stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from seewhy.concepts.dynamics import DeletionCurve
from seewhy.concepts.explainer import ConceptExplainer
from seewhy.concepts.mutual_information import MutualKnowledge
from seewhy.concepts.reference import ConceptReference
from seewhy.concepts.report import (
    ConceptReport,
    NamedPart,
    PartsExplanation,
    PictureConcepts,
    Pull,
    ScoredConcept,
)
from seewhy.errors import DataFormatError, ImageReadError, InvalidArgumentError
from seewhy.images.ellipses import Ellipse
from seewhy.results import to_plain

RUN_FILE, PICTURES, REFERENCE = "run.json", "pictures", "reference.safetensors"


class RunFolder:
    """A folder that holds the pictures of one run that are done.

    Each picture has ``pictures/NAME.json`` and ``pictures/NAME.npz``, written whole or not at
    all. ``run.json`` says which run it is: model, classes, vocabulary and settings.
    """

    def __init__(self, folder: str | Path, run: Mapping[str, Any]) -> None:
        """Open or make the folder.

        Args:
            folder: where to keep pictures.
            run: everything that decides the explanations, as JSON would hold it.

        Raises:
            InvalidArgumentError: if the folder holds another run.
        """
        self.folder, self.pictures = Path(folder), Path(folder) / PICTURES
        self.pictures.mkdir(parents=True, exist_ok=True)
        path = self.folder / RUN_FILE
        content = json.dumps(to_plain(run), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        if path.is_file() and path.read_text(encoding="utf-8") != content:
            raise InvalidArgumentError(
                f"{self.folder} holds the results of another run (see {path}). Save to another "
                "folder, or remove this one."
            )
        path.write_text(content, encoding="utf-8")

    def find_reference(self, digest: str) -> ConceptReference | None:
        """Foreground and parts the run was fitted with, if it came that far."""
        path = self.folder / REFERENCE
        return ConceptReference.load(path, digest=digest) if path.is_file() else None

    def keep_reference(self, reference: ConceptReference) -> None:
        """Keep foreground and parts, so that what is still to come is divided alike."""
        if not (self.folder / REFERENCE).is_file():
            reference.save(self.folder / REFERENCE)

    def keep(self, picture: PictureConcepts) -> None:
        """Keep one picture."""
        arrays: dict[str, Any] = {}
        plain = to_plain(picture, arrays=arrays)
        stem = self.pictures / _file_name(picture.name)
        with stem.with_suffix(".npz").open("wb") as file:
            np.savez_compressed(file, **arrays)
        unfinished = stem.with_suffix(".part")
        unfinished.write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
        unfinished.replace(stem.with_suffix(".json"))  # the JSON says that all of it is there

    def read(self, names: Sequence[str]) -> dict[str, PictureConcepts]:
        """Those of the named pictures that are done, by name.

        Raises:
            DataFormatError: if a file is damaged; names it.
        """
        found = {}
        for name in names:
            path = (self.pictures / _file_name(name)).with_suffix(".json")
            if path.is_file():
                found[name] = _read_picture(path)
        return found


def explain_into(
    folder: str | Path | None,
    explainer: ConceptExplainer,
    paths: Sequence[Path],
    *,
    labels: Mapping[str, str] | None = None,
) -> ConceptReport:
    """Explain pictures, keeping each in a folder as it is done; those already there are read.

    Args:
        folder: where to keep them; ``None`` keeps nothing.
        explainer: of the pictures.
        paths: of the pictures.
        labels: true class of a picture by its path, where known.

    Raises:
        InvalidArgumentError: if the folder holds another run.
        ImageReadError: if no picture could be read, now or before.
    """
    if folder is None:
        return explainer.report(list(explainer.run(paths, labels=labels)))
    run = RunFolder(folder, explainer.describe_run(labels))
    done = run.read([str(path) for path in paths])
    pending = [path for path in paths if str(path) not in done]
    if done:
        explainer.reference = explainer.used_reference = run.find_reference(
            explainer.encoder.digest
        )
    try:
        for picture in explainer.run(pending, labels=labels) if pending else ():
            if explainer.used_reference is not None:
                run.keep_reference(explainer.used_reference)
            run.keep(picture)
            done[picture.name] = picture
    except ImageReadError:  # those that are left are all bad; the report lists them
        if not done:
            raise
    return explainer.report([done[str(path)] for path in paths if str(path) in done])


def _file_name(name: str) -> str:
    """A short file name that no two pictures share."""
    stem = "".join(c if c.isalnum() else "-" for c in Path(name).stem)[:60]
    return f"{stem}-{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def _read_picture(path: Path) -> PictureConcepts:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        with (
            path.with_suffix(".npz").open("rb") as file,
            np.load(file, allow_pickle=False) as arrays,
        ):
            return _rebuild_picture(plain, {name: arrays[name] for name in arrays.files})
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise DataFormatError(
            f"{path} is damaged ({error}). Remove it, and its picture is explained anew."
        ) from error


def _rebuild_picture(plain: Mapping[str, Any], arrays: Mapping[str, Any]) -> PictureConcepts:
    return PictureConcepts(
        name=plain["name"],
        image=arrays["image"],
        prediction=_scored(plain["prediction"]),
        label=plain["label"],
        explained=plain["explained"],
        class_concepts=_scored(plain["class_concepts"]),
        foreground=arrays["foreground"],
        explanations=tuple(
            _rebuild_explanation(entry, arrays[f"explanations.{place}.regions"])
            for place, entry in enumerate(plain["explanations"])
        ),
        pulls=tuple(Pull(**entry) for entry in plain["pulls"]),
        notes=tuple(plain["notes"]),
    )


def _rebuild_explanation(plain: Mapping[str, Any], regions: Any) -> PartsExplanation:
    curve = plain["curve"]
    return PartsExplanation(
        method=plain["method"],
        parts=tuple(_rebuild_part(entry) for entry in plain["parts"]),
        regions=regions,
        ranked=_scored(plain["ranked"]),
        shared=tuple(plain["shared"]),
        knowledge=MutualKnowledge(**plain["knowledge"]),
        curve=DeletionCurve(**{**curve, "values": tuple(curve["values"])}),
        candidates=plain["candidates"],
        notes=tuple(plain["notes"]),
    )


def _rebuild_part(plain: Mapping[str, Any]) -> NamedPart:
    ellipse = plain["ellipse"]
    return NamedPart(
        label=plain["label"],
        concepts=_scored(plain["concepts"]),
        ellipse=Ellipse(tuple(ellipse["center"]), tuple(ellipse["axes"]), ellipse["angle"]),
        area=plain["area"],
    )


def _scored(entries: Sequence[Mapping[str, Any]]) -> tuple[ScoredConcept, ...]:
    return tuple(ScoredConcept(**entry) for entry in entries)
