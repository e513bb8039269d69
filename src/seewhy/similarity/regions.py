"""Where a change of a picture can reach in the maps of a network, and what it is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seewhy.similarity.windows import Box


@dataclass(frozen=True)
class Reach:
    """What one output of a sliding operation sees along one axis, in the words of convolutions."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def width(self) -> int:
        """Inputs from the first to the last that an output sees."""
        return (self.kernel - 1) * self.dilation + 1

    def shrink(self, side: int) -> int:
        """Outputs along a side of so many inputs."""
        return (side + 2 * self.padding - self.width) // self.stride + 1


@dataclass(frozen=True)
class Spans:
    """For each picture of a batch a stretch along one axis; all are equally long."""

    starts: tuple[int, ...]
    length: int
    side: int
    """Length of the axis."""

    @property
    def is_whole(self) -> bool:
        """Whether the stretches are the axis."""
        return self.length == self.side

    def reached_through(self, reach: Reach) -> Spans:
        """Outputs that see some of these inputs.

        Example:
            >>> Spans((4, 0), 2, 8).reached_through(Reach(3, padding=1))
            Spans(starts=(3, 0), length=4, side=8)
        """
        side = reach.shrink(self.side)
        limits = []
        for start in self.starts:
            first = -(-(start + reach.padding - reach.width + 1) // reach.stride)
            last = (start + self.length - 1 + reach.padding) // reach.stride
            limits.append((max(0, first), min(side, last + 1)))
        return cover(limits, side)

    def seen_through(self, reach: Reach) -> Spans:
        """Inputs that these outputs see, also beyond the ends of the axis.

        ``side`` stays that of the outputs.
        """
        starts = tuple(start * reach.stride - reach.padding for start in self.starts)
        return Spans(starts, (self.length - 1) * reach.stride + reach.width, self.side)


def cover(limits: Sequence[tuple[int, int]], side: int) -> Spans:
    """Equally long stretches within an axis that hold the given ones, (start, end)."""
    length = max(1, *(end - start for start, end in limits))  # where nothing is reached too
    starts = tuple(max(0, min(start, side - length)) for start, _ in limits)
    return Spans(starts, length, side)


@dataclass(frozen=True)
class Regions:
    """For each picture of a batch a rectangle of one map; all are of one size."""

    rows: Spans
    columns: Spans

    @property
    def is_whole(self) -> bool:
        """Whether the rectangles are the map."""
        return self.rows.is_whole and self.columns.is_whole

    @property
    def share(self) -> float:
        """Of the map."""
        return self.rows.length * self.columns.length / (self.rows.side * self.columns.side)

    @property
    def corners(self) -> list[tuple[int, int]]:
        """Top and left of each."""
        return list(zip(self.rows.starts, self.columns.starts, strict=True))

    def reached_through(self, reach: tuple[Reach, Reach]) -> Regions:
        """Rectangles of outputs that see some of these inputs."""
        return Regions(self.rows.reached_through(reach[0]), self.columns.reached_through(reach[1]))

    def seen_through(self, reach: tuple[Reach, Reach]) -> Regions:
        """Rectangles of inputs that these outputs see, also beyond the edges of the map."""
        return Regions(self.rows.seen_through(reach[0]), self.columns.seen_through(reach[1]))

    def joined_with(self, other: Regions) -> Regions:
        """Rectangles that hold both."""
        return Regions(_join(self.rows, other.rows), _join(self.columns, other.columns))


def _join(one: Spans, other: Spans) -> Spans:
    return cover(
        [
            (min(a, b), max(a + one.length, b + other.length))
            for a, b in zip(one.starts, other.starts, strict=True)
        ],
        one.side,
    )


def find_regions(boxes: Sequence[Box], size: tuple[int, int]) -> Regions:
    """Rectangles of one size that hold boxes over a picture, one box for each copy of it."""
    rows = cover([(top, top + height) for top, _, height, _ in boxes], size[0])
    columns = cover([(left, left + width) for _, left, _, width in boxes], size[1])
    return Regions(rows, columns)


def all_of(batch: int, size: tuple[int, int]) -> Regions:
    """The whole map for each picture."""
    rows, columns = (Spans((0,) * batch, side, side) for side in size)
    return Regions(rows, columns)
