"""What metrics that rest on a model are given: encoders, and the pictures of the captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from seewhy.errors import ImageReadError, MetricUnavailableError

if TYPE_CHECKING:
    from torch import Tensor

    from seewhy.scores.text_encoder import TextEncoder

CLIP_PREFIX = "A photo depicts "
"""What CLIPScore puts before each caption."""


@runtime_checkable
class SentenceEncoder(Protocol):
    """Texts to vectors of unit length."""

    @property
    def name(self) -> str:
        """What it is called in signatures."""
        ...

    def encode_texts(
        self, texts: Sequence[str], *, batch_size: int = 64, progress: bool = False
    ) -> Tensor:
        """Texts → (texts, dim), unit length, float32."""
        ...


@runtime_checkable
class PairEncoder(SentenceEncoder, Protocol):
    """Pictures and texts to vectors of one space, as every dual encoder of seewhy does it."""

    def encode_images(self, images: Any, *, batch_size: int = 32, progress: bool = False) -> Tensor:
        """Pictures → (images, dim), unit length, float32."""
        ...


@dataclass(frozen=True, kw_only=True)
class ScoringModels:
    """Models for the metrics that need one; without it a metric is reported as missing."""

    bert: TextEncoder | str | Path | None = None
    """Of BERTScore: an encoder, or its hub name or folder."""
    layer: int | None = None
    """Of BERTScore; ``None``: the one recommended for an encoder of that name."""
    idf: bool = False
    """Of BERTScore: whether rare tokens weigh more."""
    dual_encoder: Any = None
    """Of CLIPScore: a ``PairEncoder``."""
    images: Mapping[str, Any] | Mapping[int, Any] | Sequence[Any] | None = None
    """Of CLIPScore: a picture (path, PIL, array) for each item, by id or in order."""
    prefix: str = CLIP_PREFIX
    """Of CLIPScore: what is put before each caption."""
    sentence_encoder: SentenceEncoder | str | Path | None = None
    """Of sentence similarity: anything with ``encode_texts``, or a hub name or folder."""
    batch_size: int = 64
    device: str = "cpu"
    """Where encoders that are given by name compute."""
    _known: dict[str, Tensor] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def bert_encoder(self) -> TextEncoder:
        """The encoder of BERTScore.

        Raises:
            MetricUnavailableError: if none was given, or it cannot be loaded.
        """
        from seewhy.scores.text_encoder import TextEncoder

        if self.bert is None:
            raise MetricUnavailableError(
                "BERTScore needs a text encoder, and none was given. Name one of the hub or a "
                "folder: --bert, or ScoringModels(bert=...)."
            )
        if isinstance(self.bert, (str, Path)):
            return TextEncoder.from_pretrained(self.bert, device=self.device)
        return self.bert

    @cached_property
    def sentences(self) -> SentenceEncoder:
        """The encoder of sentence similarity.

        Raises:
            MetricUnavailableError: if none was given, or it cannot be loaded.
        """
        from seewhy.scores.text_encoder import TextEncoder

        if self.sentence_encoder is None:
            raise MetricUnavailableError(
                "Sentence similarity needs a sentence encoder, and none was given. Name one of the "
                "hub or a folder: --sentences, or ScoringModels(sentence_encoder=...)."
            )
        if isinstance(self.sentence_encoder, (str, Path)):
            return TextEncoder.from_pretrained(self.sentence_encoder, device=self.device)
        return self.sentence_encoder

    @property
    def pair_encoder(self) -> PairEncoder:
        """The encoder of CLIPScore.

        Raises:
            MetricUnavailableError: if none was given, or it has no text side.
        """
        if self.dual_encoder is None or self.images is None:
            raise MetricUnavailableError(
                "CLIPScore needs the pictures and an encoder of pictures and texts. Give both: "
                "--images and --model, or ScoringModels(images=..., dual_encoder=...)."
            )
        if not isinstance(self.dual_encoder, PairEncoder):
            raise MetricUnavailableError(
                f"CLIPScore needs an encoder of pictures and texts; {self.dual_encoder!r:.80} does "
                "not encode both."
            )
        return self.dual_encoder

    def encode_pictures(self, ids: Sequence[str], *, progress: bool = False) -> Tensor:
        """Vectors of the pictures of items, (items, dim); each picture is encoded once.

        Raises:
            MetricUnavailableError: if an item has no picture, or one cannot be read.
        """
        import torch

        pictures = self._pictures()
        lacking = [key for key in ids if key not in pictures]
        if lacking:
            raise MetricUnavailableError(
                f"{len(lacking)} items have no picture ({', '.join(lacking[:5])}). Restrict the "
                "items with ids, or give pictures for them."
            )
        new = [key for key in ids if key not in self._known]
        if new:
            try:
                vectors = self.pair_encoder.encode_images(
                    [pictures[key] for key in new], batch_size=self.batch_size, progress=progress
                )
            except ImageReadError as error:
                raise MetricUnavailableError(f"CLIPScore: {error}") from error
            self._known.update(zip(new, vectors, strict=True))
        return torch.stack([self._known[key] for key in ids])

    def _pictures(self) -> dict[str, Any]:
        given = {} if self.images is None else self.images
        pairs = given.items() if isinstance(given, Mapping) else enumerate(given)
        return {str(key): picture for key, picture in pairs}
