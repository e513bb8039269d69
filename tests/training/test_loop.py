from __future__ import annotations

import json
from functools import partial

import pytest
import torch

from seewhy.errors import InvalidArgumentError, MissingFileError
from seewhy.training.loop import group_parameters, train
from seewhy.training.processes import Share
from seewhy.training.settings import TrainingSettings

SETTINGS = TrainingSettings(steps=6, batch_size=8, log_every=1, checkpoint_every=2, warmup=0.3)


class Killed(Exception):
    """What stops a run in the middle."""


def kill_at(task, step):
    """Make ``task`` stop like a killed process when it comes to ``step``."""
    compute = task.compute_losses

    def compute_losses(model, at, share):
        if at == step:
            raise Killed
        return compute(model, at, share)

    task.compute_losses = compute_losses
    return task


def weights_of(task):
    return {name: value.clone() for name, value in task.model.state_dict().items()}


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.equal(found[name], value), name


@pytest.mark.parametrize("kind", ["vit", "convnet"])
@pytest.mark.parametrize("step", [3, 4])
def test_a_killed_and_resumed_run_gives_the_same_weights_bit_for_bit(
    make_task, tmp_path, kind, step
):
    whole = make_task(kind)
    scores = train(whole, SETTINGS, tmp_path / "whole")
    with pytest.raises(Killed):
        train(kill_at(make_task(kind), step), SETTINGS, tmp_path / "parts")
    second = make_task(kind)
    assert train(second, SETTINGS, tmp_path / "parts", resume=True) == scores
    assert_same(weights_of(second), weights_of(whole))

    logs = [
        [json.loads(line) for line in (tmp_path / name / "log.jsonl").read_text().splitlines()]
        for name in ("whole", "parts")
    ]
    for line in [*logs[0], *logs[1]]:
        del line["seconds"]
    assert logs[0] == logs[1]  # steps that were lost leave no trace either


def test_bf16_runs_resume_exactly_too(make_task, tmp_path):
    settings = TrainingSettings(steps=4, batch_size=8, checkpoint_every=2, use_bf16=True)
    whole = make_task("convnet")
    train(whole, settings, tmp_path / "whole")
    with pytest.raises(Killed):
        train(kill_at(make_task("convnet"), 3), settings, tmp_path / "parts")
    second = make_task("convnet")
    train(second, settings, tmp_path / "parts", resume=True)
    assert_same(weights_of(second), weights_of(whole))


def test_the_callers_random_numbers_stay_untouched(make_task, tmp_path):
    task = make_task()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train(task, SETTINGS, tmp_path)
    assert torch.equal(torch.rand(3), expected)


def test_another_seed_gives_other_weights(make_task, tmp_path):
    one, other = make_task(), make_task()
    train(one, SETTINGS, tmp_path / "one")
    settings = TrainingSettings(steps=6, batch_size=8, warmup=0.3, seed=1)
    train(other, settings, tmp_path / "other")
    assert not torch.equal(one.encoder.image.class_token, other.encoder.image.class_token)


@pytest.mark.parametrize("loss", ["infonce", "siglip"])
@pytest.mark.parametrize("kind", ["vit", "convnet"])
def test_three_colors_are_learned_in_a_moment(make_task, tmp_path, kind, loss):
    settings = TrainingSettings(steps=150, batch_size=24, learning_rate=3e-3, warmup=0.1)
    scores = train(make_task(kind, loss, batch_size=24), settings, tmp_path)
    assert scores["zero_shot"] == 1.0
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["scores"] == scores


def test_the_folder_of_another_run_is_not_overwritten(make_task, tmp_path):
    train(make_task(), SETTINGS, tmp_path)
    with pytest.raises(InvalidArgumentError, match="holds the checkpoint of a run"):
        train(make_task(), SETTINGS, tmp_path)


def test_a_run_is_not_resumed_under_other_settings(make_task, tmp_path):
    train(make_task(), SETTINGS, tmp_path)
    other = TrainingSettings(steps=9, batch_size=8, log_every=1, checkpoint_every=2, warmup=0.3)
    with pytest.raises(InvalidArgumentError, match="another steps"):
        train(make_task(), other, tmp_path, resume=True)


def test_resuming_needs_a_checkpoint(make_task, tmp_path):
    with pytest.raises(MissingFileError, match="No checkpoint"):
        train(make_task(), SETTINGS, tmp_path, resume=True)


def test_only_matrices_and_kernels_decay(make_task):
    model = make_task("convnet").encoder
    decayed, free = group_parameters(model, 0.1)
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.1, 0.0)
    total = len(list(model.parameters()))
    assert len(decayed["params"]) + len(free["params"]) == total
    assert all(parameter.squeeze().ndim >= 2 for parameter in decayed["params"])
    assert any(parameter is model.log_scale for parameter in free["params"])
    assert any(parameter is model.image.stem[0].weight for parameter in decayed["params"])


def test_a_share_is_a_part_of_the_batch():
    batch = list(range(8))
    parts = [batch[Share(rank, 2).slice_of(8)] for rank in (0, 1)]
    assert parts == [[0, 1, 2, 3], [4, 5, 6, 7]]


def train_as_one_of_two(make_task, folder):
    task = make_task("plain")
    compute = task.compute_losses

    def compute_losses(model, step, share):
        (folder / f"{share.rank} of {share.processes}").touch()
        return compute(model, step, share)

    task.compute_losses = compute_losses
    train(task, SETTINGS, folder)


def test_two_processes_give_the_weights_of_one(make_task, tmp_path, work_by_two):
    work_by_two([partial(train_as_one_of_two, make_task, tmp_path / "two")])
    assert sorted(path.name for path in (tmp_path / "two").glob("* of *")) == ["0 of 2", "1 of 2"]
    alone = make_task("plain")
    train(alone, SETTINGS, tmp_path / "one")
    together = make_task("plain")
    train(together, SETTINGS, tmp_path / "two", resume=True)  # nothing is left to do
    for name, value in alone.model.state_dict().items():
        torch.testing.assert_close(together.model.state_dict()[name], value, atol=2e-5, rtol=0)
