from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.errors import InvalidArgumentError
from seewhy.training.epochs import EpochOrder


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 3))
def test_no_picture_comes_twice_in_an_epoch(count, batch_size, seed):
    if batch_size > count:
        with pytest.raises(InvalidArgumentError, match=f"to the {count} pictures"):
            EpochOrder(count, batch_size, seed)
        return
    order = EpochOrder(count, batch_size, seed)
    seen = np.concatenate([order.find_batch(step) for step in range(order.steps)])
    assert len(seen) == len(set(seen)) == count // batch_size * batch_size
    assert set(seen) <= set(range(count))


def test_a_step_has_its_batch_whatever_was_asked_before():
    order, again = EpochOrder(30, 8, 1), EpochOrder(30, 8, 1)
    batches = [order.find_batch(step) for step in range(9)]
    for step in (7, 2, 8, 0):
        assert np.array_equal(again.find_batch(step), batches[step])
    assert not np.array_equal(batches[0], batches[3])  # the next epoch has another order
    assert not np.array_equal(batches[0], EpochOrder(30, 8, 2).find_batch(0))
