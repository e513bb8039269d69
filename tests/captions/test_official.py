from __future__ import annotations

import io
import os
import pickle
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

from seewhy.captions.editnet import EditNet
from seewhy.captions.modification import ModificationNetwork
from seewhy.captions.official import load_official
from seewhy.encoders.pickled_modules import PickledModule, _ModuleUnpickler, read_pickled_modules
from seewhy.errors import MissingFileError, WeightsError
from seewhy.text.word_vocabulary import WordVocabulary


class Hostile:
    """Runs a command when it is read by an ordinary unpickler."""

    def __init__(self, function, *arguments) -> None:
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def save(path: Path, content: object, *, is_legacy: bool) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not is_legacy)
    return path


FORMATS = pytest.mark.parametrize("is_legacy", [False, True], ids=["zip", "legacy"])


@FORMATS
def test_a_module_comes_back_with_its_words_and_numbers(make_model, tmp_path, is_legacy) -> None:
    made = make_model("editnet")
    made.model.embed.word_map = made.vocabulary.to_word_map()
    optimizer = torch.optim.Adam(made.model.parameters())
    content = {
        "epoch": 7,
        "cider": np.float64(1.25),
        "decoder": made.model,
        "decoder_optimizer": optimizer,
    }
    found = load_official(save(tmp_path / "editnet.tar", content, is_legacy=is_legacy))
    assert isinstance(found.model, EditNet)
    assert found.vocabulary == made.vocabulary
    assert (found.epoch, found.cider) == (7, 1.25)
    for name, value in made.model.state_dict().items():
        assert torch.equal(found.model.state_dict()[name], value)


@pytest.mark.parametrize("key", ["dae", "dae_ar", "dae_mse", "decoder"])
def test_every_published_key_is_read(make_model, tmp_path, key) -> None:
    kind = {"dae": "dcnet", "decoder": "modification"}.get(key, "dcnet-mse")
    made = make_model(kind)
    path = save(tmp_path / "checkpoint.tar", {key: made.model}, is_legacy=False)
    assert load_official(path).vocabulary is None
    found = load_official(path, vocabulary=made.vocabulary, is_last_global=key == "decoder")
    assert type(found.model) is type(made.model)
    if isinstance(found.model, ModificationNetwork):
        assert found.model.config.is_last_global
    with pytest.raises(WeightsError, match=r"of 14 words, but the vocabulary has 5"):
        load_official(path, vocabulary=WordVocabulary.build([["x"]], min_count=1))


def test_a_resnet_beside_the_decoder_gets_its_names_back(make_model, tmp_path) -> None:
    encoder = nn.Module()
    encoder.resnet = nn.Sequential(
        nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2), nn.ReLU(), nn.ReLU(), nn.Sequential(nn.Linear(2, 2))
    )
    content = {"decoder": make_model("modification").model, "encoder": encoder}
    found = load_official(save(tmp_path / "resnet.tar", content, is_legacy=False))
    assert {"conv1.weight", "bn1.running_mean", "layer1.0.weight"} <= set(found.encoder)


@FORMATS
@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (os.system, ("touch FILE",), "system"),
        (exec, ("open('FILE', 'w')",), "exec"),
        (getattr, ("", "join"), "getattr"),
        (__import__, ("os",), "__import__"),
    ],
    ids=["system", "exec", "getattr", "import"],
)
def test_a_file_that_calls_anything_is_refused_and_nothing_is_run(
    tmp_path, is_legacy, function, arguments, name
) -> None:
    trace = tmp_path / "trace"
    arguments = tuple(a.replace("FILE", str(trace)) if isinstance(a, str) else a for a in arguments)
    content = {"decoder": Hostile(function, *arguments)}
    path = save(tmp_path / "hostile.tar", content, is_legacy=is_legacy)
    with pytest.raises(WeightsError, match=rf"without running it.*it calls .*{name}"):
        load_official(path)
    assert not trace.exists()


def test_other_tricks_are_refused(tmp_path, make_model) -> None:
    with pytest.raises(WeightsError):
        read_pickled_modules(save(tmp_path / "a.tar", {"x": Hostile(os.getpid)}, is_legacy=False))
    archive = tmp_path / "b.tar"
    with tarfile.open(archive, "w") as file:
        file.addfile(tarfile.TarInfo("../../outside"), io.BytesIO())
    with pytest.raises(WeightsError, match="a real tar archive"):
        read_pickled_modules(archive)
    program = tmp_path / "c.tar"
    with zipfile.ZipFile(program, "w") as file:
        file.writestr("x/constants.pkl", b"")
        file.writestr("x/data.pkl", b"")
    with pytest.raises(WeightsError, match="TorchScript"):
        read_pickled_modules(program)
    deep = module = nn.Module()
    for _ in range(70):
        module.inner = nn.Module()
        module = module.inner
    with pytest.raises(WeightsError, match="nested deeper than 64"):
        read_pickled_modules(save(tmp_path / "d.tar", {"x": deep}, is_legacy=False))


