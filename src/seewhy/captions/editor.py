"""Editing captions: what is right stays, what is wrong is mended, and each change is shown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from seewhy.captions.beam_search import BeamSettings
from seewhy.captions.caption_model import CaptionModel
from seewhy.captions.edit import CaptionFailure, CaptionReport, Edit
from seewhy.captions.inputs import add_attributes, encode_attributes, pad_captions
from seewhy.captions.said_words import describe_words, take_rows
from seewhy.captions.seen_pictures import SeenPicture, batch_pictures
from seewhy.captions.speaker import Saying, Speaker, name_picture, read_speaker_folder
from seewhy.encoders.base import TorchImageEncoder
from seewhy.errors import InvalidArgumentError
from seewhy.progress import show_progress
from seewhy.results import Provenance
from seewhy.text.word_alignment import align_words
from seewhy.text.word_vocabulary import split_words


class CaptionEditor(Speaker):
    """One editor, or an ensemble of several, with all it needs to edit a caption of a picture.

    Raises:
        InvalidArgumentError: if a model does not edit, or models do not go together.
    """

    def __init__(
        self,
        models: Sequence[CaptionModel],
        *,
        name: str = "editor",
        settings: BeamSettings | None = None,
        encoder: TorchImageEncoder | None = None,
    ) -> None:
        super().__init__(models, name=name, settings=settings, encoder=encoder)
        if writers := [model.kind for model in models if not model.edits]:
            raise InvalidArgumentError(
                f"{name} holds a {writers[0]}, which writes captions and edits none. Load it with "
                "load_captioner."
            )

    @classmethod
    def from_pretrained(
        cls,
        folder: str | Path,
        *,
        name: str | None = None,
        encoder: TorchImageEncoder | None = None,
        settings: BeamSettings | None = None,
    ) -> CaptionEditor:
        """Load what ``save_pretrained`` of an editor or of one model wrote.

        Raises:
            MissingFileError: if a file is not there.
            DataFormatError: if it is no folder of ours.
            WeightsError: if weights do not fit.
        """
        models, saved = read_speaker_folder(folder)
        return cls(models, name=name or str(folder), settings=settings or saved, encoder=encoder)

    @property
    def reads_attributes(self) -> bool:
        """Whether it takes words that are likely in a picture beside the picture."""
        return any(model.reads_attributes for model in self.models)

    def check_attributes(self) -> None:
        """Refuse attributes where no model reads them.

        Raises:
            InvalidArgumentError: names the models.
        """
        if not self.reads_attributes:
            kinds = ", ".join(model.kind for model in self.models)
            raise InvalidArgumentError(
                f"{self.name} ({kinds}) was trained without attributes and reads none. Leave them "
                "out, or load a modification network that was trained with them."
            )

    def edit(
        self,
        image: Any = None,
        caption: str = "",
        *,
        features: Any = None,
        attributes: Sequence[str] = (),
    ) -> Edit:
        """Edit the caption of one picture.

        Args:
            image: a path, PIL picture or array; ``None`` for an editor that sees none, or with
                ``features``.
            caption: any text; an empty one is written anew.
            features: of the picture, (boxes, channels), instead of those of the encoder.
            attributes: words that are likely in the picture, for a modification network that
                was trained with them.

        Raises:
            InvalidArgumentError: if the editor knows no word of the caption, has no picture, or
                reads no attributes.
            ImageReadError: if the picture cannot be read.
            ShapeError: if the features are of another width than the model's.
        """
        given = None if features is None else [features]
        if features is None and image is not None:
            from seewhy.images.reading import as_image

            as_image(image)  # raises what is wrong with it
        if self.sees and image is None and features is None:
            raise InvalidArgumentError(
                f"{self.name} looks at the picture: give image= or features=."
            )
        report = self.edit_all([image], [caption], features=given, attributes=[attributes])
        if report.failures:
            raise InvalidArgumentError(f"Nothing to edit: {report.failures[0].reason}.")
        return report.edits[0]

    def edit_all(
        self,
        images: Sequence[Any] | None,
        captions: Sequence[str],
        *,
        features: Sequence[Any] | None = None,
        names: Sequence[str] | None = None,
        attributes: Sequence[Sequence[str]] | None = None,
        batch_size: int = 32,
        progress: bool = False,
    ) -> CaptionReport:
        """Edit the captions of many pictures; what cannot be edited is left out and listed.

        Args:
            images: a path, PIL picture or array for each caption; ``None`` for an editor that
                sees none, or with ``features``.
            captions: the existing ones.
            features: of each picture, instead of those of the encoder.
            names: of the pictures; ``None``: their paths or numbers.
            attributes: words that are likely in each picture; none for those that have none.
            batch_size: captions edited at once.
            progress: whether a bar is shown.

        Raises:
            InvalidArgumentError: if there are not as many of one as of the other, or there are
                attributes and the editor reads none.
            ShapeError: if features are of another width than the model's.
        """
        pictures = list(images) if images is not None else [None] * len(captions)
        lists = {"images": pictures, "features": features, "names": names}
        for what, given in (lists | {"attributes": attributes}).items():
            if given is not None and len(given) != len(captions):
                raise InvalidArgumentError(
                    f"There are {len(captions)} captions, but {len(given)} {what}."
                )
        if attributes is not None and any(attributes):
            self.check_attributes()
        called = list(names or [name_picture(p, n) for n, p in enumerate(pictures)])
        begin, edits, failures = time.perf_counter(), [], []
        provenance = self.provenance()
        starts = range(0, len(captions), batch_size)
        for start in show_progress(starts, description="Captions", enabled=progress):
            rows = range(start, min(start + batch_size, len(captions)))
            batch = _Batch(self, provenance, [called[n] for n in rows])
            batch.read([captions[n] for n in rows], attributes and [attributes[n] for n in rows])
            batch.look(
                [pictures[n] for n in rows],
                None if features is None else [features[n] for n in rows],
            )
            edits += batch.edit()
            failures += batch.failures
        seconds = time.perf_counter() - begin
        return CaptionReport(tuple(edits), tuple(failures), provenance, seconds)


class _Batch:
    """Captions that are edited at once."""

    def __init__(self, editor: CaptionEditor, provenance: Provenance, names: list[str]) -> None:
        self.editor, self.provenance, self.names = editor, provenance, names
        self.failed: dict[int, str] = {}
        self.pictures: list[SeenPicture | None] = [None] * len(names)

    @property
    def failures(self) -> list[CaptionFailure]:
        """What was left out."""
        return [CaptionFailure(self.names[row], why) for row, why in sorted(self.failed.items())]

    def read(self, captions: list[str], attributes: Sequence[Sequence[str]] | None) -> None:
        """Split captions into words, and leave out those of unknown words only."""
        vocabulary, longest = self.editor.vocabulary, self.editor.longest
        self.captions = captions
        self.words = [vocabulary.split(caption) for caption in captions]
        self.numbers = [vocabulary.encode(words, max_words=longest) for words in self.words]
        for row, numbers in enumerate(self.numbers):
            if numbers and all(number == vocabulary.unknown for number in numbers):
                self.failed[row] = f"{self.editor.name} knows no word of {captions[row]!r}"
        self.attributes = attributes or [()] * len(captions)
        self.hints = [encode_attributes(words, vocabulary) for words in self.attributes]

    def look(self, images: list[Any], features: list[Any] | None) -> None:
        """Take the pictures or their features in."""
        if features is None and all(image is None for image in images):
            if self.editor.sees:
                reason = f"{self.editor.name} looks at the picture, and there is none"
                self.failed |= dict.fromkeys(range(len(images)), reason)
            return
        for row, found in enumerate(self.editor.see(images, features)):
            if isinstance(found, SeenPicture):
                self.pictures[row] = found
            elif found is not None:
                self.failed[row] = found.reason

    def edit(self) -> list[Edit]:
        """Edit what was not left out."""
        rows = [row for row in range(len(self.names)) if row not in self.failed]
        if not rows:
            return []
        seen = [self.pictures[row] for row in rows] if self.editor.sees else []
        inputs = replace(
            batch_pictures(seen), caption=pad_captions([self.numbers[row] for row in rows])
        )
        if any(hints := [self.hints[row] for row in rows]):
            inputs = add_attributes(inputs, hints)
        may_stay = torch.tensor([self._is_read_whole(row) for row in rows])
        saying = self.editor.say(inputs, may_stay=may_stay)
        return [self._make(row, place, saying) for place, row in enumerate(rows)]

    def _is_read_whole(self, row: int) -> bool:
        """Whether there is a caption, and the models know each of its words."""
        numbers = self.numbers[row]
        return 0 < len(self.words[row]) == len(numbers) and (
            self.editor.vocabulary.unknown not in numbers
        )

    def _make(self, row: int, place: int, saying: Saying) -> Edit:
        editor, existing = self.editor, tuple(self.words[row])
        numbers = saying.found.words[place, 0].tolist()
        said = tuple(editor.vocabulary.decode(numbers))
        operations = align_words(existing, said)
        picture = self.pictures[row]
        word_attention = take_rows(saying.read.words, place, len(said), len(self.numbers[row]))
        boxes = None if picture is None else len(picture.values)
        region_attention = take_rows(saying.read.regions, place, len(said), boxes)
        is_unchanged = said == existing
        unknown = [w for w in existing[: editor.longest] if w not in editor.vocabulary]
        return Edit(
            name=self.names[row],
            caption=self.captions[row] if is_unchanged else " ".join(said),
            words=describe_words(said, operations, saying, place, word_attention, region_attention),
            score=float(saying.found.scores[place, 0]),
            alternatives=editor.list_alternatives(saying.found, place),
            region_attention=region_attention,
            grid=None if picture is None else picture.grid,
            boxes=None if picture is None else picture.boxes,
            image=None if picture is None else picture.image,
            provenance=self.provenance,
            notes=(
                *self._note(row, bool(saying.found.is_finished[place, 0])),
                *self._note_refusal(saying, place),
            ),
            existing=self.captions[row],
            existing_words=existing,
            operations=operations,
            unknown_words=tuple(dict.fromkeys(unknown)),
            attributes=tuple(editor.vocabulary.decode(self.hints[row])),
            word_attention=word_attention,
        )

    def _note(self, row: int, is_finished: bool) -> tuple[str, ...]:
        notes = []
        longest = self.editor.longest
        if len(self.words[row]) > longest:
            notes.append(
                f"only the first {longest} of {len(self.words[row])} words were read; the rest is "
                "counted as deleted"
            )
        if not self.words[row]:
            notes.append("there was no caption: all words are new")
        words = dict.fromkeys(split_words(" ".join(self.attributes[row])))
        if unknown := [word for word in words if word not in self.editor.vocabulary]:
            notes.append(f"attributes that it does not know: {', '.join(unknown)}")
        if not is_finished:
            notes.append(f"no end within {self.editor.settings.max_words} words; cut there")
        return tuple(notes)

    def _note_refusal(self, saying: Saying, place: int) -> tuple[str, ...]:
        refusal = saying.refusals[place] if saying.refusals else None
        if refusal is None:
            return ()
        edit = " ".join(self.editor.vocabulary.decode(refusal.words))
        return (
            f"kept: {edit!r} differs in log-probability by {refusal.gain:+.1f}, less than the "
            f"margin of {self.editor.settings.margin:g}",
        )
