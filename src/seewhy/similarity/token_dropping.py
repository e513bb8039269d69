"""Embeddings of one picture without the tokens of a window: they are left out, not painted over.

A transformer needs no whole picture. Without the tokens of a window it is faster, and tells the
same story where they are many; and equal sets of tokens are encoded only once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import floor
from typing import Any

import torch
from torch import Tensor

from seewhy.encoders.features import scale_grid
from seewhy.errors import EncoderError
from seewhy.progress import show_progress
from seewhy.similarity.model import PairModel
from seewhy.similarity.windows import Box

Share = tuple[Box, float]
"""A window of whole tokens, and its weight."""


@dataclass(frozen=True)
class TokenWindows:
    """Windows over a picture, as means of windows of whole tokens."""

    boxes: tuple[Box, ...]
    """Different windows, in tokens."""
    weights: Tensor
    """(windows over the picture, boxes); rows sum to 1."""


def round_to_tokens(
    boxes: Sequence[Box], size: tuple[int, int], grid: tuple[int, int]
) -> TokenWindows:
    """Windows of whole tokens for windows of pixels.

    A window between two places of whole tokens counts as the mean of both, weighted by how near
    they are; its sides are rounded.

    Args:
        boxes: in pixels.
        size: of the picture, height and width.
        grid: rows and columns of tokens.
    """
    shares = [_share(box, size, grid) for box in boxes]
    numbers: dict[Box, int] = {}
    for box, _ in (each for row in shares for each in row):
        numbers.setdefault(box, len(numbers))
    weights = torch.zeros(len(boxes), len(numbers))
    for row, parts in zip(weights, shares, strict=True):
        for box, weight in parts:
            row[numbers[box]] += weight
    return TokenWindows(tuple(numbers), weights)


def _share(box: Box, size: tuple[int, int], grid: tuple[int, int]) -> list[Share]:
    top, left, height, width = box
    if not height or not width:
        return [((0, 0, 0, 0), 1.0)]
    rows = _share_axis(top, height, size[0] / grid[0], grid[0])
    columns = _share_axis(left, width, size[1] / grid[1], grid[1])
    return [
        ((first, start, down, across), by_row * by_column)
        for first, down, by_row in rows
        for start, across, by_column in columns
    ]


def _share_axis(start: int, length: int, side: float, count: int) -> list[tuple[int, int, float]]:
    """First token, number of tokens and weight of the places around a stretch of pixels."""
    tokens = min(count, max(1, round(length / side)))
    place = (start + length / 2) / side - tokens / 2
    place = min(max(place, 0.0), float(count - tokens))
    low = floor(place)
    parts = [(low, tokens, 1 - (place - low)), (low + 1, tokens, place - low)]
    return [part for part in parts if part[2] > 1e-6]


@torch.no_grad()
def encode_without_tokens(
    model: PairModel,
    picture: Tensor,
    boxes: Sequence[Box],
    *,
    keeps: bool = False,
    batch_size: int = 32,
    progress: bool = False,
) -> Tensor:
    """Embeddings of a picture without the tokens of each window, (boxes, dim).

    Args:
        model: a transformer.
        picture: (1, 3, height, width).
        boxes: in pixels; see ``round_to_tokens``.
        keeps: leave out all but the window instead.
        batch_size: pictures in one forward pass.
        progress: whether a bar counts the passes.

    Raises:
        EncoderError: if the encoder has no tokens, needs all of them, or would be left with none.
    """
    layout, size = model.layout, (picture.shape[2], picture.shape[3])
    if layout.kind != "vit":
        raise EncoderError(
            f"Hidden tokens can be left out of transformers, and {model.encoder.name} is a "
            f"{layout.kind}. Ask for mode='exact'; precision='bf16' makes that faster."
        )
    grid = scale_grid(layout, size)
    windows = round_to_tokens(boxes, size, grid)
    tokens = [_list_tokens(box, grid, layout.num_prefix_tokens, keeps) for box in windows.boxes]
    if min(map(len, tokens)) == 0:
        raise EncoderError(
            f"A window hides all {grid[0]} x {grid[1]} tokens of {model.encoder.name}. Take "
            "smaller windows, or mode='exact'."
        )
    batches = _batch_alike(tokens, batch_size)
    found: list[Tensor] = [torch.empty(0)] * len(tokens)
    for numbers in show_progress(
        batches, description="Tokens left out", total=len(batches), enabled=progress
    ):
        kept = torch.stack([tokens[number] for number in numbers]).to(picture.device)
        embeddings = _embed_kept(model, picture, kept)
        for number, embedding in zip(numbers, embeddings, strict=True):
            found[number] = embedding.float()
    return windows.weights.to(picture.device) @ torch.stack(found)


def _list_tokens(box: Box, grid: tuple[int, int], prefix: int, keeps: bool) -> Tensor:
    """Numbers of the tokens that are left, those before the patches included."""
    top, left, height, width = box
    hidden = torch.zeros(grid, dtype=torch.bool)
    hidden[top : top + height, left : left + width] = True
    patches = (hidden if keeps else ~hidden).reshape(-1).nonzero()[:, 0]
    return torch.cat([torch.arange(prefix), prefix + patches])


def _batch_alike(tokens: Sequence[Tensor], batch_size: int) -> list[list[int]]:
    """Numbers of sets of tokens, in batches of equally many tokens."""
    batches: list[list[int]] = []
    for number in sorted(range(len(tokens)), key=lambda number: len(tokens[number])):
        last = batches[-1] if batches else []
        if not last or len(last) == batch_size or len(tokens[last[0]]) != len(tokens[number]):
            batches.append([])
        batches[-1].append(number)
    return batches


def _embed_kept(model: PairModel, picture: Tensor, kept: Tensor) -> Tensor:
    """Embeddings of a picture of which the first block gets only some tokens.

    Args:
        model: a transformer.
        picture: (1, 3, height, width).
        kept: numbers of tokens, (batch, tokens).
    """
    rows, columns = scale_grid(model.layout, (picture.shape[2], picture.shape[3]))
    wanted = model.layout.num_prefix_tokens + rows * columns
    with _choosing(model, kept, wanted):
        try:
            return model.embed(picture.expand(len(kept), -1, -1, -1))
        except (RuntimeError, ValueError, IndexError, AssertionError) as error:
            raise EncoderError(
                f"{model.encoder.name} cannot be run on a part of its tokens: {error} Ask for "
                "mode='exact'."
            ) from error


@contextmanager
def _choosing(model: PairModel, kept: Tensor, wanted: int) -> Iterator[None]:
    """Let the first block have only some tokens while the block runs; the hook is gone then."""

    def choose(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = {**dict(enumerate(args)), **kwargs}
        place = next((key for key, value in given.items() if _is_tokens(value, kept, wanted)), None)
        if place is None:
            raise EncoderError(
                f"The first block of {model.encoder.name} does not get {wanted} tokens. Ask for "
                "mode='exact'."
            )
        x = given[place]
        given[place] = x.gather(1, kept[..., None].expand(-1, -1, x.shape[2]))
        return tuple(given[i] for i in range(len(args))), {key: given[key] for key in kwargs}

    first = model.encoder.module.get_submodule(model.layout.layers[0])
    handle = first.register_forward_pre_hook(choose, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def _is_tokens(value: Any, kept: Tensor, wanted: int) -> bool:
    return isinstance(value, Tensor) and value.shape[:2] == (len(kept), wanted) and value.ndim == 3
