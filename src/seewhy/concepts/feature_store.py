"""Features and pixels of many pictures, kept in a temporary file while memory stays flat."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class StoredPicture:
    """What is kept of one picture."""

    name: str
    image: NDArray[np.uint8]
    """As the encoder saw it, (height, width, 3)."""
    embedding: Tensor
    """(dim,), unit length."""
    features: Tensor
    """(patches, channels), float32."""


class FeatureStore:
    """Pictures with their features, added once and read as often as needed, in order."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.grid: tuple[int, int] = (0, 0)
        self._embeddings: list[Tensor] = []
        self._shapes: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
        self._images: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  see close()
        self._features: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115

    def __len__(self) -> int:
        return len(self.names)

    @property
    def channels(self) -> int:
        """Channels of the features."""
        return self._shapes[1][1]

    def add(
        self,
        names: list[str],
        images: NDArray[np.uint8],
        embeddings: Tensor,
        features: Tensor,
        grid: tuple[int, int],
    ) -> None:
        """Keep a batch.

        Args:
            names: of the pictures.
            images: (batch, height, width, 3).
            embeddings: (batch, dim), unit length.
            features: (batch, patches, channels).
            grid: rows and columns of patches.
        """
        self.grid = grid
        self._shapes = (images.shape[1:], tuple(features.shape[1:]))
        self.names += names
        self._embeddings += list(embeddings.float().cpu())
        for file in (self._images, self._features):
            file.seek(0, 2)
        self._images.write(np.ascontiguousarray(images).tobytes())
        self._features.write(features.detach().cpu().float().contiguous().numpy().tobytes())

    def __iter__(self) -> Iterator[StoredPicture]:
        for index in range(len(self)):
            yield self[index]

    def __getitem__(self, index: int) -> StoredPicture:
        image_shape, feature_shape = self._shapes
        image = np.frombuffer(self._read(self._images, index, image_shape, 1), np.uint8)
        values = np.frombuffer(self._read(self._features, index, feature_shape, 4), np.float32)
        return StoredPicture(
            self.names[index],
            image.reshape(image_shape),
            self._embeddings[index],
            torch.from_numpy(values.reshape(feature_shape).copy()),
        )

    @staticmethod
    def _read(file: IO[bytes], index: int, shape: tuple[int, ...], width: int) -> bytes:
        size = int(np.prod(shape)) * width
        file.seek(index * size)
        return file.read(size)

    def close(self) -> None:
        """Give the space back."""
        self._images.close()
        self._features.close()

    def __enter__(self) -> FeatureStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
