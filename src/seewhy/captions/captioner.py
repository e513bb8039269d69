"""Captions of pictures from nothing, by a model of ours."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from seewhy.captions.beam_search import BeamSettings
from seewhy.captions.caption_model import CaptionModel
from seewhy.captions.edit import CaptionFailure, CaptionReport, SaidCaption
from seewhy.captions.said_words import describe_words, take_rows
from seewhy.captions.seen_pictures import SeenPicture, batch_pictures
from seewhy.captions.speaker import Saying, Speaker, name_picture, read_speaker_folder
from seewhy.encoders.base import TorchImageEncoder
from seewhy.errors import InvalidArgumentError
from seewhy.progress import show_progress
from seewhy.results import Provenance
from seewhy.text.word_alignment import align_words


@runtime_checkable
class Captioner(Protocol):
    """What gives pictures captions: a model of ours, or one of Hugging Face's."""

    name: str
    settings: BeamSettings

    def provenance(self) -> Provenance:
        """Where its captions come from."""
        ...

    def caption(self, image: Any) -> SaidCaption:
        """The caption of one picture."""
        ...

    def caption_all(
        self,
        images: Sequence[Any],
        *,
        names: Sequence[str] | None = None,
        batch_size: int = 32,
        progress: bool = False,
    ) -> CaptionReport:
        """Captions of many pictures; those that cannot be read are left out and listed."""
        ...


class CaptionWriter(Speaker):
    """One captioner of ours, or an ensemble of several, with all it needs.

    Raises:
        InvalidArgumentError: if a model edits captions, or models do not go together.
    """

    def __init__(
        self,
        models: Sequence[CaptionModel],
        *,
        name: str = "captioner",
        settings: BeamSettings | None = None,
        encoder: TorchImageEncoder | None = None,
    ) -> None:
        super().__init__(models, name=name, settings=settings, encoder=encoder)
        if editors := [model.kind for model in models if model.edits]:
            raise InvalidArgumentError(
                f"{name} holds a {editors[0]}, which edits a caption that is there. Load it with "
                "load_editor."
            )

    @classmethod
    def from_pretrained(
        cls,
        folder: str | Path,
        *,
        name: str | None = None,
        encoder: TorchImageEncoder | None = None,
        settings: BeamSettings | None = None,
    ) -> CaptionWriter:
        """Load what ``save_pretrained`` of a captioner or of one model wrote.

        Raises:
            MissingFileError: if a file is not there.
            DataFormatError: if it is no folder of ours.
            WeightsError: if weights do not fit.
        """
        models, saved = read_speaker_folder(folder)
        return cls(models, name=name or str(folder), settings=settings or saved, encoder=encoder)

    def caption(self, image: Any = None, *, features: Any = None) -> SaidCaption:
        """The caption of one picture.

        Args:
            image: a path, PIL picture or array; ``None`` with ``features``.
            features: of the picture, (boxes, channels), instead of those of the encoder.

        Raises:
            InvalidArgumentError: if there is neither.
            ImageReadError: if the picture cannot be read.
            ShapeError: if the features are of another width than the model's.
        """
        if image is None and features is None:
            raise InvalidArgumentError(
                f"{self.name} looks at the picture: give image= or features=."
            )
        if features is None:
            from seewhy.images.reading import as_image

            as_image(image)  # raises what is wrong with it
        given = None if features is None else [features]
        report = self.caption_all([image], features=given)
        if report.failures:
            raise InvalidArgumentError(f"Nothing to caption: {report.failures[0].reason}.")
        return report.captions[0]

    def caption_all(
        self,
        images: Sequence[Any] | None = None,
        *,
        features: Sequence[Any] | None = None,
        names: Sequence[str] | None = None,
        batch_size: int = 32,
        progress: bool = False,
    ) -> CaptionReport:
        """Captions of many pictures; those that cannot be read are left out and listed.

        Args:
            images: paths, PIL pictures or arrays.
            features: of each picture, instead of those of the encoder.
            names: of the pictures; ``None``: their paths or numbers.
            batch_size: pictures captioned at once.
            progress: whether a bar is shown.

        Raises:
            InvalidArgumentError: if there are not as many of one as of the other.
            ShapeError: if features are of another width than the model's.
        """
        pictures = list(images) if images is not None else [None] * len(features or ())
        for what, given in (("features", features), ("names", names)):
            if given is not None and len(given) != len(pictures):
                raise InvalidArgumentError(
                    f"There are {len(pictures)} pictures, but {len(given)} {what}."
                )
        called = list(names or [name_picture(p, n) for n, p in enumerate(pictures)])
        begin, provenance = time.perf_counter(), self.provenance()
        found: list[SaidCaption] = []
        failures: list[CaptionFailure] = []
        starts = range(0, len(pictures), batch_size)
        for start in show_progress(starts, description="Pictures", enabled=progress):
            end = start + batch_size
            given = None if features is None else features[start:end]
            seen = self.see(pictures[start:end], given)
            named = list(zip(called[start:end], seen, strict=True))
            failures += [
                CaptionFailure(name, picture.reason)
                for name, picture in named
                if isinstance(picture, CaptionFailure)
            ]
            readable = [(name, p) for name, p in named if isinstance(p, SeenPicture)]
            found += self._caption(readable, provenance)
        return CaptionReport(tuple(found), tuple(failures), provenance, time.perf_counter() - begin)

    def _caption(
        self, pictures: list[tuple[str, SeenPicture]], provenance: Provenance
    ) -> list[SaidCaption]:
        if not pictures:
            return []
        saying = self.say(batch_pictures([picture for _, picture in pictures]))
        return [
            self._make(name, picture, place, saying, provenance)
            for place, (name, picture) in enumerate(pictures)
        ]

    def _make(
        self, name: str, picture: SeenPicture, place: int, saying: Saying, provenance: Provenance
    ) -> SaidCaption:
        said = self.vocabulary.decode(saying.found.words[place, 0].tolist())
        regions = take_rows(saying.read.regions, place, len(said), len(picture.values))
        operations = align_words((), said)
        is_finished = bool(saying.found.is_finished[place, 0])
        notes = (
            () if is_finished else (f"no end within {self.settings.max_words} words; cut there",)
        )
        return SaidCaption(
            name=name,
            caption=" ".join(said),
            words=describe_words(said, operations, saying, place, None, regions),
            score=float(saying.found.scores[place, 0]),
            alternatives=self.list_alternatives(saying.found, place),
            region_attention=regions,
            grid=picture.grid,
            boxes=picture.boxes,
            image=picture.image,
            provenance=provenance,
            notes=notes,
        )
