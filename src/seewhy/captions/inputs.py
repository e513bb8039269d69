"""What a captioning model is given: a picture's features, and the caption that is there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from seewhy.captions.rows import Rows
from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.text.word_vocabulary import WordVocabulary, split_words

Compat = Literal["default", "published"]


@dataclass(frozen=True, kw_only=True)
class CaptionInputs(Rows):
    """A batch of pictures and their existing captions. A model uses what it needs."""

    features: Tensor | None = None
    """Of regions or grid cells, (batch, boxes, channels); rows past ``num_boxes`` are zero."""
    num_boxes: Tensor | None = None
    """Real boxes of each picture, (batch,); ``None``: all are."""
    image_mean: Tensor | None = None
    """Mean over the real boxes, (batch, channels); ``None``: taken of ``features``."""
    caption: Tensor | None = None
    """The existing caption, (batch, words): no ``<start>`` or ``<end>``, padded with 0."""
    sentence: Tensor | None = None
    """A vector of the existing caption as a whole, (batch, dim)."""
    attributes: Tensor | None = None
    """Numbers of words that are likely in the picture, (batch, attributes)."""
    num_attributes: Tensor | None = None
    """Real attributes of each picture, (batch,), the first ones; 0: none; ``None``: all are."""

    def __len__(self) -> int:
        for value in (self.features, self.caption, self.sentence, self.attributes):
            if value is not None:
                return len(value)
        return 0

    def need_features(self, channels: int) -> Tensor:
        """The features, checked against a model's width.

        Raises:
            InvalidArgumentError: if there are none.
            ShapeError: if they are of another width.
        """
        if self.features is None:
            raise InvalidArgumentError("This model looks at the picture: features= is missing.")
        if self.features.ndim != 3 or self.features.shape[2] != channels:
            raise ShapeError(
                f"features must be (batch, boxes, {channels}), got {tuple(self.features.shape)}. "
                "Use the features the model was trained on."
            )
        return self.features

    def need_caption(self, vocabulary: int) -> Tensor:
        """The existing caption, checked against a model's vocabulary.

        Raises:
            InvalidArgumentError: if there is none, or a number is that of no word.
            ShapeError: if it is not (batch, words).
        """
        if self.caption is None:
            raise InvalidArgumentError("This model edits a caption: caption= is missing.")
        if self.caption.ndim != 2:
            raise ShapeError(f"caption must be (batch, words), got {tuple(self.caption.shape)}.")
        check_numbers(self.caption, vocabulary, "caption")
        return self.caption

    def need_sentence(self, dim: int) -> Tensor:
        """The vector of the existing caption, checked against a model's width.

        Raises:
            InvalidArgumentError: if there is none.
            ShapeError: if it is of another width.
        """
        if self.sentence is None:
            raise InvalidArgumentError("This model reads a sentence vector: sentence= is missing.")
        if self.sentence.ndim != 2 or self.sentence.shape[1] != dim:
            shape = tuple(self.sentence.shape)
            raise ShapeError(f"sentence must be (batch, {dim}), got {shape}.")
        return self.sentence

    def box_mask(self) -> Tensor | None:
        """Which boxes are real, (batch, boxes); ``None``: all.

        Raises:
            InvalidArgumentError: if a picture has no box, or more than there are features of.
        """
        if self.num_boxes is None or self.features is None:
            return None
        most = self.features.shape[1]
        if not bool(((self.num_boxes >= 1) & (self.num_boxes <= most)).all()):
            raise InvalidArgumentError(
                f"num_boxes must be from 1 to {most}, the boxes that features holds, got "
                f"{self.num_boxes.tolist()}."
            )
        return torch.arange(most, device=self.features.device) < self.num_boxes[:, None]

    def mean_features(self) -> Tensor:
        """Mean over the real boxes, (batch, channels)."""
        if self.image_mean is not None:
            return self.image_mean
        assert self.features is not None  # noqa: S101  need_features was asked before
        if self.num_boxes is None:
            return self.features.mean(dim=1)
        return self.features.sum(dim=1) / self.num_boxes[:, None]


def check_numbers(words: Tensor, vocabulary: int, name: str) -> None:
    """Refuse word numbers that a model has no words for.

    Raises:
        InvalidArgumentError: names the number.
    """
    if words.numel() and not 0 <= int(words.min()) <= int(words.max()) < vocabulary:
        raise InvalidArgumentError(
            f"{name} holds word numbers from {int(words.min())} to {int(words.max())}, but the "
            f"model has {vocabulary} words. Use the vocabulary it was trained with."
        )


def pad_captions(captions: Sequence[Sequence[int]], *, width: int = 1) -> Tensor:
    """Captions of different lengths as one tensor, padded with 0.

    Args:
        captions: word numbers of each.
        width: columns at least, so that a batch of empty captions has one.

    Returns:
        (batch, words), int64.
    """
    longest = max([width, *(len(caption) for caption in captions)])
    rows = [[*caption, *[0] * (longest - len(caption))] for caption in captions]
    return torch.tensor(rows, dtype=torch.int64).view(len(captions), longest)


def frame_captions(captions: Sequence[Sequence[int]], *, start: int, end: int) -> Tensor:
    """Captions as models are trained on: between ``<start>`` and ``<end>``, padded with 0.

    Returns:
        (batch, words + 2), int64.
    """
    return pad_captions([[start, *caption, end] for caption in captions], width=2)


def encode_attributes(attributes: Sequence[str], vocabulary: WordVocabulary) -> list[int]:
    """Numbers of words that are likely in a picture, each once; unknown words are left out."""
    words = dict.fromkeys(word for text in attributes for word in split_words(text))
    return [vocabulary.numbers[word] for word in words if word in vocabulary]


def add_attributes(inputs: CaptionInputs, attributes: Sequence[Sequence[int]]) -> CaptionInputs:
    """The inputs with the numbers of each picture's attributes, of which there may be none."""
    counts = torch.tensor([len(numbers) for numbers in attributes])
    return replace(inputs, attributes=pad_captions(attributes), num_attributes=counts)


def caption_lengths(captions: Tensor) -> Tensor:
    """How many numbers of each row are no padding, (batch,)."""
    return (captions != 0).sum(dim=1)
