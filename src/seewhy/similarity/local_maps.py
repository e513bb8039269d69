"""Maps of a network that are known but for a region, which is computed when it is asked for.

A batch of pictures that differ from one picture only in a window has maps that differ from that
picture's maps only where the window reaches. A ``LocalMap`` holds the region, and knows how to
compute it from the maps before; the rest is the one picture's map, computed once for all batches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.similarity.regions import Reach, Regions, all_of

ENOUGH = 0.8  # of a map: from there on computing all of it costs less than cutting it out


@dataclass
class Memory:
    """What is known of the maps of the one picture, and how maps are computed."""

    dtype: torch.dtype
    """That maps are computed in."""
    device: torch.device
    maps: dict[int, Tensor] = field(default_factory=dict)
    """Maps of the picture by the number of the operation that gives them."""
    count: int = 0
    """Operations of the batch so far; a network runs the same ones for each batch."""


class Sliding(Protocol):
    """An operation whose outputs see only their surroundings."""

    @property
    def reach(self) -> tuple[Reach, Reach]:
        """What an output sees, along rows and columns."""
        ...

    @property
    def filler(self) -> float:
        """What stands beyond the edges."""
        ...

    def run(self, x: Tensor, *, pads: bool) -> Tensor:
        """Outputs of x (batch, channels, height, width); without padding the edges are in it."""
        ...


@dataclass(frozen=True)
class Convolution:
    """A convolution, with the scale and shift of the norm behind it."""

    weight: Tensor
    bias: Tensor | None
    reach: tuple[Reach, Reach]
    groups: int
    scale: Tensor | None = None
    filler: float = 0.0

    def followed_by(self, scale: Tensor, shift: Tensor) -> Convolution:
        """What gives scale * outputs + shift, both (channels,)."""
        bias = shift if self.bias is None else self.bias * scale + shift
        return replace(self, bias=bias, scale=scale if self.scale is None else self.scale * scale)

    def run(self, x: Tensor, *, pads: bool) -> Tensor:
        """Outputs; the scaled weights are made anew each time, so that no copy of them is kept."""
        weight = self.weight
        if self.scale is not None:
            weight = weight * self.scale.view(-1, 1, 1, 1)
        return F.conv2d(
            x,
            weight.to(x.dtype),
            None if self.bias is None else self.bias.to(x.dtype),
            [each.stride for each in self.reach],
            [each.padding if pads else 0 for each in self.reach],
            [each.dilation for each in self.reach],
            self.groups,
        )


@dataclass(frozen=True)
class Pooling:
    """The largest or the mean of the outputs' surroundings."""

    reach: tuple[Reach, Reach]
    is_max: bool

    @property
    def filler(self) -> float:
        """What no maximum is; means are only taken without padding."""
        return -torch.inf if self.is_max else 0.0

    def run(self, x: Tensor, *, pads: bool) -> Tensor:
        """Outputs of x."""
        kernel, stride = ([getattr(r, name) for r in self.reach] for name in ("kernel", "stride"))
        if not self.is_max:
            return F.avg_pool2d(x, kernel, stride)
        padding = [each.padding if pads else 0 for each in self.reach]
        return F.max_pool2d(x, kernel, stride, padding, [each.dilation for each in self.reach])


class KnownMap:
    """The map of the one picture; computed when needed, kept for later batches where they need it.

    It refers to the known maps before it, but not to the batch.
    """

    def __init__(self, memory: Memory, compute: Callable[[], Tensor]) -> None:
        self.memory, self.number = memory, memory.count
        self._compute: Callable[[], Tensor] | None = compute
        self._found: Tensor | None = None
        memory.count += 1

    def get(self) -> Tensor:
        """The map, (1, channels, height, width); not to be written to."""
        if self.number in self.memory.maps:
            return self.memory.maps[self.number]
        if self._found is None:
            assert self._compute is not None  # noqa: S101  one of both is there
            self._found, self._compute = self._compute(), None  # the maps before may go
        return self._found

    def keep(self) -> Tensor:
        """The map, which is asked for again."""
        found = self.memory.maps[self.number] = self.get()
        return found