@FORMATS
def test_a_checkpoint_of_an_old_torch_on_a_gpu_is_read(
    make_model, tmp_path, is_legacy, monkeypatch
) -> None:
    """Before 1.4 every module held a backend that a pickle names a function for; sources differ."""
    backends = ModuleType("torch.nn.backends.thnn")
    backends._get_thnn_function_backend = lambda: None
    backends._get_thnn_function_backend.__module__ = backends.__name__
    backends._get_thnn_function_backend.__qualname__ = "_get_thnn_function_backend"
    monkeypatch.setitem(sys.modules, backends.__name__, backends)
    made = make_model("editnet")
    for module in made.model.modules():
        module._backend = Hostile(backends._get_thnn_function_backend)
    made.model.embed.word_map = made.vocabulary.to_word_map()
    with monkeypatch.context() as patched:
        patched.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        source = (["class Linear: 'of another time'"], "linear.py", 0)
        patched.setattr(torch.serialization, "get_source_lines_and_file", lambda obj: source)
        path = save(tmp_path / "x.tar", {"decoder": made.model}, is_legacy=is_legacy)
    assert (b"of another time" in path.read_bytes()) == is_legacy
    assert b"cuda:0" in path.read_bytes()
    found = load_official(path)
    assert found.vocabulary == made.vocabulary
    for name, value in made.model.state_dict().items():
        assert torch.equal(found.model.state_dict()[name], value)


def test_classes_and_functions_cannot_be_changed(tmp_path, monkeypatch) -> None:
    """A state for a class sets attributes of it; torch would write a file if it were let."""
    monkeypatch.chdir(tmp_path)
    for name, attribute in (
        ("__main__ Decoder", "dump_patches"),
        ("torch._utils _rebuild_tensor_v2", "x"),
    ):
        module, _, kind = name.partition(" ")
        # GLOBAL name; (None, {attribute: True}); BUILD
        program = f"c{module}\n{kind}\n(N(dS'{attribute}'\nI01\nstb.".encode()
        with pytest.raises(pickle.UnpicklingError, match="it changes"):
            _ModuleUnpickler(io.BytesIO(program)).load()


@pytest.mark.parametrize(
    "data", [b"", b"no pickle", b"PK\x03\x04 no zip", pickle.dumps([1, 2])], ids=range(4)
)
def test_what_is_no_checkpoint_is_refused(tmp_path, data) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(data)
    with pytest.raises(WeightsError):
        load_official(path)


def test_a_cut_file_is_refused(tmp_path, make_model) -> None:
    for is_legacy in (True, False):
        content = {"decoder": make_model("editnet").model}
        path = save(tmp_path / "x.tar", content, is_legacy=is_legacy)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) * 2 // 3])
        with pytest.raises(WeightsError):
            load_official(path)


def test_other_models_are_named(tmp_path, make_model) -> None:
    with pytest.raises(MissingFileError, match="No checkpoint at"):
        load_official(tmp_path / "none.tar")
    path = save(tmp_path / "a.tar", {"model": nn.Linear(2, 2)}, is_legacy=False)
    with pytest.raises(WeightsError, match="none of decoder, dae, dae_ar, dae_mse, but model"):
        load_official(path)
    path = save(tmp_path / "b.tar", {"decoder": nn.Linear(2, 2)}, is_legacy=False)
    with pytest.raises(WeightsError, match="no EditNet, DCNet or modification network"):
        load_official(path)
    broken = make_model("editnet").model
    del broken.copy_lstm.gate_cmem
    path = save(tmp_path / "c.tar", {"decoder": broken}, is_legacy=False)
    with pytest.raises(WeightsError, match="does not make a whole model"):
        load_official(path)
    path = save(tmp_path / "d.tar", {"decoder": 3}, is_legacy=False)
    with pytest.raises(WeightsError, match="is a int, not a module"):
        load_official(path)
    wrong = make_model("editnet").model
    wrong.embed.word_map = {"a": 5}
    path = save(tmp_path / "e.tar", {"decoder": wrong}, is_legacy=False)
    with pytest.raises(WeightsError, match="a word map that is none"):
        load_official(path)


def test_plain_weights_under_the_key_are_read_too(tmp_path, make_model) -> None:
    made = make_model("dcnet")
    path = save(tmp_path / "x.tar", {"dae": made.model.state_dict()}, is_legacy=False)
    assert load_official(path, vocabulary=made.vocabulary).vocabulary == made.vocabulary


def test_modules_are_opened_by_name(tmp_path) -> None:
    module = nn.Sequential(nn.BatchNorm1d(3), nn.LSTM(3, 2, bidirectional=True))
    found = read_pickled_modules(save(tmp_path / "x.pt", module, is_legacy=True))["model"]
    assert isinstance(found, PickledModule)
    assert found.kind == "Sequential"
    assert set(found.weights) == set(module.state_dict())
    assert found.attributes["1.hidden_size"] == 2
