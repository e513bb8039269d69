"""Objects with boxes as tokens that come before a question (VCR)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seewhy.errors import InvalidArgumentError
from seewhy.rationales.decoder import BOX_NUMBERS
from seewhy.rationales.prompts import Box
from seewhy.rationales.tasks import Compat
from seewhy.rationales.tokens import END, NO_OBJECT, RationaleTokenizer

NO_BOX: Box = (0.0,) * BOX_NUMBERS
MAX_OBJECT_TOKENS = 20
"""Tokens of all objects together; what is beyond is left out."""


@dataclass(frozen=True)
class BoxedTokens:
    """Tokens, each with its box and the number of its object."""

    ids: tuple[int, ...]
    boxes: tuple[Box, ...]
    numbers: tuple[int, ...]


def describe_box(edges: Sequence[float], size: tuple[int, int]) -> Box:
    """A box as eight numbers: its edges, its center, its width and height, as fractions.

    Args:
        edges: left, top, right and bottom, in pixels.
        size: width and height of the picture, in pixels.

    Raises:
        InvalidArgumentError: if the picture has no size.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081; a box of one pixel is one pixel wide.

    Example:
        >>> describe_box((10, 20, 29, 59), (100, 80))
        (0.1, 0.25, 0.29, 0.7375, 0.195, 0.49375, 0.2, 0.5)
    """
    width, height = size
    if width < 1 or height < 1:
        raise InvalidArgumentError(f"size must be a width and a height in pixels, got {size}.")
    x1, y1, x2, y2 = edges
    return (
        x1 / width, y1 / height, x2 / width, y2 / height,
        (x1 + x2) / (2 * width), (y1 + y2) / (2 * height),
        (x2 - x1 + 1) / width, (y2 - y1 + 1) / height,
    )  # fmt: skip


def lay_out_objects(
    objects: Sequence[str], boxes: Sequence[Box], tokenizer: RationaleTokenizer
) -> BoxedTokens:
    """Objects as tokens: each carries the box and the number of its object."""
    ids: list[int] = []
    owners: list[int] = []
    for place, name in enumerate(objects):
        pieces = tokenizer.encode(f" {name}")
        ids += pieces
        owners += [place] * len(pieces)
    ids, owners = ids[:MAX_OBJECT_TOKENS], owners[:MAX_OBJECT_TOKENS]
    numbers = {place: _number_token(place, tokenizer) for place in set(owners)}
    return BoxedTokens(
        tuple(ids),
        tuple(boxes[place] for place in owners),
        tuple(numbers[place] for place in owners),
    )


def _number_token(number: int, tokenizer: RationaleTokenizer) -> int:
    """The token of a number behind a blank; of a small vocabulary, its last digit's."""
    return tokenizer.encode(f" {number}")[-1]


def point_at_boxes(
    ids: Sequence[int], boxes: Sequence[Box], tokenizer: RationaleTokenizer
) -> tuple[Box, ...]:
    """Boxes of a question's tokens: those that are a number have the box of that object.

    ``person1`` is the tokens ``person`` and ``1``, of which the second has a box. Numbers of no
    object have none.
    """
    found = []
    for token in tokenizer.spell(ids):
        is_object = token.isascii() and token.isdigit() and int(token) < len(boxes)
        found.append(boxes[int(token)] if is_object else NO_BOX)
    return tuple(found)


def find_no_object(tokenizer: RationaleTokenizer, *, compat: Compat, is_prompt: bool) -> int:
    """The word that numbers a token without object.

    The released code meant ``<noobject>`` and gave the number of the end token instead, in
    training and in prompts, but not behind them.

    Differs: docs/decisions/vcr-object-number.md.
    """
    return tokenizer.need(END if compat == "published" and is_prompt else NO_OBJECT)
