"""Captions of many pictures, and edits of theirs, by name; kept in a folder as they are made."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from seewhy.captions.caption_folder import build_caption
from seewhy.captions.captioner import Captioner, CaptionWriter
from seewhy.captions.edit import CaptionFailure, CaptionReport, SaidCaption
from seewhy.captions.editor import CaptionEditor
from seewhy.captions.speaker import Speaker
from seewhy.datasets.picture_features import PictureFeatures
from seewhy.encoders.base import split_batches
from seewhy.errors import InvalidArgumentError
from seewhy.progress import show_progress
from seewhy.results import ResultFolder, to_plain
from seewhy.training.feature_store import FeatureStore

NamedPicture = tuple[str, Path | None]
"""Its id, and its file; ``None`` where it is known by its features only."""
BATCHES_AT_ONCE = 4


def caption_pictures(
    captioner: Captioner,
    pictures: Sequence[NamedPicture],
    *,
    store: FeatureStore | None = None,
    folder: str | Path | None = None,
    batch_size: int = 32,
    progress: bool = False,
) -> CaptionReport:
    """Captions of pictures by their ids; those that cannot be read are left out and listed.

    Args:
        captioner: any.
        pictures: id and file of each, as ``name_pictures`` gives them.
        store: features of the pictures by id, instead of those of the captioner's encoder.
        folder: where to keep each caption as it is made; those already there are read.
        batch_size: pictures captioned at once.
        progress: whether a bar counts them.

    Raises:
        InvalidArgumentError: if the folder holds another run, the captioner takes no features, or
            those of the store are of another encoder.
        ShapeError: if features are of another width than the captioner's.
    """
    if store is not None and not isinstance(captioner, CaptionWriter):
        raise InvalidArgumentError(f"{captioner.name} sees pictures itself; it takes no features.")

    def work(part: Sequence[NamedPicture]) -> CaptionReport:
        images, names = [path for _, path in part], [name for name, _ in part]
        if store is None:
            return captioner.caption_all(images, names=names, batch_size=batch_size)
        assert isinstance(captioner, CaptionWriter)  # noqa: S101  as checked at the start
        features = find_features(captioner, store, names)
        return captioner.caption_all(images, features=features, names=names, batch_size=batch_size)

    return _run(captioner, pictures, {"existing": {}}, work, folder, batch_size, progress)


def edit_pictures(
    editor: CaptionEditor,
    pictures: Sequence[NamedPicture],
    captions: Mapping[str, str],
    *,
    attributes: Mapping[str, Sequence[str]] | None = None,
    store: FeatureStore | None = None,
    folder: str | Path | None = None,
    batch_size: int = 32,
    progress: bool = False,
) -> CaptionReport:
    """Edit captions of pictures by their ids; what cannot be edited is left out and listed.

    Args:
        editor: any.
        pictures: id and file of each, as ``name_pictures`` gives them.
        captions: the existing ones, by id; a picture without one is left out and listed.
        attributes: words that are likely in a picture, by id, for an editor that reads them; a
            picture without any is edited as it is.
        store: features of the pictures by id, instead of those of the editor's encoder.
        folder: where to keep each edit as it is made; those already there are read.
        batch_size: captions edited at once.
        progress: whether a bar counts them.

    Raises:
        InvalidArgumentError: if none of the pictures has a caption, or none attributes where
            they are given; the editor reads no attributes; the folder holds another run; or
            features of the store are of another encoder.
        ShapeError: if features are of another width than the editor's.
    """
    known = _choose(pictures, captions, "a caption")
    hints = None if attributes is None else _find_hints(editor, known, attributes)

    def work(part: Sequence[NamedPicture]) -> CaptionReport:
        names = [name for name, _ in part]
        is_seen = store is not None and editor.sees
        return editor.edit_all(
            [path for _, path in part],
            [captions[name] for name in names],
            features=find_features(editor, store, names) if is_seen and store else None,
            names=names,
            attributes=None if hints is None else [hints.get(name, []) for name in names],
            batch_size=batch_size,
        )

    missing = [
        CaptionFailure(name, f"{name} has no caption to edit")
        for name, _ in pictures
        if name not in captions
    ]
    given: dict[str, Any] = {"existing": {name: captions[name] for name, _ in known}}
    notes: tuple[str, ...] = ()
    if attributes is not None and hints is not None:
        given["attributes"] = hints
        notes = _count_hints(len(known), len(hints), len(attributes))
    report = _run(editor, known, given, work, folder, batch_size, progress)
    return replace(report, failures=(*report.failures, *missing), notes=notes)


def _choose(
    pictures: Sequence[NamedPicture], given: Mapping[str, object], what: str
) -> list[NamedPicture]:
    """The pictures of which something is given.

    Raises:
        InvalidArgumentError: if it is given of none.
    """
    known = [(name, path) for name, path in pictures if name in given]
    if not known:
        raise InvalidArgumentError(
            f"None of {len(pictures)} pictures has {what}: they go by ids as "
            f"{', '.join(name for name, _ in pictures[:3]) or 'none'}, what is given by "
            f"{', '.join(list(given)[:3]) or 'none'}."
        )
    return known


def _find_hints(
    editor: CaptionEditor, known: Sequence[NamedPicture], attributes: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Attributes of the pictures that are edited."""
    editor.check_attributes()
    chosen = _choose(known, attributes, "attributes")
    return {name: list(attributes[name]) for name, _ in chosen}


