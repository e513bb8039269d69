from __future__ import annotations

import pytest

from seewhy.errors import InvalidArgumentError
from seewhy.training.settings import TrainingSettings, find_learning_rate


def rates(**changes):
    settings = TrainingSettings(steps=50, learning_rate=2.0, **changes)
    return [find_learning_rate(step, settings) for step in range(50)]


def test_the_warmup_climbs_evenly_to_the_highest_rate():
    assert rates(warmup=0.1)[:5] == pytest.approx([0.4, 0.8, 1.2, 1.6, 2.0])


def test_after_the_warmup_the_rate_only_falls_and_ends_near_zero():
    found = rates(warmup=0.1)[5:]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.01


def test_without_warmup_the_first_step_has_the_highest_rate():
    assert rates(warmup=0.0)[0] == 2.0


def test_a_run_may_be_all_warmup():
    assert rates(warmup=1.0)[-1] == 2.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"warmup": 1.5}, "warmup is a fraction from 0 to 1, got 1.5"),
        ({"learning_rate": -1.0}, "learning_rate must be above 0, got -1.0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0, got nan"),
        ({"weight_decay": -0.1}, "weight_decay must not be negative"),
        ({"device": "tpu"}, "'cpu' or 'auto', got 'tpu'"),
    ],
)
def test_settings_out_of_range_are_refused(change, message):
    with pytest.raises(InvalidArgumentError, match=message):
        TrainingSettings(**change)


def rates_of(**more):
    settings = TrainingSettings(steps=10, warmup=0.2, learning_rate=1.0, **more)
    return [round(find_learning_rate(step, settings, plateaus=2), 4) for step in (0, 1, 2, 5, 9)]


def test_each_schedule_falls_as_it_says():
    assert rates_of(schedule="linear") == [0.5, 1.0, 1.0, 0.625, 0.125]
    assert rates_of(schedule="constant") == [0.5, 1.0, 1.0, 1.0, 1.0]
    assert rates_of(schedule="stairs", decay=0.5, decay_every=3) == [0.5, 1.0, 1.0, 0.5, 0.25]
    assert rates_of(schedule="cooldown") == [0.5, 1.0, 1.0, 1.0, 0.4]
    assert rates_of(schedule="plateau", decay=0.5, select_by="x") == [0.5, 1.0, 0.25, 0.25, 0.25]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schedule": "zigzag"}, "one of cosine, linear"),
        ({"schedule": "stairs"}, "decay_every of at least 1"),
        ({"schedule": "plateau"}, "need select_by"),
        ({"patience": 3}, "need select_by"),
        ({"patience": -1}, "patience must not be negative"),
        ({"accumulate": 0}, "accumulate must be at least 1"),
    ],
)
def test_schedules_that_cannot_be_are_refused(changes, message):
    with pytest.raises(InvalidArgumentError, match=message):
        TrainingSettings(**changes)
