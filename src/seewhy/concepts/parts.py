"""Parts: groups of foreground patches that look alike to the encoder, over all pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import normalize

from seewhy.concepts.spectra import MomentSums
from seewhy.errors import InvalidArgumentError

PartMethod = Literal["pca", "kmeans"]
Start = Literal["random", "k-means++"]
NUM_PARTS = 5
MAX_ITERATIONS = 500
_STOP = 1e-4
_SAME = 1e-6
BACKGROUND = -1
"""Label of patches that belong to no part."""


@dataclass(frozen=True)
class PrincipalParts:
    """Parts as the principal component a patch is strongest in."""

    mean: Tensor
    """(channels,)."""
    axes: Tensor
    """(channels, parts)."""
    low: Tensor
    """Least value of each component over the fitted rows, (parts,)."""
    high: Tensor
    """Largest value, (parts,)."""

    def scale(self, rows: Tensor) -> Tensor:
        """Components of foreground rows, each scaled to [0, 1], (rows, parts)."""
        values = (rows.to(self.mean) - self.mean) @ self.axes
        return (values - self.low) / (self.high - self.low).clamp(min=1e-12)

    def assign(self, rows: Tensor) -> Tensor:
        """Part of each foreground row, (rows,), from 0 up."""
        return self.scale(rows).argmax(1)


@dataclass(frozen=True)
class ClusterParts:
    """Parts as clusters of directions."""

    centers: Tensor
    """(parts, channels); means of rows of unit length."""

    def assign(self, rows: Tensor) -> Tensor:
        """Part of each foreground row, (rows,), from 0 up: the nearest center."""
        return _nearest(normalize(rows.to(self.centers), dim=1), self.centers)


Parts = PrincipalParts | ClusterParts


def fit_principal_parts(rows: Tensor, *, num_parts: int = NUM_PARTS) -> PrincipalParts:
    """Fit parts by principal components of foreground rows.

    Args:
        rows: features of foreground patches of all pictures, (rows, channels).
        num_parts: components, one a part.

    Raises:
        InvalidArgumentError: if there are fewer rows or channels than parts.

    Source: CLIP mutual knowledge (NeurIPS 2024), arXiv:2410.13016, released code.
    Differs: published signs are those of the scikit-learn release in use; ours are always those
        of release 1.5 and later. See docs/decisions/part-signs.md.
    """
    sums = MomentSums(rows.shape[1])
    sums.add(rows)
    mean, axes = sums.principal_axes(num_parts)
    values = (rows.to(mean) - mean) @ axes
    return PrincipalParts(mean, axes, values.amin(0), values.amax(0))


def fit_cluster_parts(
    rows: Tensor,
    *,
    num_parts: int = NUM_PARTS,
    start: Tensor | Start = "random",
    restarts: int = 1,
    generator: torch.Generator | None = None,
) -> ClusterParts:
    """Fit parts by k-means on foreground rows of unit length.

    Stops where the squared sum of the centers' shifts falls below 1e-4, or after 500 rounds. An
    empty cluster moves to a row drawn by lot.

    Args:
        rows: features of foreground patches of all pictures, (rows, channels).
        num_parts: clusters.
        start: how the rows to start from are drawn: ``random``, each as likely as another, or
            ``k-means++``, the likelier the farther from those drawn before; or their indices,
            (parts,).
        restarts: how often to start anew; the fit of least squared distance is kept.
        generator: source of chance; ``None`` for one of seed 0.

    Raises:
        InvalidArgumentError: if there are fewer rows than parts, or an option is none.

    Source: CLIP mutual knowledge (NeurIPS 2024), arXiv:2410.13016, released code; k-means++:
        Arthur and Vassilvitskii (SODA 2007).
    Differs: published starts are unseeded and the only ones; published labels are those before
        the last, small move of the centers. See docs/decisions/part-signs.md.
    """
    if restarts < 1:
        raise InvalidArgumentError(f"restarts must be at least 1, got {restarts}.")
    if isinstance(start, str) and start not in ("random", "k-means++"):
        raise InvalidArgumentError(
            f"start must be 'random', 'k-means++' or row indices, got {start!r}."
        )
    if len(rows) < num_parts:
        raise InvalidArgumentError(
            f"{num_parts} parts need as many foreground patches, there are {len(rows)}. "
            "Use more pictures or fewer parts."
        )
    generator = generator or torch.Generator().manual_seed(0)
    units = normalize(rows.detach().to("cpu", torch.float32), dim=1)
    tries = restarts if isinstance(start, str) else 1
    fits = [
        _cluster(units, _draw(units, num_parts, start, generator), generator) for _ in range(tries)
    ]
    spreads = [float((units - c[_nearest(units, c)]).square().sum()) for c in fits]
    return ClusterParts(fits[spreads.index(min(spreads))])


def _draw(units: Tensor, number: int, start: Tensor | Start, generator: torch.Generator) -> Tensor:
    """The centers to start from, (parts, channels)."""
    if isinstance(start, Tensor):
        return units[start]
    if start == "random":
        return units[torch.randperm(len(units), generator=generator)[:number]]
    chosen = torch.randint(len(units), (1,), generator=generator)
    while len(chosen) < number:
        distance = torch.cdist(units, units[chosen]).amin(1).square()
        distance[chosen] = 0
        if not bool(distance.any()):  # no distinct row is left
            distance[:] = 1
        chosen = torch.cat([chosen, torch.multinomial(distance, 1, generator=generator)])
    return units[chosen]


def _cluster(units: Tensor, centers: Tensor, generator: torch.Generator) -> Tensor:
    for _ in range(MAX_ITERATIONS):
        nearest = _nearest(units, centers)
        moved = centers.clone()
        for part in range(len(centers)):
            members = units[nearest == part]
            if not len(members):
                members = units[torch.randint(len(units), (1,), generator=generator)]
            moved[part] = members.mean(0)
        shift = float((moved - centers).square().sum(1).sqrt().sum())
        centers = moved
        if shift**2 < _STOP:
            break
    return centers


def _nearest(units: Tensor, centers: Tensor) -> Tensor:
    """Index of the nearest center of each row, (rows,); the first of those as near."""
    distance = centers.square().sum(1) - 2 * units @ centers.T
    # a matrix product rounds rows apart that are the same, which must not part them
    is_nearest = distance <= distance.amin(1, keepdim=True) + _SAME
    return is_nearest.int().argmax(1)