def _count_hints(pictures: int, hinted: int, given: int) -> tuple[str, ...]:
    """What to say of pictures without attributes, and of attributes without a picture."""
    notes = []
    if pictures > hinted:
        notes.append(f"{pictures - hinted} of {pictures} pictures have no attributes")
    if given > hinted:
        notes.append(f"attributes are given of {given - hinted} pictures that are not edited")
    return tuple(notes)


def find_features(
    speaker: Speaker, store: FeatureStore, names: Sequence[str]
) -> list[PictureFeatures | None]:
    """Features of pictures from a store; ``None`` for those that it lacks.

    Raises:
        InvalidArgumentError: if they are of another encoder than the models were trained on.
    """
    wanted, given = speaker.source.get("digest"), store.settings.source.get("digest")
    if wanted and given and wanted != given:
        raise InvalidArgumentError(
            f"{speaker.name} was trained on features of {speaker.source.get('encoder')} "
            f"({str(wanted)[:12]}); {store.folder} holds those of "
            f"{store.settings.source.get('encoder')} ({str(given)[:12]})."
        )
    known = set(store)
    return [store[name] if name in known else None for name in names]


def _run(
    speaker: Captioner | CaptionEditor,
    pictures: Sequence[NamedPicture],
    given: Mapping[str, Any],
    work: Callable[[Sequence[NamedPicture]], CaptionReport],
    folder: str | Path | None,
    batch_size: int,
    progress: bool,
) -> CaptionReport:
    """Take what is not done yet, a few batches at a time."""
    begin, provenance = time.perf_counter(), speaker.provenance()
    run: dict[str, Any] = {
        "model": provenance.model,
        "digest": provenance.model_digest,
        "settings": to_plain(provenance.settings),
        "search": asdict(speaker.settings),
        "pictures": to_plain(pictures),
        **given,
    }
    kept = None
    if folder is not None:
        kept = ResultFolder(folder, run, kind="captions", build=build_caption)
    done: dict[int, SaidCaption] = {} if kept is None else kept.read()
    waiting = [(n, picture) for n, picture in enumerate(pictures) if n not in done]
    shown = show_progress(waiting, description="Captions", total=len(waiting), enabled=progress)
    failures: list[CaptionFailure] = []
    for part in split_batches(shown, batch_size * BATCHES_AT_ONCE):
        report = work([picture for _, picture in part])
        numbers = {name: number for number, (name, _) in part}
        for said in report.captions:
            done[numbers[said.name]] = said
            if kept is not None:
                kept.keep(numbers[said.name], said)
        failures += report.failures
    found = tuple(done[number] for number in sorted(done))
    return CaptionReport(found, tuple(failures), provenance, time.perf_counter() - begin)
