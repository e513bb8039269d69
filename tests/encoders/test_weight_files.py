from __future__ import annotations

import argparse
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from seewhy.encoders.weight_files import read_checkpoint, read_weights
from seewhy.errors import MissingFileError, WeightsError

WEIGHTS = {"a.weight": torch.arange(6.0).view(2, 3), "a.bias": torch.ones(2)}


@pytest.mark.parametrize(
    "content",
    [
        WEIGHTS,
        {"state_dict": WEIGHTS, "epoch": 3},
        {"model": WEIGHTS},
        {"model_ema": WEIGHTS, "state_dict": {"a.weight": torch.zeros(1)}},
        {"state_dict": {f"module.{name}": value for name, value in WEIGHTS.items()}},
        {**WEIGHTS, "epoch": 3},
    ],
)
def test_weights_are_found_in_what_torch_saved(tmp_path: Path, content: dict[str, Any]) -> None:
    torch.save(content, tmp_path / "a.pt")
    found = read_weights(tmp_path / "a.pt")
    assert found.keys() == WEIGHTS.keys()
    assert all(torch.equal(found[name], WEIGHTS[name]) for name in WEIGHTS)


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file(WEIGHTS, tmp_path / "a.safetensors")
    assert torch.equal(read_weights(str(tmp_path / "a.safetensors"))["a.bias"], torch.ones(2))


class Trap:
    def __reduce__(self):
        return (Path.touch, (Path(__file__).with_name("it-was-run"),))


def test_a_pickle_that_would_run_code_is_refused_and_not_run(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(1), "trap": Trap()}, tmp_path / "a.pt")
    with pytest.raises(WeightsError, match="could run code"):
        read_weights(tmp_path / "a.pt")
    (tmp_path / "b.pt").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(WeightsError, match=r"b\.pt"):
        read_weights(tmp_path / "b.pt")
    assert not Path(__file__).with_name("it-was-run").exists()


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
def test_a_torchscript_archive_is_named_as_what_it_is(tmp_path: Path) -> None:
    torch.jit.script(torch.nn.Linear(2, 2)).save(tmp_path / "ViT-B-32.pt")
    with pytest.raises(WeightsError, match=r"TorchScript archive .*safetensors"):
        read_weights(tmp_path / "ViT-B-32.pt")


@pytest.mark.parametrize("name", ["a.pt", "a.safetensors", "a.pth"])
@pytest.mark.parametrize("data", [b"", b"no weights", b"\x80\x02."])
def test_a_damaged_file_is_named(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(WeightsError, match=name):
        read_weights(tmp_path / name)


@pytest.mark.parametrize(("content", "message"), [([1], "holds a list"), ({"a": 1}, "no tensors")])
def test_a_file_without_weights_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(WeightsError, match=message):
        read_weights(tmp_path / "a.pt")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"no\.pt"):
        read_weights(tmp_path / "no.pt")


def test_settings_saved_beside_the_weights_come_out_as_plain_attributes(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save({"args": argparse.Namespace(epochs=3), "teacher": {"a": torch.ones(1)}}, path)
    content = read_checkpoint(path)
    assert type(content["args"]).__name__ == "SavedSettings"
    assert vars(content["args"]) == {"epochs": 3}
    assert content["teacher"]["a"].item() == 1
