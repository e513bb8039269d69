"""Pictures, captions to be edited and captions to become, in batches for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.captions.inputs import (
    CaptionInputs,
    add_attributes,
    encode_attributes,
    frame_captions,
    pad_captions,
)
from seewhy.captions.rows import Rows
from seewhy.captions.self_critical import frame_references
from seewhy.datasets.editing_files import EditingExample
from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.text.word_vocabulary import WordVocabulary
from seewhy.training.epochs import BucketedOrder
from seewhy.training.feature_store import FeatureStore
from seewhy.training.processes import Share


@dataclass(frozen=True)
class CaptionBatch(Rows):
    """One process's share of a batch."""

    inputs: CaptionInputs
    captions: Tensor
    """The caption each row should become, ``<start>`` and ``<end>`` about it, (batch, length)."""
    references: Tensor
    """All true captions of each row, (batch, captions, words), as ``frame_references`` gives."""


class CaptionBatches:
    """Every example once an epoch with each of its captions, those of like length together."""

    def __init__(
        self,
        examples: Sequence[EditingExample],
        vocabulary: WordVocabulary,
        *,
        features: FeatureStore | None,
        batch_size: int,
        longest: int = 18,
        edits: bool = True,
        seed: int = 0,
    ) -> None:
        """Encode the examples.

        Args:
            examples: to learn from; where one has attributes, all are given theirs.
            vocabulary: of the model.
            features: of the pictures; ``None`` for a model that sees none.
            batch_size: captions in a batch.
            longest: words of a caption at most; longer ones are cut there.
            edits: whether the model is given the existing captions; an example without one is
                then left out.
            seed: decides the order.

        Raises:
            DataFormatError: if no example is left, or a picture has no features.
            InvalidArgumentError: if a batch is larger than the data.
        """
        kept = [e for e in examples if e.captions and (e.existing or not edits)]
        if not kept:
            raise DataFormatError(
                f"None of {len(examples)} examples has captions"
                f"{' and one to be edited' if edits else ''}."
            )
        self.examples, self.vocabulary, self.features = kept, vocabulary, features
        self.left_out = len(examples) - len(kept)
        if features is not None:
            check_features(kept, features)
        self.batch_size = batch_size
        self.existing = None
        if edits:
            encoded = [vocabulary.encode(e.existing, max_words=longest) for e in kept]
            self.existing = pad_captions(encoded)
        self.attributes = None
        if any(e.attributes for e in kept):
            self.attributes = [encode_attributes(e.attributes, vocabulary) for e in kept]
        captions = [[vocabulary.encode(c, max_words=longest) for c in e.captions] for e in kept]
        self.references = frame_references(captions)
        self.pairs = [(row, text) for row, texts in enumerate(captions) for text in texts]
        lengths = np.array([len(text) for _, text in self.pairs])
        self.order = BucketedOrder(lengths, batch_size, seed)

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one pass."""
        return self.order.steps

    def draw(self, step: int, share: Share) -> CaptionBatch:
        """This process's share of the batch of a step (from 0)."""
        numbers: NDArray[np.int64] = self.order.find_batch(step)[share.slice_of(self.batch_size)]
        drawn = [self.pairs[number] for number in numbers]
        rows = torch.tensor([row for row, _ in drawn])
        start, end = self.vocabulary.start, self.vocabulary.end
        captions = frame_captions([text for _, text in drawn], start=start, end=end)
        inputs = self.gather(rows)
        return CaptionBatch(inputs, captions, self.references[rows]).to(share.device)

    def gather(self, rows: Tensor) -> CaptionInputs:
        """What a model is given of some examples."""
        existing = None if self.existing is None else trim(self.existing[rows])
        inputs = CaptionInputs(caption=existing)
        if self.attributes is not None:
            inputs = add_attributes(inputs, [self.attributes[row] for row in rows.tolist()])
        if self.features is None:
            return inputs
        found = self.features.gather([self.examples[row].id for row in rows.tolist()])
        is_full = bool((found.num_boxes == found.values.shape[1]).all())
        return replace(
            inputs, features=found.values, num_boxes=None if is_full else found.num_boxes
        )


def trim(words: Tensor) -> Tensor:
    """Rows without columns that are padding in all of them; one column is kept."""
    longest = int((words != 0).sum(dim=1).max()) if words.numel() else 0
    return words[:, : max(longest, 1)]


def check_features(examples: Sequence[EditingExample], features: FeatureStore) -> None:
    """See that every picture has features.

    Raises:
        DataFormatError: if some have none; names the first of them.
    """
    missing = list(dict.fromkeys(e.id for e in examples if e.id not in features))
    if missing:
        raise DataFormatError(
            f"{len(missing)} pictures have no features in {features.folder}: "
            f"{', '.join(missing[:3])}{' ...' if len(missing) > 3 else ''}. Write them with "
            "`seewhy features`, or leave those pictures out."
        )


def build_vocabulary(
    examples: Sequence[EditingExample], *, min_count: int, longest: int = 18
) -> WordVocabulary:
    """The words of the captions that are learned from, counted after they are cut.

    Existing captions count once each, so that a word that only they have can be read.

    Raises:
        InvalidArgumentError: if no word is that frequent.
    """
    texts = [text[:longest] for e in examples for text in (*e.captions, e.existing)]
    vocabulary = WordVocabulary.build(texts, min_count=min_count)
    if len(vocabulary) <= 4:
        raise InvalidArgumentError(
            f"No word occurs {min_count} times in {len(texts)} captions. Lower min_count."
        )
    return vocabulary
