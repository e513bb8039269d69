"""Pictures with captions, held in memory as bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import InvalidArgumentError


@dataclass(frozen=True)
class CaptionedImages:
    """Pictures of one size, each with the texts that are true of it."""

    images: NDArray[np.uint8]
    """(images, height, width, 3)."""
    captions: tuple[tuple[str, ...], ...]
    """Texts of each picture; at least one."""
    classes: tuple[str, ...] | None = None
    """Class of each picture's main thing, where it is known."""

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.images.shape[3] != 3 or self.images.dtype != np.uint8:
            raise InvalidArgumentError(
                "images must be (images, height, width, 3) of uint8, got "
                f"{self.images.shape} of {self.images.dtype}."
            )
        if len(self.captions) != len(self.images):
            raise InvalidArgumentError(
                f"every picture needs captions: got {len(self.images)} pictures and "
                f"{len(self.captions)} lists of captions."
            )
        if not all(self.captions):
            raise InvalidArgumentError(
                f"picture {[bool(c) for c in self.captions].index(False)} has no caption."
            )

    def __len__(self) -> int:
        return len(self.images)


def mix_up_captions(data: CaptionedImages, *, share: float, seed: int = 0) -> CaptionedImages:
    """The same pictures, a share of which have the captions of another one.

    Args:
        data: what to spoil.
        share: of the pictures, from 0 to 1.
        seed: decides which, and with whom they are confused.

    Raises:
        InvalidArgumentError: if ``share`` is not a fraction.
    """
    if not 0 <= share <= 1:
        raise InvalidArgumentError(f"share is a fraction from 0 to 1, got {share}.")
    generator = np.random.default_rng(seed)
    chosen = generator.permutation(len(data))[: round(share * len(data))]
    captions = list(data.captions)
    for one, other in zip(chosen, np.roll(chosen, 1), strict=True):
        captions[one] = data.captions[other]
    return replace(data, captions=tuple(captions))
