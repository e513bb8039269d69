from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from seewhy.errors import InvalidArgumentError
from seewhy.training.loop import train
from seewhy.training.settings import TrainingSettings

SETTINGS = TrainingSettings(
    steps=12,
    batch_size=4,
    learning_rate=0.1,
    warmup=0,
    schedule="plateau",
    decay=0.5,
    log_every=1,
    evaluate_every=2,
    checkpoint_every=3,
    select_by="good",
)


class Killed(Exception):
    """What stops a run in the middle."""


class Line:
    """A task whose scores are written down beforehand."""

    def __init__(self, scores, killed_at=None):
        torch.manual_seed(0)
        self.model = nn.Linear(3, 1)
        self.scores, self.killed_at, self.seen = scores, killed_at, []

    def compute_losses(self, model, step, share):
        if step == self.killed_at:
            raise Killed
        inputs = torch.randn(4, 3)
        self.last = step
        return {"loss": (model(inputs) - inputs.sum(1, keepdim=True)).pow(2).mean()}

    def evaluate(self):
        self.seen.append({k: v.clone() for k, v in self.model.state_dict().items()})
        return {"good": self.scores[(self.last + 1) // 2 - 1]}


def rates_in(folder):
    lines = map(json.loads, (folder / "log.jsonl").read_text().splitlines())
    return [line["learning_rate"] for line in lines if "loss" in line]


def test_the_best_weights_are_kept_and_plateaus_slow_down(tmp_path):
    task = Line([0.1, 0.7, 0.3, 0.7, 0.2, 0.1])
    assert train(task, SETTINGS, tmp_path) == {"good": 0.7}
    for name, value in task.seen[1].items():  # the first of two that are equal
        assert torch.equal(task.model.state_dict()[name], value)
    assert rates_in(tmp_path) == [0.1] * 6 + [0.05] * 2 + [0.025] * 2 + [0.0125] * 2


def test_a_run_ends_when_it_has_waited_long_enough(tmp_path):
    task = Line([0.1, 0.7, 0.3, 0.6, 0.9, 0.9])
    settings = replace(SETTINGS, patience=2)
    assert train(task, settings, tmp_path) == {"good": 0.7}
    assert len(rates_in(tmp_path)) == 8
    again = Line([0.1, 0.7, 0.3, 0.6, 0.9, 0.9])
    assert train(again, settings, tmp_path, resume=True) == {"good": 0.7}
    assert again.seen == []
    assert torch.equal(again.model.weight, task.model.weight)


@pytest.mark.parametrize("step", [1, 4, 7, 10])
def test_a_killed_run_chooses_the_same_weights(tmp_path, step):
    scores = [0.1, 0.7, 0.3, 0.7, 0.8, 0.1]
    whole = Line(scores)
    expected = train(whole, SETTINGS, tmp_path / "whole")
    with pytest.raises(Killed):
        train(Line(scores, killed_at=step), SETTINGS, tmp_path / "parts")
    second = Line(scores)
    is_resumed = step >= 3
    assert train(second, SETTINGS, tmp_path / "parts", resume=is_resumed) == expected
    assert torch.equal(second.model.weight, whole.model.weight)
    assert rates_in(tmp_path / "parts")[-12:] == rates_in(tmp_path / "whole")


def test_a_score_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidArgumentError, match=r"select_by='bad' is no score.*good"):
        train(Line([0.5] * 6), replace(SETTINGS, select_by="bad"), tmp_path)


def test_accumulated_batches_make_one_step(tmp_path):
    """Two batches of 4 give the step of the mean of their gradients."""
    plain = TrainingSettings(steps=1, batch_size=4, warmup=0, clip=1e9, weight_decay=0)
    found = Line([0.5])
    train(found, replace(plain, accumulate=2), tmp_path / "two")

    expected = Line([0.5])
    gradients = []
    for batch in range(2):
        torch.manual_seed(batch * 1_009)
        expected.model.zero_grad()
        expected.compute_losses(expected.model, batch, None)["loss"].backward()
        gradients.append(expected.model.weight.grad.clone())
    mean = (gradients[0] + gradients[1]) / 2
    moved = expected.model.weight - 1e-3 * mean / (mean.abs() + 1e-8)  # Adam's first step
    torch.testing.assert_close(found.model.weight, moved)


def test_runs_are_tracked_for_tensorboard(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(Line([0.1, 0.7, 0.3, 0.7, 0.2, 0.1]), SETTINGS, tmp_path, tracks=True)
    events = EventAccumulator(str(next(tmp_path.glob("tensorboard"))))
    events.Reload()
    assert [round(event.value, 3) for event in events.Scalars("good")] == [
        0.1, 0.7, 0.3, 0.7, 0.2, 0.1,
    ]  # fmt: skip
    assert len(events.Scalars("loss")) == 12
