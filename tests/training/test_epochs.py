from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.errors import InvalidArgumentError
from seewhy.training.epochs import BucketedOrder, EpochOrder


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


def test_bucketed_batches_hold_examples_of_about_one_length():
    lengths = np.random.default_rng(0).integers(1, 40, 500)
    order = BucketedOrder(lengths, 8, 1)
    batches = [order.find_batch(step) for step in range(order.steps)]
    assert len(set(np.concatenate(batches))) == 496
    spread = np.mean([np.ptp(lengths[batch]) for batch in batches])
    plain = EpochOrder(500, 8, 1)
    spread_at_random = np.mean([np.ptp(lengths[plain.find_batch(s)]) for s in range(plain.steps)])
    assert spread < spread_at_random / 8
    means = np.array([lengths[batch].mean() for batch in batches])
    assert (np.diff(means[:31]) < 0).any()  # short and long ones come mixed
    again = BucketedOrder(lengths, 8, 1)
    assert np.array_equal(again.find_batch(40), batches[40])
    assert not np.array_equal(again.find_batch(62 + 40), batches[40])
