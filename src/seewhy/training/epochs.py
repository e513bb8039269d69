"""The order in which pictures are seen: each once an epoch, in a new order each time."""

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
            generator = np.random.default_rng([self.seed, epoch, 0xE90C])
            self._epoch, self._order = epoch, generator.permutation(self.count)
        return self._order[place * self.batch_size : (place + 1) * self.batch_size]
