"""Batches of pictures with one of their texts each, drawn from the seed and the step alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from seewhy.encoders.dual_encoder import DualEncoderConfig
from seewhy.text.byte_pairs import PAD_TOKEN
from seewhy.training.augmentation import Augmentation, augment
from seewhy.training.datasets import CaptionedImages
from seewhy.training.epochs import EpochOrder
from seewhy.training.processes import Share


@dataclass(frozen=True)
class PairBatch:
    """One process's share of a batch."""

    pixels: Tensor
    """(batch, 3, size, size), normalized."""
    tokens: Tensor
    """(batch, tokens), padded to the longest text."""
    groups: Tensor
    """Number of each pair's text, (batch,); equal texts have equal numbers."""
    indices: Tensor
    """Number of each picture in the data, (batch,)."""


class PairSampler:
    """Every picture once an epoch, in a new order, with a text drawn anew each time."""

    def __init__(
        self,
        data: CaptionedImages,
        tokenizer: Tokenizer,
        config: DualEncoderConfig,
        *,
        batch_size: int,
        augmentation: Augmentation | None = None,
        seed: int = 0,
    ) -> None:
        self.epochs = EpochOrder(len(data), batch_size, seed)
        self.data, self.config, self.batch_size, self.seed = data, config, batch_size, seed
        self.augmentation = augmentation or Augmentation()
        texts = sorted({caption for captions in data.captions for caption in captions})
        number = {text: i for i, text in enumerate(texts)}
        self.tokens = tokenize(tokenizer, texts)  # (texts, tokens)
        self.choices = [np.array([number[c] for c in captions]) for captions in data.captions]

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one pass; pictures left over wait for the next epoch's order."""
        return self.epochs.steps

    def draw(self, step: int, share: Share) -> PairBatch:
        """This process's share of the batch of a step (from 0)."""
        indices = self.epochs.find_batch(step)
        generator = np.random.default_rng([self.seed, step])
        places = generator.random(len(indices))  # which of its texts each picture has
        own = share.slice_of(self.batch_size)
        indices, places = indices[own], places[own]
        groups = [
            self.choices[i][int(p * len(self.choices[i]))]
            for i, p in zip(indices, places, strict=True)
        ]
        tokens = self.tokens[groups]
        longest = int((tokens != PAD_TOKEN).any(axis=0).sum())
        return PairBatch(
            self._make_pixels(indices, step, share),
            torch.from_numpy(tokens[:, :longest].astype(np.int64)).to(share.device),
            torch.tensor(groups, device=share.device),
            torch.from_numpy(indices),
        )

    def _make_pixels(self, indices: NDArray[np.int64], step: int, share: Share) -> Tensor:
        """Varied, normalized pictures with channels last in memory, (batch, 3, size, size)."""
        pixels = torch.from_numpy(self.data.images[indices]).to(share.device)
        pixels = pixels.permute(0, 3, 1, 2).float() / 255  # (batch, 3, height, width)
        generator = torch.Generator().manual_seed((self.seed << 32) + step * 64 + share.rank)
        pixels = augment(pixels, self.config.image.size, self.augmentation, generator)
        return normalize(pixels, self.config)


def normalize(pixels: Tensor, config: DualEncoderConfig) -> Tensor:
    """Pixels from 0 to 1 as the model of this configuration wants them."""
    mean = torch.tensor(config.mean, device=pixels.device)[:, None, None]
    std = torch.tensor(config.std, device=pixels.device)[:, None, None]
    return ((pixels - mean) / std).contiguous(memory_format=torch.channels_last)


def tokenize(tokenizer: Tokenizer, texts: list[str]) -> NDArray[np.int32]:
    """Token numbers of texts, padded to the longest, (texts, tokens)."""
    return np.array([encoding.ids for encoding in tokenizer.encode_batch(texts)], dtype=np.int32)
