"""What all encoders on torch share: batches, unit length, feature maps, the text cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.encoders.digests import digest_module, digest_texts
from seewhy.encoders.features import find_source, record_outputs, to_patches
from seewhy.encoders.preprocessing import Preprocessing, iterate_images, preprocess_images
from seewhy.encoders.probing import probe
from seewhy.encoders.protocols import EncoderLayout, FeatureKind, PatchFeatures
from seewhy.encoders.text_cache import TextCache, is_cache_enabled
from seewhy.errors import EncoderError, InvalidArgumentError, ShapeError
from seewhy.progress import show_progress

Item = TypeVar("Item")


class TorchImageEncoder:
    """An image encoder that is a torch module; satisfies ``ImageEncoder``.

    The module may be in training mode: it is switched to evaluation mode for as long as it is
    used, and back. It stays on its device.
    """

    def __init__(
        self,
        *,
        name: str,
        module: nn.Module,
        embed: Callable[[Tensor], Tensor],
        preprocessing: Preprocessing,
        layers: Sequence[str] | None = None,
        num_prefix_tokens: int | None = None,
    ) -> None:
        """Put a module behind the protocol.

        Args:
            name: what it is called in results.
            module: holds the weights, and the sub-modules that features are read from.
            embed: maps pixels (batch, 3, height, width) → (batch, dim) through ``module``.
            preprocessing: how it wants its pictures.
            layers: names of its blocks or stages, first to last; ``None``: a probe finds them.
            num_prefix_tokens: tokens before the patches; ``None``: a probe finds out.
        """
        self.name, self.module, self.preprocessing = name, module, preprocessing
        self._embed, self._layers, self._num_prefix_tokens = embed, layers, num_prefix_tokens
        self._layout: EncoderLayout | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    @property
    def device(self) -> torch.device:
        """Where the module is."""
        return next(self.module.parameters(), torch.zeros(())).device

    @property
    def dim(self) -> int:
        """Length of an embedding."""
        return self.layout.dim

    @property
    def digest(self) -> str:
        """SHA-256 of the weights, hexadecimal."""
        return digest_module(self.module)

    @property
    def layout(self) -> EncoderLayout:
        """Grid, prefix tokens and layers, found by a probe pass when they are first asked for."""
        if self._layout is None:
            with evaluating(self.module):
                self._layout = probe(
                    self.module,
                    self._embed,
                    self.preprocessing.size,
                    layers=self._layers,
                    num_prefix_tokens=self._num_prefix_tokens,
                )
        return self._layout

    def preprocess(self, images: Any) -> Tensor:
        """Paths, PIL pictures, arrays or a tensor → (batch, 3, height, width), normalized."""
        return preprocess_images(images, self.preprocessing).to(self.device)

    def encode_pixels(self, pixels: Tensor) -> Tensor:
        """(batch, 3, height, width), normalized → (batch, dim), as the model gives them.

        Not of unit length; gradients flow.

        Raises:
            ShapeError: if the pixels have another shape.
        """
        if pixels.ndim != 4 or pixels.shape[1] != 3:
            raise ShapeError(
                f"pixels must be (batch, 3, height, width), got {tuple(pixels.shape)}."
            )
        weight = next(self.module.parameters(), pixels)
        with evaluating(self.module):
            return self._embed(pixels.to(weight.device, weight.dtype))

    @torch.no_grad()
    def encode_images(self, images: Any, *, batch_size: int = 32, progress: bool = False) -> Tensor:
        """Pictures → (images, dim), unit length, float32, no gradient, on the CPU.

        Pictures are read as they are needed: any iterable may be longer than memory.

        Args:
            images: paths, PIL pictures, arrays or a tensor, in any iterable; or one of them.
            batch_size: pictures in one forward pass.
            progress: whether a bar counts them.
        """
        total = len(images) if hasattr(images, "__len__") else None
        pictures = show_progress(
            iterate_images(images), description="Pictures", total=total, enabled=progress
        )
        rows = [
            F.normalize(self.encode_pixels(self.preprocess(batch)).float(), dim=-1).cpu()
            for batch in split_batches(pictures, batch_size)
        ]
        return torch.cat(rows) if rows else torch.zeros(0, self.dim)

    def features(
        self, pixels: Tensor, *, kind: FeatureKind = "tokens", layer: int = -1
    ) -> PatchFeatures:
        """Feature map of the block or stage ``layer``; gradients flow.

        Args:
            pixels: (batch, 3, height, width), normalized.
            kind: ``tokens`` are what the block gives, before the norm and the projection that
                follow the last one; ``keys`` are what its attention compares, without their
                bias, all heads side by side.
            layer: number of the block; negative numbers count from the last.

        Raises:
            EncoderError: if the encoder has no such features.

        Source: arXiv:2410.13016; where it says nothing (convolutional networks), positions of
            the last stage's map before pooling are the patches.
        """
        return self.encode_with_features(pixels, kind=kind, layer=layer)[1]

    def encode_with_features(
        self, pixels: Tensor, *, kind: FeatureKind = "tokens", layer: int = -1
    ) -> tuple[Tensor, PatchFeatures]:
        """Embedding (as ``encode_pixels``) and feature map from one forward pass."""
        place, weight = find_source(self.module, self.layout, kind, layer)
        with record_outputs(self.module, [place], keep=lambda output: output) as found:
            embedding = self.encode_pixels(pixels)
        if place not in found:
            raise EncoderError(
                f"{self.name} gives an embedding without running {place!r}, so that there are no "
                f"features of kind {kind!r} there. Ask for another layer or kind."
            )
        size = (pixels.shape[2], pixels.shape[3])
        return embedding, to_patches(found[place], weight, self.layout, size)


@dataclass(frozen=True, kw_only=True)
class TextSide:
    """The text half of a dual encoder."""

    embed: Callable[[list[str]], Tensor]
    """Maps texts → (texts, dim), not of unit length."""
    tokenizer_digest: str
    """SHA-256 of everything that turns a text into token numbers."""
    image_prefixes: tuple[str, ...]
    """How the names of weights begin that take no part in encoding texts."""
    logit_scale: float


class TorchDualEncoder(TorchImageEncoder):
    """An image encoder with a text side that shares its space; satisfies ``DualEncoder``."""

    def __init__(
        self,
        *,
        name: str,
        module: nn.Module,
        embed: Callable[[Tensor], Tensor],
        preprocessing: Preprocessing,
        text: TextSide,
        layers: Sequence[str] | None = None,
        num_prefix_tokens: int | None = None,
    ) -> None:
        """Put a module with two sides behind the protocol; arguments as for the image side."""
        super().__init__(
            name=name,
            module=module,
            embed=embed,
            preprocessing=preprocessing,
            layers=layers,
            num_prefix_tokens=num_prefix_tokens,
        )
        self._text = text

    @property
    def logit_scale(self) -> float:
        """What cosines are multiplied with before the softmax over classes."""
        return self._text.logit_scale

    @property
    def text_digest(self) -> str:
        """SHA-256 of text weights and tokenizer; the key of the text cache."""
        weights = digest_module(self.module, skip=self._text.image_prefixes)
        return digest_texts(weights, self._text.tokenizer_digest)

    @torch.no_grad()
    def encode_texts(
        self,
        texts: Sequence[str],
        *,
        batch_size: int = 64,
        progress: bool = False,
        cache: bool = True,
    ) -> Tensor:
        """Texts → (texts, dim), unit length, float32, no gradient, on the CPU.

        Each text is encoded once: afterwards it is read from the cache on disk, which belongs
        to these very weights and this tokenizer.

        Args:
            texts: any number; a text may occur more than once.
            batch_size: texts in one forward pass.
            progress: whether a bar counts them.
            cache: ``False``, or the variable ``SEEWHY_NO_CACHE``, neither reads nor writes it.
        """
        if isinstance(texts, str):
            raise InvalidArgumentError(f"texts must be a list of texts, got the text {texts!r}.")
        if not texts:
            return torch.zeros(0, self.dim)
        store = TextCache(self.text_digest) if cache and is_cache_enabled() else None
        found = store.read(texts) if store else {}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        missing.sort(key=len)  # texts of one batch are padded to its longest
        encoded: dict[str, Tensor] = {}
        try:
            bar = show_progress(missing, description="Texts", total=len(missing), enabled=progress)
            for batch in split_batches(bar, batch_size):
                encoded.update(zip(batch, self._embed_texts(batch), strict=True))
        finally:
            if store and encoded:  # what is done is kept, also when the rest is interrupted
                store.write(list(encoded), torch.stack(list(encoded.values())))
        found.update(encoded)
        return torch.stack([found[text] for text in texts])

    def _embed_texts(self, texts: list[str]) -> Tensor:
        with evaluating(self.module):
            return F.normalize(self._text.embed(texts).float(), dim=-1).cpu()


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Have every part of a module in evaluation mode, and each back as it was afterwards."""
    training = [part for part in module.modules() if part.training]
    try:
        for part in training:
            part.training = False
        yield
    finally:
        for part in training:
            part.training = True


def split_batches(items: Iterable[Item], batch_size: int) -> Iterator[list[Item]]:
    """Lists of ``batch_size`` items, the last one shorter."""
    if batch_size < 1:
        raise InvalidArgumentError(f"batch_size must be at least 1, got {batch_size}.")
    iterator = iter(items)
    while batch := list(islice(iterator, batch_size)):
        yield batch
