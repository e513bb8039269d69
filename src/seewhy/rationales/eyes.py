"""An encoder that learns along with the decoder that looks through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seewhy.encoders.preprocessing import normalize_pixels
from seewhy.images.reading import as_image
from seewhy.rationales.decoder import RationaleDecoder, TextBatch
from seewhy.rationales.vision import PatchReader


class PictureSource:
    """Pictures by name, each read once and kept as bytes.

    Args:
        reader: says how pictures are resized and normalized.
        read: gives the picture of a name.
    """

    def __init__(self, reader: PatchReader, read: Callable[[str], Any]) -> None:
        self.reader, self._read = reader, read
        self._known: dict[str, Tensor] = {}

    def take(self, names: Sequence[str]) -> Tensor:
        """Pixels (pictures, 3, height, width), normalized.

        Raises:
            ImageReadError: if a picture cannot be read; names it.
        """
        for name in names:
            if name not in self._known:
                fitted = self.reader.fit(as_image(self._read(name)))
                self._known[name] = torch.from_numpy(np.array(fitted))
        return normalize_pixels(
            torch.stack([self._known[name] for name in names]), self.reader.preprocessing
        )


class SeeingDecoder(nn.Module):
    """A decoder with the encoder it looks through; both learn.

    The encoder stays in evaluation mode: its norms keep their statistics, and no patch is dropped.
    """

    def __init__(self, decoder: RationaleDecoder, reader: PatchReader) -> None:
        super().__init__()
        self.decoder, self.encoder = decoder, reader.encoder.module
        self._look = reader.look

    def forward(
        self, batch: TextBatch, pixels: Tensor, *, mask: Tensor, positions: Tensor
    ) -> Tensor:
        """As ``RationaleDecoder.forward``, of pixels (batch, 3, height, width)."""
        patches, _ = self._look(pixels)
        return self.decoder(batch, patches, mask=mask, positions=positions)


def free_parameters(reader: PatchReader) -> list[str]:
    """Let those weights of an encoder learn on which its patches depend; their names."""
    module = reader.encoder.module.requires_grad_(True)
    height, width = reader.preprocessing.size
    values, _ = reader.look(torch.zeros(1, 3, height, width, device=reader.encoder.device))
    values.sum().backward()
    used = []
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(parameter.grad is not None)
        if parameter.grad is not None:
            used.append(name)
        parameter.grad = None
    reader.tuned = tuple(used)
    return used
