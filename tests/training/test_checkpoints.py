from __future__ import annotations

import pickle

import pytest
import torch

from seewhy.errors import InvalidArgumentError, WeightsError
from seewhy.training.checkpoints import FILE_NAME, load_checkpoint, save_checkpoint


@pytest.fixture
def run():
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return {"model": model, "optimizer": optimizer, "settings": {"seed": 1}}


def test_a_checkpoint_brings_back_weights_moments_and_step(run, tmp_path):
    save_checkpoint(tmp_path, step=7, **run)
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    found = load_checkpoint(tmp_path, model=model, optimizer=optimizer, settings={"seed": 1})
    assert found == (7, {})
    assert torch.equal(model.weight, run["model"].weight)
    moments = [o.state_dict()["state"][0]["exp_avg"] for o in (optimizer, run["optimizer"])]
    assert torch.equal(*moments)


def test_a_crash_while_writing_leaves_the_old_checkpoint(run, tmp_path, monkeypatch):
    path = save_checkpoint(tmp_path, step=1, **run)
    before = path.read_bytes()

    def crash(state, file):
        file.write(b"half of it")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", crash)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(tmp_path, step=2, **run)
    assert path.read_bytes() == before


def test_other_settings_are_named(run, tmp_path):
    save_checkpoint(tmp_path, step=1, **run)
    other = {**run, "settings": {"seed": 2, "steps": 3}}
    with pytest.raises(InvalidArgumentError, match="another seed, steps"):
        load_checkpoint(tmp_path, **other)


def test_a_setting_that_a_checkpoint_does_not_know_was_at_its_default(run, tmp_path):
    save_checkpoint(tmp_path, step=1, selection={"best": 0.5}, **run)
    defaults = {"seed": 0, "schedule": "cosine"}
    newer = {**run, "settings": {"seed": 1, "schedule": "cosine"}}
    assert load_checkpoint(tmp_path, **newer, defaults=defaults) == (1, {"best": 0.5})
    newer["settings"]["schedule"] = "linear"
    with pytest.raises(InvalidArgumentError, match="another schedule"):
        load_checkpoint(tmp_path, **newer, defaults=defaults)


@pytest.mark.parametrize(
    "content", [b"", b"no checkpoint", pickle.dumps({"step": print}, protocol=2)]
)
def test_a_file_that_is_no_checkpoint_is_refused(run, tmp_path, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(WeightsError, match="cannot be resumed from"):
        load_checkpoint(tmp_path, **run)


def test_weights_of_another_model_are_refused(run, tmp_path):
    save_checkpoint(tmp_path, step=1, **run)
    other = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(other.parameters())
    with pytest.raises(WeightsError, match="size mismatch"):
        load_checkpoint(tmp_path, model=other, optimizer=optimizer, settings={"seed": 1})
