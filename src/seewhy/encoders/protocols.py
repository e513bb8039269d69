"""What an encoder is to the rest of seewhy: two small protocols and what they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from torch import Tensor

from seewhy.encoders.preprocessing import Preprocessing

FeatureKind = Literal["tokens", "keys"]


@dataclass(frozen=True)
class PatchFeatures:
    """Features of one batch on the encoder's grid.

    ``values`` is (batch, patches, channels), float32, row-major over ``grid`` = (rows,
    columns), prefix tokens left out.
    """

    values: Tensor
    grid: tuple[int, int]


@dataclass(frozen=True)
class EncoderLayout:
    """What a probe pass found out about an encoder; shown by ``seewhy models probe``."""

    kind: Literal["vit", "convnet", "unknown"]
    grid: tuple[int, int] | None
    """Rows and columns of the last feature map at ``input_size``; ``None`` without one."""
    num_prefix_tokens: int
    """Class and register tokens before the patches; 0 for a ConvNet."""
    layers: tuple[str, ...]
    """Names of the blocks (ViT) or stages (ConvNet), first to last."""
    width: int
    """Channels of the last feature map."""
    dim: int
    """Length of an embedding."""
    input_size: tuple[int, int]
    """Height and width of a preprocessed picture."""


@runtime_checkable
class ImageEncoder(Protocol):
    """Pictures to vectors, and to feature maps on a grid."""

    @property
    def name(self) -> str:
        """Name under which it was loaded."""
        ...

    @property
    def dim(self) -> int:
        """Length of an embedding."""
        ...

    @property
    def preprocessing(self) -> Preprocessing:
        """How it wants its pictures."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of the weights, hexadecimal."""
        ...

    @property
    def layout(self) -> EncoderLayout:
        """Grid, prefix tokens and layers, found by a probe pass."""
        ...

    def preprocess(self, images: Any) -> Tensor:
        """Paths, PIL pictures, arrays or a tensor → (batch, 3, height, width), normalized."""
        ...

    def encode_pixels(self, pixels: Tensor) -> Tensor:
        """(batch, 3, height, width), normalized → (batch, dim), as the model gives them.

        Not of unit length; gradients flow.
        """
        ...

    def encode_images(self, images: Any, *, batch_size: int = 32, progress: bool = False) -> Tensor:
        """Pictures → (images, dim), unit length, float32, no gradient."""
        ...

    def features(
        self, pixels: Tensor, *, kind: FeatureKind = "tokens", layer: int = -1
    ) -> PatchFeatures:
        """Feature map of the block ``layer``; ``keys`` are bias-free attention keys (ViT)."""
        ...

    def encode_with_features(
        self, pixels: Tensor, *, kind: FeatureKind = "tokens", layer: int = -1
    ) -> tuple[Tensor, PatchFeatures]:
        """Embedding (as ``encode_pixels``) and feature map from one forward pass."""
        ...


@runtime_checkable
class DualEncoder(ImageEncoder, Protocol):
    """An image encoder with a text side that shares its space (CLIP, SigLIP)."""

    @property
    def logit_scale(self) -> float:
        """What cosines are multiplied with before the softmax over classes."""
        ...

    @property
    def text_digest(self) -> str:
        """SHA-256 of text weights and tokenizer; the key of the text cache."""
        ...

    def encode_texts(
        self,
        texts: Sequence[str],
        *,
        batch_size: int = 64,
        progress: bool = False,
        cache: bool = True,
    ) -> Tensor:
        """Texts → (texts, dim), unit length, float32, no gradient; cached on disk."""
        ...
