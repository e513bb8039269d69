"""Where a change reaches, against what torch's own convolutions do."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from seewhy.similarity.regions import Reach, Regions, Spans, all_of, cover, find_regions

REACHES = [Reach(3, padding=1), Reach(7, 2, 3), Reach(1, 2), Reach(2, 2), Reach(3, 1, 2, 2)]


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize(("start", "length"), [(0, 3), (5, 1), (6, 4), (14, 3)])
def test_the_outputs_that_a_change_reaches_are_those_that_change(
    reach: Reach, start: int, length: int
) -> None:
    x = torch.zeros(1, 1, 17)
    x[..., start : start + length] = 1
    kernel = torch.ones(1, 1, reach.kernel)
    y = F.conv1d(x, kernel, stride=reach.stride, padding=reach.padding, dilation=reach.dilation)
    found = Spans((start,), length, 17).reached_through(reach)
    assert found.side == y.shape[2]
    changed = y[0, 0].nonzero()[:, 0].tolist()
    reached = range(found.starts[0], found.starts[0] + found.length)
    assert set(changed) <= set(reached)
    assert len(reached) <= max(1, len(changed)) + reach.stride + reach.dilation  # hardly more


@pytest.mark.parametrize("reach", REACHES)
def test_inputs_that_outputs_see_give_those_outputs(reach: Reach) -> None:
    x = torch.randn(1, 1, 17)
    kernel = torch.randn(1, 1, reach.kernel)
    whole = F.conv1d(x, kernel, stride=reach.stride, padding=reach.padding, dilation=reach.dilation)
    outputs = Spans((1,), 3, whole.shape[2])
    seen = outputs.seen_through(reach)
    far = 9  # more than any padding
    padded = F.pad(x, (far, far))[..., far + seen.starts[0] :][..., : seen.length]
    part = F.conv1d(padded, kernel, stride=reach.stride, dilation=reach.dilation)
    torch.testing.assert_close(part, whole[..., 1:4])


def test_stretches_become_equally_long_and_stay_inside() -> None:
    assert cover([(0, 2), (7, 8)], 8) == Spans((0, 6), 2, 8)
    assert cover([(3, 3)], 8).length == 1


def test_regions_that_are_joined_hold_both() -> None:
    first, second = (find_regions([box], (10, 12)) for box in ((1, 2, 3, 4), (5, 0, 2, 3)))
    joined = first.joined_with(second)
    assert joined == find_regions([(1, 0, 6, 6)], (10, 12))
    assert joined.share == pytest.approx(36 / 120)
    assert joined.joined_with(all_of(1, (10, 12))).is_whole
    assert not Regions(joined.rows, all_of(1, (10, 12)).columns).is_whole
