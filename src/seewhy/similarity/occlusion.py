"""Conditional occlusion: what hiding a window of one picture takes from the similarity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.explanation import Findings, SimilarityMap, scale_min_max
from seewhy.similarity.model import cosine
from seewhy.similarity.painting import Fill
from seewhy.similarity.pair import Pair
from seewhy.similarity.passes import Mode
from seewhy.similarity.ranks import correlate_ranks
from seewhy.similarity.windows import Windows, place_windows


@dataclass(frozen=True, kw_only=True)
class OcclusionSettings:
    """How windows are slid over a picture. Lengths that are ``None`` follow its size."""

    window: int | None = None
    """Side in pixels; ``None``: 64 of 224."""
    stride: int | None = None
    """Pixels from one window to the next; ``None``: an eighth of the window."""
    fill: Fill = "mean"
    reaches_edges: bool = True
    """Whether a last window is put where strides do not end at the edge."""
    mode: Mode = "exact"
    """``fast``, of transformers: hidden tokens are left out instead of painted over, and windows
    are rounded to whole tokens."""
    num_checks: int = 16
    """Windows of each picture that are also encoded exactly where a map is not exact, so that the
    result can say how well both agree."""

    def __post_init__(self) -> None:
        if self.mode not in ("exact", "fast"):
            raise InvalidArgumentError(f"mode must be 'exact' or 'fast', got {self.mode!r}.")
        if self.num_checks < 0 or self.num_checks == 1:
            raise InvalidArgumentError(
                f"num_checks must be 0 or at least 2, got {self.num_checks}."
            )

    def place(self, size: tuple[int, int]) -> Windows:
        """The windows over a picture of ``size`` (height, width)."""
        return place_windows(
            size, window=self.window, stride=self.stride, reaches_edges=self.reaches_edges
        )


PUBLISHED_OCCLUSION = OcclusionSettings(fill=0.0, reaches_edges=False)


def occlude(pair: Pair, settings: OcclusionSettings) -> Findings:
    """Conditional occlusion: the similarity lost when a window of one picture is hidden.

        H1[cell] = cos(f(x1), f(x2)) - cos(f(x1 without the window), f(x2)),   H2 likewise

    Returns:
        Maps of raw drops. What the newest released code gives, drops from 0 (smallest) to 1
        (largest), stands beside them.

    Source: arXiv:2206.09753.
    Differs: by default windows reach the edges, are painted in the picture's mean color, and are
        projected back to the pixels they covered; as published a margin may stay uncovered, and a
        flat map becomes NaN. Square pictures are not assumed.
    """
    maps = []
    for view, clean, other in _sides(pair):
        windows = settings.place(pair.sizes[view - 1])
        hidden = encode_hidden_windows(pair, view, windows, settings)
        maps.append(_to_map(pair, view, cosine(clean, other) - cosine(hidden, other), windows))
    return Findings(maps=tuple(maps), facts=check_drops(pair, settings))


def occlude_context_agnostic(pair: Pair, settings: OcclusionSettings) -> Findings:
    """Context-agnostic conditional occlusion: what a window says by itself of the other picture.

        g[cell] = f(x1, only the window) - f(x1 without the window),   H1[cell] = cos(g, f(x2))

    Source: arXiv:2206.09753.
    Differs: as ``occlude``.
    """
    maps = []
    for view, _, other in _sides(pair):
        windows = settings.place(pair.sizes[view - 1])
        hidden = encode_hidden_windows(pair, view, windows, settings)
        alone = encode_hidden_windows(pair, view, windows, settings, keeps=True)
        maps.append(_to_map(pair, view, cosine(alone - hidden, other), windows))
    return Findings(maps=tuple(maps), facts=check_drops(pair, settings))


def encode_hidden_windows(
    pair: Pair, view: int, windows: Windows, settings: OcclusionSettings, *, keeps: bool = False
) -> Tensor:
    """Embeddings of one picture with each window hidden as settings say, (cells, dim)."""
    return pair.encode_windows(view, windows, fill=settings.fill, keeps=keeps, mode=settings.mode)


def check_drops(pair: Pair, settings: OcclusionSettings) -> dict[str, float | bool | str]:
    """How well drops agree with exact ones, where they are not exact.

    Returns:
        For each picture ``exact_rank_correlation_1`` and ``_2``, of ``num_checks`` windows spread
        over it; nothing where drops are exact, or no windows are to be checked.
    """
    is_exact = settings.mode == "exact" and pair.effort.precision == "float32"
    if is_exact or not settings.num_checks:
        return {}
    facts: dict[str, float | bool | str] = {}
    for view, _, other in _sides(pair):
        windows = settings.place(pair.sizes[view - 1])
        boxes, hidden = windows.boxes(), encode_hidden_windows(pair, view, windows, settings)
        spread = np.linspace(0, len(boxes) - 1, settings.num_checks).round().astype(int)
        places = np.unique(spread).tolist()
        exact = pair.encode_exactly(view, [boxes[place] for place in places], fill=settings.fill)
        found, wanted = (cosine(rows, other).cpu().numpy() for rows in (hidden[places], exact))
        facts[f"exact_rank_correlation_{view}"] = correlate_ranks(found, wanted)
    return facts


def _sides(pair: Pair) -> tuple[tuple[int, Tensor, Tensor], ...]:
    """For each picture: its number, its embedding, the other's."""
    first, second = pair.embeddings
    return (1, first, second), (2, second, first)


def _to_map(pair: Pair, view: int, values: Tensor, windows: Windows) -> SimilarityMap:
    grid = values.reshape(windows.shape)
    published = scale_min_max(grid.cpu().numpy())
    return pair.map_of(view, grid, windows=windows, published=published)
