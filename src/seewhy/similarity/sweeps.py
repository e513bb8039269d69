"""Insertion and deletion: the similarity while the best pixels go, or come back, step by step.

    deletion     x_i = x with its i * step best pixels painted over
    insertion    x_i = blurred x with its i * step best pixels put back
    s_i          cos(f(x1_i), f(x2_i))  both pictures changed        (simultaneous)
                 cos(f(x1_i), f(x2))    one changed, one as it is    (conditional, both ways)
    area         (Σ s_i - s_0 / 2 - s_n / 2) / n

All six curves of a pair come out of the embeddings of two sequences of pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.images.filters import gaussian_blur
from seewhy.progress import show_progress
from seewhy.similarity.model import cosine
from seewhy.similarity.painting import Fill, paint
from seewhy.similarity.pair import Pair

SweepKind = Literal["insertion", "deletion"]
Floats = NDArray[np.floating[Any]]
BLUR_TAPS, BLUR_SIGMA = 11, 5.0


@dataclass(frozen=True, kw_only=True)
class SweepSettings:
    """How pixels are changed."""

    step: int | None = None
    """Pixels changed at once; ``None``: as many as the picture is wide."""
    fill: Fill = "mean"
    """What deleted pixels are painted with."""
    breaks_ties: bool = True
    """Whether pixels of equal value go in an order drawn by the seed; otherwise in the order that
    NumPy's sort leaves them in, as published."""

    def __post_init__(self) -> None:
        if self.step is not None and self.step < 1:
            raise InvalidArgumentError(f"step must be at least 1 pixel, got {self.step}.")


PUBLISHED_SWEEP = SweepSettings(fill=0.0, breaks_ties=False)


@dataclass(frozen=True, eq=False)
class Sweep:
    """Similarity after each step, (steps + 1,) each."""

    kind: SweepKind
    simultaneous: NDArray[np.float64]
    """Both pictures changed."""
    first: NDArray[np.float64]
    """Picture 1 changed, picture 2 as it is."""
    second: NDArray[np.float64]
    """Picture 2 changed, picture 1 as it is."""

    @property
    def areas(self) -> dict[str, float]:
        """Area under each curve; high is good for insertion, low for deletion."""
        return {
            name: find_area(getattr(self, name)) for name in ("simultaneous", "first", "second")
        }


def find_area(scores: Floats) -> float:
    """Mean height of a curve over equal steps (trapezoids).

    Raises:
        InvalidArgumentError: if it has fewer than two points.
    """
    if len(scores) < 2:
        raise InvalidArgumentError(f"An area needs at least two points, got {len(scores)}.")
    return float((scores.sum() - scores[0] / 2 - scores[-1] / 2) / (len(scores) - 1))


def average_sweeps(sweeps: Sequence[Sweep]) -> Sweep:
    """The mean curves of several pairs, which the published batch areas are of."""
    if not sweeps or len({sweep.kind for sweep in sweeps}) > 1:
        raise InvalidArgumentError("Average sweeps of one kind, at least one.")
    means = {
        name: np.mean([getattr(sweep, name) for sweep in sweeps], axis=0)
        for name in ("simultaneous", "first", "second")
    }
    return replace(sweeps[0], **means)


@torch.no_grad()
def sweep_pair(
    pair: Pair,
    maps: tuple[Floats, Floats],
    kind: SweepKind,
    settings: SweepSettings | None = None,
) -> Sweep:
    """Change both pictures along their own maps, and compare after each step.

    Args:
        pair: the pictures.
        maps: heat at the size of each picture, (height, width); where it is not a number comes
            last.
        kind: insertion or deletion.
        settings: ``None`` for the defaults.

    Raises:
        ShapeError: if a map is not of the size of its picture.

    Source: arXiv:2206.09753, Section 4; insertion and deletion: RISE, arXiv:1806.07421.
    Differs: pixels of equal heat go in seeded random order and are painted in the mean color of
        their picture; pictures need not be square. Each picture is encoded once a step.
    """
    settings = settings or SweepSettings()
    changed = []
    for view, heat in zip((1, 2), maps, strict=True):
        if heat.shape != pair.sizes[view - 1]:
            raise ShapeError(
                f"Map {view} is {heat.shape}, and its picture {pair.sizes[view - 1]}. Bring it to "
                "the size of the picture with SimilarityMap.to_pixels()."
            )
        order = rank_pixels(heat, seed=pair.effort.seed if settings.breaks_ties else None)
        changed.append(_encode_steps(pair, view, order, kind, settings))
    first, second = changed
    if len(first) != len(second):
        raise ShapeError(f"The pictures take {len(first)} and {len(second)} steps; set no step.")
    clean1, clean2 = pair.embeddings
    return Sweep(
        kind, *(_compare(a, b) for a, b in ((first, second), (first, clean2), (second, clean1)))
    )


def rank_pixels(heat: Floats, *, seed: int | None = 0) -> NDArray[np.int64]:
    """Place of each pixel when the hottest comes first, (height, width).

    Args:
        heat: (height, width).
        seed: of the order among equals; ``None`` for whatever NumPy's sort does with them.
    """
    values = np.where(np.isnan(heat), -np.inf, heat).reshape(-1)
    if seed is None:
        order = np.argsort(values)[::-1]
    else:
        drawn = np.random.default_rng(seed).permutation(values.size)
        order = np.lexsort((drawn, -values))
    ranks = np.empty(values.size, np.int64)
    ranks[order] = np.arange(values.size)
    return ranks.reshape(heat.shape)


def _encode_steps(
    pair: Pair, view: int, ranks: NDArray[np.int64], kind: SweepKind, settings: SweepSettings
) -> Tensor:
    """Embeddings of a picture after each step, (steps + 1, dim)."""
    batches = _draw_steps(pair, view, ranks, kind, settings)
    steps = _count_steps(pair, view, settings) + 1
    bar = show_progress(
        batches,
        description=f"{kind.capitalize()}, picture {view}",
        total=-(-steps // pair.effort.batch_size),
        enabled=pair.effort.progress,
    )
    return torch.cat([pair.encode(batch) for batch in bar])


def _draw_steps(
    pair: Pair, view: int, ranks: NDArray[np.int64], kind: SweepKind, settings: SweepSettings
) -> Iterator[Tensor]:
    """The changed pictures, one batch at a time."""
    picture = pair.views[view - 1]
    if kind == "deletion":
        start, end = picture, paint(picture, settings.fill)
    else:
        start, end = blur(picture), picture
    places = torch.from_numpy(ranks).to(picture.device)
    reached = torch.arange(_count_steps(pair, view, settings) + 1, device=picture.device)
    for batch in (reached * _step(pair, view, settings)).split(pair.effort.batch_size):
        yield torch.where(places < batch.view(-1, 1, 1, 1), end, start)


def _step(pair: Pair, view: int, settings: SweepSettings) -> int:
    return settings.step or pair.sizes[view - 1][1]


def _count_steps(pair: Pair, view: int, settings: SweepSettings) -> int:
    height, width = pair.sizes[view - 1]
    return -(-height * width // _step(pair, view, settings))


def blur(picture: Tensor) -> Tensor:
    """A picture (1, 3, height, width) blurred as insertion starts from: 11 taps, σ 5."""
    values = picture[0].permute(1, 2, 0).cpu().numpy()
    blurred = gaussian_blur(values, BLUR_TAPS, BLUR_SIGMA)
    return torch.from_numpy(blurred).permute(2, 0, 1)[None].to(picture)


def _compare(first: Tensor, second: Tensor) -> NDArray[np.float64]:
    return cosine(first, second).double().cpu().numpy()