class LocalMap:
    """One map for each picture of a batch, known but for a region; computed when needed."""

    def __init__(
        self, known: KnownMap, regions: Regions, channels: int, compute: Callable[[Regions], Tensor]
    ) -> None:
        """Say what a map is without computing it.

        Args:
            known: of the one picture.
            regions: where the batch differs from it. Regions that are most of the map become all.
            channels: of the map.
            compute: gives the map in those regions, as a tensor that nobody else has.
        """
        self.known, self.channels, self._compute = known, channels, compute
        if regions.share >= ENOUGH:
            size = (regions.rows.side, regions.columns.side)
            regions = all_of(len(regions.rows.starts), size)
        self.regions, self.uses = regions, 0
        self.is_last = False  # whether the network has channels last; here they never are
        self.convolved: tuple[LocalMap, Convolution] | None = None
        self._values: Tensor | None = None

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Batch, channels, height and width of the whole."""
        rows, columns = self.regions.rows, self.regions.columns
        return len(rows.starts), self.channels, rows.side, columns.side

    def values(self) -> Tensor:
        """The region, (batch, channels, region's height and width); not to be written to."""
        if self._values is None:
            self._values = self._compute(self.regions)
            self._compute, self.convolved = _never, None  # what came before may go
        return self._values

    def take(self) -> tuple[Tensor, bool]:
        """The region, and whether whoever asks may write to it, since nobody else has it."""
        if self._values is None and self.uses <= 1:
            return self._compute(self.regions), True
        return self.values(), False

    def read(self, wanted: Regions, filler: float = 0.0) -> Tensor:
        """Other regions of the same map, which may lie beyond its edges.

        Args:
            wanted: of which only starts and lengths count.
            filler: what stands beyond the edges.
        """
        if wanted == self.regions:
            return self.values()
        height, width = wanted.rows.length, wanted.columns.length
        values, (batch, channels, *size) = self.values(), self.shape
        found = values.new_empty(batch, height, width, channels).permute(0, 3, 1, 2)
        known = None if self.regions.is_whole else self.known.keep()
        for number, (theirs, ours) in enumerate(
            zip(wanted.corners, self.regions.corners, strict=True)
        ):
            if min(theirs) < 0 or theirs[0] + height > size[0] or theirs[1] + width > size[1]:
                found[number].fill_(filler)
            if known is not None:
                _paste(found[number], theirs, known[0], (0, 0))
            _paste(found[number], theirs, values[number], ours)
        return found

    def with_channels(self, *, is_last: bool) -> LocalMap:
        """The same for a network that has put channels elsewhere."""
        found = map_points(self, lambda values, is_ours: values if is_ours else values.clone())
        found.is_last = is_last
        return found

    def whole(self) -> Tensor:
        """The maps, (batch, channels, height, width)."""
        _, _, height, width = self.shape
        return self.read(all_of(len(self.regions.rows.starts), (height, width)))


def _never(_regions: Regions) -> Tensor:
    raise AssertionError("A region is computed once.")


def paint_regions(memory: Memory, regions: Regions, values: Tensor, picture: Tensor) -> LocalMap:
    """Where everything begins: copies of a picture, painted over in a region.

    Args:
        memory: of the picture.
        regions: where.
        values: what is there, (batch, channels, region's height and width).
        picture: (1, channels, height, width).
    """
    found = LocalMap(KnownMap(memory, lambda: picture), regions, values.shape[1], _never)
    found._values = values
    return found


def all_known(memory: Memory, values: Tensor) -> LocalMap:
    """A map that was computed elsewhere, (batch, channels, height, width), and differs anywhere."""
    regions = all_of(len(values), (values.shape[2], values.shape[3]))
    return paint_regions(memory, regions, values.to(memory.dtype), values[:1])


def slide(source: LocalMap, operation: Sliding, channels: int) -> LocalMap:
    """What a sliding operation gives."""

    def compute(regions: Regions) -> Tensor:
        if regions.is_whole:
            return operation.run(source.whole(), pads=True)
        seen = regions.seen_through(operation.reach)
        return operation.run(source.read(seen, operation.filler), pads=False)

    before, source.uses = source.known, source.uses + 1
    known = KnownMap(before.memory, lambda: operation.run(before.get(), pads=True))
    found = LocalMap(known, source.regions.reached_through(operation.reach), channels, compute)
    if isinstance(operation, Convolution):
        found.convolved = (source, operation)
    return found


def map_points(
    source: LocalMap, operation: Callable[[Tensor, bool], Tensor], channels: int | None = None
) -> LocalMap:
    """What an operation gives that looks at one place at a time.

    Args:
        source: the map.
        operation: from values, and whether they may be overwritten, to values in the same places.
        channels: that it gives; ``None``: as many as it gets.
    """
    before, source.uses = source.known, source.uses + 1
    known = KnownMap(before.memory, lambda: operation(before.get(), False))
    found = LocalMap(
        known, source.regions, channels or source.channels, lambda _: operation(*source.take())
    )
    found.is_last = source.is_last
    return found


def combine(
    first: LocalMap,
    second: LocalMap,
    operation: Callable[[Tensor, Tensor], Tensor],
    *,
    is_sum: bool = False,
) -> LocalMap:
    """What two maps give together, place by place.

    Args:
        first: a map.
        second: another of its size and channels.
        operation: from both to one.
        is_sum: whether that is their sum, which may be written over one of them.
    """

    def compute(regions: Regions) -> Tensor:
        (x, x_is_ours), (y, y_is_ours) = (
            each.take() if each.regions == regions else (each.read(regions), True)
            for each in (first, second)
        )
        if is_sum and (x_is_ours or y_is_ours):
            return x.add_(y) if x_is_ours else y.add_(x)
        return operation(x, y)

    one, other = first.known, second.known
    known = KnownMap(one.memory, lambda: operation(one.get(), other.get()))
    first.uses, second.uses = first.uses + 1, second.uses + 1
    regions = first.regions.joined_with(second.regions)
    found = LocalMap(known, regions, first.channels, compute)
    found.is_last = first.is_last
    return found


def _paste(target: Tensor, corner: tuple[int, int], source: Tensor, place: tuple[int, int]) -> None:
    """Copy what a target (channels, ...) whose corner lies there shares with a placed source."""
    slices = []
    for axis in (0, 1):
        low = max(corner[axis], place[axis])
        high = min(corner[axis] + target.shape[axis + 1], place[axis] + source.shape[axis + 1])
        if low >= high:
            return
        slices.append((slice(low - corner[axis], high - corner[axis]),
                       slice(low - place[axis], high - place[axis])))  # fmt: skip
    (to_rows, from_rows), (to_columns, from_columns) = slices
    target[:, to_rows, to_columns] = source[:, from_rows, from_columns]
