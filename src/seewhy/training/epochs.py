"""The order in which examples are seen: each once an epoch, in a new order each time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import InvalidArgumentError


class EpochOrder:
    """The batches of all epochs, by the step's number; nothing has to be drawn in between.

    Raises:
        InvalidArgumentError: if a batch is larger than the data, or empty.
    """

    def __init__(self, count: int, batch_size: int, seed: int) -> None:
        if not 1 <= batch_size <= count:
            raise InvalidArgumentError(
                f"batch_size must be from 1 to the {count} pictures given, got {batch_size}."
            )
        self.count, self.batch_size, self.seed = count, batch_size, seed
        self._epoch, self._order = -1, np.empty(0, dtype=np.int64)

    @property
    def steps(self) -> int:
        """Whole batches in one epoch; pictures left over wait for the next epoch's order."""
        return self.count // self.batch_size

    def find_batch(self, step: int) -> NDArray[np.int64]:
        """Numbers of the pictures in the whole batch of a step (from 0), (batch,)."""
        epoch, place = divmod(step, self.steps)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._draw_order(epoch)
        return self._order[place * self.batch_size : (place + 1) * self.batch_size]

    def _draw_order(self, epoch: int) -> NDArray[np.int64]:
        return np.random.default_rng([self.seed, epoch, 0xE90C]).permutation(self.count)


class BucketedOrder(EpochOrder):
    """As ``EpochOrder``, but a batch holds examples of about one length, so that little is padded.

    Each epoch's order is cut into stretches of so many batches; a stretch is sorted by length,
    and its batches are shuffled.
    """

    BATCHES = 32  # in a stretch

    def __init__(self, lengths: NDArray[np.int64], batch_size: int, seed: int) -> None:
        super().__init__(len(lengths), batch_size, seed)
        self.lengths = lengths

    def _draw_order(self, epoch: int) -> NDArray[np.int64]:
        order = super()._draw_order(epoch)
        generator = np.random.default_rng([self.seed, epoch, 0xB0C4])
        stretches = []
        for start in range(0, self.steps * self.batch_size, self.BATCHES * self.batch_size):
            end = min(start + self.BATCHES * self.batch_size, self.steps * self.batch_size)
            stretch = order[start:end]
            stretch = stretch[np.argsort(self.lengths[stretch], kind="stable")]
            stretches.append(generator.permutation(stretch.reshape(-1, self.batch_size)).ravel())
        return np.concatenate(stretches)
