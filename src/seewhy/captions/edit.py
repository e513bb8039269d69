"""What an edit is: a caption kept, changed and extended, with what was looked at for each word."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seewhy.captions.seen_pictures import Picture, SeenPicture, paint_attention
from seewhy.results import Provenance, Result
from seewhy.text.word_alignment import OperationKind, WordOperation, count_operations

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class SaidWord:
    """One word of a caption, and what the model looked at when it said it."""

    text: str
    kind: OperationKind
    """``keep``, ``replace`` or ``insert``; in a caption from nothing all are ``insert``."""
    probability: float | None = None
    """Of this word after those before it, 0 to 1, where the model tells."""
    gate: float | None = None
    """How much came from the existing caption, 0 to 1: the mean of EditNet's copy gate, or of
    the modification network's residual gate."""
    attended_word: int | None = None
    """Which word of the existing caption was looked at most, counted from 0."""
    attended_region: int | None = None
    """Which region or cell of the picture was looked at most, counted from 0."""


@dataclass(frozen=True)
class Alternative:
    """Another caption that was found, and its score."""

    caption: str
    score: float


@dataclass(frozen=True, eq=False)
class SaidCaption(Result):
    """A caption that a model gave a picture."""

    name: str
    """Of the picture."""
    caption: str
    words: tuple[SaidWord, ...]
    score: float
    """Log-probability of the caption, its end among it; with a length penalty, divided."""
    alternatives: tuple[Alternative, ...]
    """Next best captions, best first."""
    region_attention: Floats | None
    """(words, boxes)."""
    grid: tuple[int, int] | None
    """Rows and columns of the regions, where they lie on a grid."""
    boxes: Floats | None
    """Left, top, right and bottom of the regions as fractions of the picture, (boxes, 4)."""
    image: Picture | None
    """The picture as the model sees it, (height, width, 3)."""
    provenance: Provenance
    notes: tuple[str, ...] = ()

    @property
    def can_show_regions(self) -> bool:
        """Whether there is a picture to show the regions on."""
        has_place = self.grid is not None or self.boxes is not None
        return self.image is not None and has_place and self.region_attention is not None

    def show_regions(self, word: int) -> Picture:
        """The picture under the attention to it when a word was said, counted from 0.

        Raises:
            InvalidArgumentError: if there is no picture, or nobody knows where the regions lie.
        """
        weights = self.region_attention
        boxes = None if self.boxes is None else np.asarray(self.boxes, np.float32)
        values: Any = None
        seen = SeenPicture(values, self.grid, boxes, self.image)
        return paint_attention(seen, np.zeros(0) if weights is None else weights[word])

    def figure(self) -> Figure:
        """The picture, the words, and where each was seen."""
        from seewhy.captions.figures import draw_caption

        return draw_caption(self)


@dataclass(frozen=True, eq=False)
class Edit(SaidCaption):
    """An existing caption beside what a model made of it."""

    existing: str = ""
    """The caption as it was given."""
    existing_words: tuple[str, ...] = ()
    """Its words as the model reads them."""
    operations: tuple[WordOperation, ...] = ()
    """What turns the existing words into the new ones."""
    unknown_words: tuple[str, ...] = ()
    """Words of the existing caption that the model does not know."""
    attributes: tuple[str, ...] = ()
    """Words that were said to be likely in the picture and that the model read."""
    word_attention: Floats | None = None
    """Over the existing caption, (words, existing words)."""

    @property
    def is_unchanged(self) -> bool:
        """Whether every word was kept."""
        return all(operation.kind == "keep" for operation in self.operations)

    @property
    def num_changes(self) -> int:
        """Words that were replaced, inserted or deleted."""
        changed = [one for one in self.operations if one.kind != "keep"]
        return sum(max(len(one.before), len(one.after)) for one in changed)

    def describe(self) -> str:
        """The edit in a line of text: ``[-word-]`` is gone, ``{+word+}`` is new."""
        parts = []
        for one in self.operations:
            if one.kind == "keep":
                parts.append(" ".join(one.after))
                continue
            gone = f"[-{' '.join(one.before)}-]" if one.before else ""
            parts.append(gone + (f"{{+{' '.join(one.after)}+}}" if one.after else ""))
        return " ".join(parts)

    def figure(self) -> Figure:
        """Both captions with their changes, and what each word was taken from."""
        from seewhy.captions.figures import draw_edit

        return draw_edit(self)


@dataclass(frozen=True)
class CaptionFailure:
    """A picture or caption that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class CaptionReport(Result):
    """Captions or edits of several pictures."""

    captions: tuple[SaidCaption, ...]
    failures: tuple[CaptionFailure, ...]
    provenance: Provenance
    seconds: float = field(default=0.0)
    notes: tuple[str, ...] = ()
    """What a reader should know of the run as a whole."""

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Those that are edits of an existing caption."""
        return tuple(one for one in self.captions if isinstance(one, Edit))

    @property
    def num_unchanged(self) -> int:
        """Edits that keep every word."""
        return sum(edit.is_unchanged for edit in self.edits)

    def count_words(self) -> dict[str, int]:
        """Words of all edits that were kept, replaced, inserted and deleted."""
        return count_operations(run for edit in self.edits for run in edit.operations)

    def to_captions(self) -> dict[str, str]:
        """Captions by picture, as caption files hold them."""
        return {one.name: one.caption for one in self.captions}

    def save(self, folder: str | Path) -> Path:
        """As every result; ``captions.json`` holds the captions by picture."""
        import json

        path = super().save(folder)
        text = json.dumps(self.to_captions(), ensure_ascii=False, indent=2)
        (path / "captions.json").write_text(text + "\n", encoding="utf-8")
        return path

    def figure(self) -> Figure:
        """How words fared over all captions."""
        from seewhy.captions.figures import draw_report

        return draw_report(self)
