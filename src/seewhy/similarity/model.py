"""What the methods know of an encoder: pictures to vectors, and the map the vector is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.features import choose_layer, scale_grid
from seewhy.encoders.protocols import EncoderLayout
from seewhy.errors import EncoderError, InvalidArgumentError


class PairModel:
    """An encoder as the methods of this room use it.

        f(x) = head(F(x)),   F(x) (batch, channels, rows, columns)

    F is the output of one layer, tokens folded to the grid and prefix tokens left out; the head
    is all that the network does with it afterwards, whatever that is: norm, pooling, projector,
    predictor. Both are found by running the network itself, so that they cannot disagree with it.

    Source: arXiv:2206.09753.
    Differs: the released code applies the last head straight to the pooled map, which skips
        SimSiam's projector, and takes DINO's pooled features for the map.
        See docs/decisions/similarity-heads.md.
    """

    def __init__(
        self,
        encoder: TorchImageEncoder,
        *,
        layer: int | str | None = None,
        num_prefix_tokens: int | None = None,
        grid: tuple[int, int] | None = None,
    ) -> None:
        """Put an encoder before the methods.

        Args:
            encoder: any of ours; a plain module becomes one by ``wrap_module``.
            layer: number or name of the layer whose output is the map; ``None``: the last one
                that the embedding depends on at every position. Of a ViT that compares class
                tokens this is the one before the last, whose patches the class token still reads.
            num_prefix_tokens: tokens before the patches, where the probe should not decide.
            grid: rows and columns at the size of ``encoder.preprocessing``, likewise.
        """
        self.encoder = encoder
        self._layer = layer
        self._place: str | None = None
        self.partial_sizes: dict[tuple[int, int], bool] = {}  # see partial_encoding
        changes: dict[str, Any] = {"num_prefix_tokens": num_prefix_tokens, "grid": grid}
        self._changes = {name: value for name, value in changes.items() if value is not None}

    def __repr__(self) -> str:
        return f"PairModel({self.encoder.name!r})"

    @property
    def layout(self) -> EncoderLayout:
        """What the probe found, with what was overruled."""
        return replace(self.encoder.layout, **self._changes)

    @property
    def place(self) -> str:
        """Name of the layer whose output is the map.

        Raises:
            EncoderError: if there is none, or the embedding does not depend on the one asked for.
        """
        if self._place is None:
            self._place = self._choose_place()
        return self._place

    def embed(self, pixels: Tensor) -> Tensor:
        """Map pixels (batch, 3, height, width), normalized → (batch, dim); gradients flow.

        Raises:
            EncoderError: if an embedding holds what is no finite number.
        """
        return self._check(self.encoder.encode_pixels(pixels))

    def feature_map(self, pixels: Tensor, *, layer: int | str | None = None) -> Tensor:
        """The map that the head consumes, (batch, channels, rows, columns); gradients flow.

        Args:
            pixels: (batch, 3, height, width), normalized.
            layer: another layer than ``place``; nothing behind it is computed.
        """
        name = self.place if layer is None else self._name_layer(layer)
        found: list[Tensor] = []

        def stop(output: Tensor) -> Tensor:
            found.append(output)
            raise _Reached

        try:
            with rewriting(self.encoder.module, name, stop):
                self.encoder.encode_pixels(pixels)
        except _Reached:
            return self._fold(found[0], pixels)
        raise EncoderError(_never_run(self.encoder.name, name))

    def embed_with_map(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings, and the map as a leaf of their graph: gradients stop there.

        Returns:
            (batch, dim) and (batch, channels, rows, columns).
        """
        return self._embed_with_map(pixels, self.place)

    def head(self, maps: Tensor, *, pixels: Tensor | None = None) -> Tensor:
        """The embedding that the network makes of maps; gradients flow.

        Args:
            maps: (batch, channels, rows, columns).
            pixels: the pictures whose maps are replaced. They count where a network has prefix
                tokens or looks past its map; ``None`` where it does not.

        Raises:
            InvalidArgumentError: if pixels are needed and not given.
        """
        if pixels is None and self.layout.num_prefix_tokens:
            raise InvalidArgumentError(
                f"{self.encoder.name} has {self.layout.num_prefix_tokens} prefix tokens, which are "
                "no part of the map. Give pixels=, whose prefix tokens are kept."
            )
        if pixels is None:
            size = self.encoder.preprocessing.size
            pixels = torch.zeros(len(maps), 3, *size, device=maps.device)

        def swap(output: Tensor) -> Tensor:
            return self._unfold(maps.to(output.dtype), output)

        with rewriting(self.encoder.module, self.place, swap):
            return self._check(self.encoder.encode_pixels(pixels))

    def to_unit_range(self, pixels: Tensor) -> Tensor:
        """Pixels as they were before they were normalized, 0 to 1."""
        mean, std = self._constants(pixels)
        return pixels * std + mean

    def normalize(self, pixels: Tensor) -> Tensor:
        """Pixels of 0 to 1 as the encoder wants them."""
        mean, std = self._constants(pixels)
        return (pixels - mean) / std

    def _constants(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        wanted = self.encoder.preprocessing
        mean, std = (
            pixels.new_tensor(values).view(3, 1, 1) for values in (wanted.mean, wanted.std)
        )
        return mean, std

    def _embed_with_map(self, pixels: Tensor, name: str) -> tuple[Tensor, Tensor]:
        found: list[Tensor] = []

        def cut(output: Tensor) -> Tensor:
            maps = self._fold(output.detach(), pixels).clone().requires_grad_()
            found.append(maps)
            return self._unfold(maps, output.detach())

        with torch.enable_grad(), rewriting(self.encoder.module, name, cut):
            embedding = self._check(self.encoder.encode_pixels(pixels))
        if not found:
            raise EncoderError(_never_run(self.encoder.name, name))
        return embedding, found[-1]

    def _choose_place(self) -> str:
        """The layer that was asked for, or the last that the embedding depends on."""
        if self._layer is not None:
            names = [self._name_layer(self._layer)]
        else:
            last = choose_layer(self.layout, -1)
            names = [last, *reversed(self.layout.layers[:-1])]
        for name in names:
            if self._depends_on(name):
                return name
        raise EncoderError(
            f"The embedding of {self.encoder.name} does not depend on the positions of {names[0]!r}"
            f", so that there is nothing to explain there. Name an earlier layer; it has "
            f"{', '.join(self.layout.layers)}."
        )

    def _depends_on(self, name: str) -> bool:
        """Whether some position of a layer's map changes the embedding."""
        numbers = torch.Generator().manual_seed(0)
        pixels = torch.randn(1, 3, *self.encoder.preprocessing.size, generator=numbers)
        embedding, maps = self._embed_with_map(pixels.to(self.encoder.device), name)
        if not embedding.requires_grad:
            return False
        (slope,) = torch.autograd.grad(embedding.pow(2).sum(), maps, allow_unused=True)
        return slope is not None and bool(slope.abs().max() > 0)

    def _name_layer(self, layer: int | str) -> str:
        if isinstance(layer, int):
            return choose_layer(self.layout, layer)
        names = [name for name, _ in self.encoder.module.named_modules() if name]
        if layer not in names:
            raise EncoderError(
                f"{self.encoder.name} has no layer {layer!r}. Its stages or blocks: "
                f"{', '.join(self.layout.layers)}."
            )
        return layer

    def _fold(self, output: Tensor, pixels: Tensor) -> Tensor:
        """What a layer gives → (batch, channels, rows, columns)."""
        if output.ndim == 4:
            return output.permute(0, 3, 1, 2) if self._is_channels_last(output) else output
        prefix = self.layout.num_prefix_tokens
        rows, columns = scale_grid(self.layout, (pixels.shape[2], pixels.shape[3]))
        if output.ndim != 3 or output.shape[1] - prefix != rows * columns:
            raise EncoderError(
                f"The layer gives {tuple(output.shape)}, which is no map, and not {rows} x "
                f"{columns} tokens after {prefix} prefix tokens. Say what it is with layer=, grid= "
                "and num_prefix_tokens=."
            )
        return output[:, prefix:].transpose(1, 2).unflatten(2, (rows, columns))

    def _unfold(self, maps: Tensor, output: Tensor) -> Tensor:
        """Maps in the form of a layer's output; its prefix tokens are kept.

        The copy is what later layers may change in place.
        """
        if output.ndim == 4:
            return (maps.permute(0, 2, 3, 1) if self._is_channels_last(output) else maps).clone()
        prefix = output[:, : self.layout.num_prefix_tokens]
        return torch.cat([prefix, maps.flatten(2).transpose(1, 2)], dim=1)

    def _is_channels_last(self, output: Tensor) -> bool:
        return output.shape[1] == output.shape[2] != output.shape[3] == self.layout.width

    def _check(self, embedding: Tensor) -> Tensor:
        if not bool(torch.isfinite(embedding).all()):
            raise EncoderError(
                f"{self.encoder.name} gives embeddings that are not finite numbers. Check its "
                "weights and the pixels it was given."
            )
        return embedding


class _Reached(Exception):  # noqa: N818  no error: the rest of the network is not needed
    """The layer that was asked for has run."""


def _never_run(model: str, layer: str) -> str:
    return (
        f"{model} gives an embedding without running {layer!r}, so that it has no map there. "
        "Name another layer."
    )


@contextmanager
def rewriting(module: nn.Module, name: str, rewrite: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Let a sub-module give something else while the block runs; the hook is gone afterwards."""

    def change(_module: nn.Module, _inputs: Any, output: Any) -> Any:
        if isinstance(output, (tuple, list)):
            return type(output)([rewrite(output[0]), *output[1:]])
        if not isinstance(output, Tensor):
            raise EncoderError(f"The layer {name!r} gives a {type(output).__name__}, not a tensor.")
        return rewrite(output)

    handle = module.get_submodule(name).register_forward_hook(change)
    try:
        yield
    finally:
        handle.remove()


def cosine(first: Tensor, second: Tensor) -> Tensor:
    """Cosine of each row with each row, (first, second) → (first,) after broadcasting."""
    return F.cosine_similarity(first.float(), second.float(), dim=-1)
