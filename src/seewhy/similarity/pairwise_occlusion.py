"""Pairwise occlusion: what hiding parts of both pictures at once takes from the similarity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Generator, Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.explanation import Findings
from seewhy.similarity.model import cosine
from seewhy.similarity.occlusion import OcclusionSettings, check_drops, encode_hidden_windows
from seewhy.similarity.painting import Fill, paint_over
from seewhy.similarity.pair import Pair
from seewhy.similarity.random_boxes import BoxSettings, draw_box
from seewhy.similarity.windows import Box, average_over_boxes


@dataclass(frozen=True, kw_only=True)
class PairwiseSettings:
    """What is hidden in both pictures, and how they are put together."""

    pairs: Literal["all", "matched"] = "all"
    """``all``: each mask of picture 1 with each of picture 2; ``matched``: the n-th with the n-th,
    as published."""
    num_masks: int | None = None
    """Random rectangles in each picture; ``None``: the windows of ``grid``, only with ``all``."""
    boxes: BoxSettings = field(default_factory=BoxSettings)
    grid: OcclusionSettings = field(default_factory=OcclusionSettings)
    """Windows, and what they are painted with; shared with conditional occlusion."""
    finds_by_sum: bool = False
    """Whether hidden pixels are those whose channels sum to 0, as published: then black pixels of
    the picture itself count as hidden in every mask."""

    def __post_init__(self) -> None:
        if self.pairs not in ("all", "matched"):
            raise InvalidArgumentError(f"pairs must be 'all' or 'matched', got {self.pairs!r}.")
        if self.num_masks is None and self.pairs == "matched":
            raise InvalidArgumentError(
                "Matched pairs are of random rectangles: give num_masks=, 100 as published."
            )
        if self.num_masks is not None and self.num_masks < 1:
            raise InvalidArgumentError(f"num_masks must be at least 1, got {self.num_masks}.")


PUBLISHED_PAIRWISE = PairwiseSettings(
    pairs="matched",
    num_masks=100,
    grid=OcclusionSettings(fill=0.0, reaches_edges=False),
    finds_by_sum=True,
)


@dataclass(frozen=True, eq=False)
class JointDrops:
    """What is lost when a mask of each picture hides at once, as sums of three parts.

        drops[n, m] = mean + first[n] + second[m] + interaction[n, m]

    The least-squares fit of drops by one effect for each mask; what is left is interaction.
    """

    drops: Tensor
    """(masks of picture 1, masks of picture 2)."""

    @property
    def first(self) -> Tensor:
        """Mean drop with each mask of picture 1, (masks,)."""
        return self.drops.mean(1)

    @property
    def second(self) -> Tensor:
        """Mean drop with each mask of picture 2, (masks,)."""
        return self.drops.mean(0)

    @property
    def interaction(self) -> Tensor:
        """What is lost beyond the effects of both masks, (masks, masks); rows sum to 0."""
        return self.drops - self.first[:, None] - self.second[None] + self.drops.mean()


def occlude_pairwise(pair: Pair, settings: PairwiseSettings) -> Findings:
    """Pairwise occlusion: which parts are missed when something is hidden in both pictures.

    With ``pairs="all"``, N masks in each picture give all N x N joint drops from 2N embeddings by
    one matrix product; a mask's value is its mean drop over the other picture's masks, that is,
    its effect in the least-squares fit of all joint drops, without a temperature.

    Source: arXiv:2206.09753.
    Differs: published are ``matched`` pairs, see ``credit_matched``; a softmax over them that is
        nearly uniform; and erased pixels found by their sum. The size is not fixed to 224.
    """
    if settings.pairs == "matched":
        return _occlude_matched(pair, settings)
    if settings.num_masks is not None:
        return _occlude_random(pair, settings)
    windows = [settings.grid.place(size) for size in pair.sizes]
    embeddings = [
        encode_hidden_windows(pair, view, windows[view - 1], settings.grid) for view in (1, 2)
    ]
    joint = find_joint_drops(pair.score, *embeddings)
    maps = tuple(
        pair.map_of(view, effect.reshape(grid.shape), windows=grid)
        for view, effect, grid in zip((1, 2), (joint.first, joint.second), windows, strict=True)
    )
    return Findings(
        maps=maps,
        interaction=joint.interaction.cpu().numpy(),
        facts=check_drops(pair, settings.grid),
    )


def find_joint_drops(score: float, first: Tensor, second: Tensor) -> JointDrops:
    """All joint drops of the masks of two pictures.

    Args:
        score: cosine with nothing hidden.
        first: embeddings of picture 1 under each mask, (masks, dim).
        second: of picture 2, (masks, dim).
    """
    return JointDrops(score - F.normalize(first, dim=1) @ F.normalize(second, dim=1).T)


def draw_boxes(
    sizes: Sequence[tuple[int, int]], count: int, settings: BoxSettings, numbers: Generator
) -> tuple[list[Box], list[Box]]:
    """Rectangles for both pictures, drawn in turn as published: picture 1, picture 2, 1, 2, ..."""
    drawn = [[draw_box(size, settings, numbers) for size in sizes] for _ in range(count)]
    return [both[0] for both in drawn], [both[1] for both in drawn]


def _draw_masks(pair: Pair, settings: PairwiseSettings) -> tuple[list[Box], list[Box]]:
    numbers = torch.Generator().manual_seed(pair.effort.seed)
    assert settings.num_masks is not None  # noqa: S101  the caller looked
    return draw_boxes(pair.sizes, settings.num_masks, settings.boxes, numbers)


def _occlude_random(pair: Pair, settings: PairwiseSettings) -> Findings:
    """All pairs of random rectangles; pixels in none of them are 0, as if they had no effect."""
    boxes = _draw_masks(pair, settings)
    embeddings = [
        pair.encode_boxes(view, boxes[view - 1], fill=settings.grid.fill, mode=settings.grid.mode)
        for view in (1, 2)
    ]
    joint = find_joint_drops(pair.score, *embeddings)
    maps, bare = [], 0.0
    for view, effect in ((1, joint.first), (2, joint.second)):
        pixels = average_over_boxes(boxes[view - 1], effect.cpu().numpy(), pair.sizes[view - 1])
        bare = max(bare, float(np.isnan(pixels).mean()))
        maps.append(pair.map_of(view, torch.from_numpy(np.nan_to_num(pixels))))
    notes = (f"{bare:.1%} of a picture was never hidden and is 0.",) if bare else ()
    return Findings(maps=tuple(maps), interaction=joint.interaction.cpu().numpy(), notes=notes)


def _occlude_matched(pair: Pair, settings: PairwiseSettings) -> Findings:
    first, second = (
        torch.from_numpy(values)
        for values in credit_matched(pair, *_draw_masks(pair, settings), settings=settings)
    )
    return Findings(maps=(pair.map_of(1, first), pair.map_of(2, second)))


def credit_matched(
    pair: Pair, first: Sequence[Box], second: Sequence[Box], *, settings: PairwiseSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The published maps of matched pairs of rectangles, each (height, width), 0 to 1.

        π = softmax over n of cos(f(x1), f(x2)) - cos(f(x1^n), f(x2^n))

    The n-th rectangle of the picture whose embedding became the shorter one is credited with π_n.

    Args:
        pair: the two pictures.
        first: rectangles of picture 1.
        second: as many of picture 2.
        settings: what they are painted with, and how hidden pixels are found.
    """
    fill = settings.grid.fill
    hidden = [pair.encode_boxes(view, b, fill=fill) for view, b in ((1, first), (2, second))]
    weights = (cosine(*pair.embeddings) - cosine(*hidden)).softmax(0).tolist()
    is_first = (hidden[0].norm(dim=1) < hidden[1].norm(dim=1)).tolist()
    maps = [np.zeros(size) for size in pair.sizes]
    for number, (weight, counts) in enumerate(zip(weights, is_first, strict=True)):
        view, boxes = (1, first) if counts else (2, second)
        place = _find_hidden(pair.views[view - 1], boxes[number], fill, settings.finds_by_sum)
        maps[view - 1][place] += weight
    return maps[0] / (maps[0].max() + 1e-9), maps[1] / (maps[1].max() + 1e-9)


def _find_hidden(picture: Tensor, box: Box, fill: Fill, by_sum: bool) -> NDArray[Any]:
    """Where a rectangle hides a picture, (height, width)."""
    if by_sum:
        return (paint_over(picture, [box], fill).sum(1)[0] == 0).cpu().numpy()
    top, left, height, width = box
    place = np.zeros((picture.shape[2], picture.shape[3]), bool)
    place[top : top + height, left : left + width] = True
    return place
