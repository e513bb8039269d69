from __future__ import annotations

import argparse
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.encoders.catalogue import load_encoder
from seewhy.encoders.checkpoint_layouts import FAMILIES
from seewhy.encoders.headed import HeadedImageEncoder
from seewhy.encoders.protocols import ImageEncoder
from seewhy.encoders.residual_network import (
    RESIDUAL_NETWORKS,
    ResidualNetwork,
    ResidualNetworkConfig,
)
from seewhy.encoders.self_supervised import build_network, load_self_supervised, wrap_network
from seewhy.encoders.simclr_v2 import SimCLRv2Config, SimCLRv2Network
from seewhy.errors import MissingFileError, UnknownNameError, WeightsError

SMALL = ResidualNetworkConfig(depths=(1, 2, 1, 1), width=4)
CHANNELS = SMALL.channels
State = dict[str, Tensor]


@pytest.fixture(autouse=True)
def small_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESIDUAL_NETWORKS, "resnet-small", SMALL)
    torch.manual_seed(0)


def stir(module: nn.Module) -> State:
    """Weights of a module, norms included, none of which is 0 or 1."""
    state = module.state_dict()
    for name, value in state.items():
        if value.is_floating_point() and value.ndim <= 1:
            value.uniform_(0.5, 1.5)
        assert "tracked" not in name or value.ndim == 0
    return state


def with_prefix(prefix: str, state: State) -> State:
    return {f"{prefix}{name}": value for name, value in state.items()}


def mlp(*widths: int, bias: bool = False, last: bool = False, affine: bool = True) -> State:
    """Linear layers with batch norms and ReLU between; ``last``: a batch norm at the end too."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after, bias=bias), nn.BatchNorm1d(after), nn.ReLU()]
    del layers[-1 if last else -2 :]
    if last and not affine:
        layers[-1] = nn.BatchNorm1d(widths[-1], affine=False)
    return stir(nn.Sequential(*layers))


def resnet() -> State:
    return stir(ResidualNetwork(SMALL))


def write_barlow_twins() -> dict[str, Any]:
    state = {
        **with_prefix("module.backbone.", resnet()),
        **with_prefix("module.projector.", mlp(CHANNELS, 16, 16, 16)),
        **with_prefix("module.bn.", stir(nn.BatchNorm1d(16, affine=False))),
    }
    return {"epoch": 1000, "model": state, "optimizer": {"state": {}, "param_groups": []}}


def write_simsiam() -> dict[str, Any]:
    projector = mlp(CHANNELS, 12, 12, 10, last=True, affine=False)
    projector["6.bias"] = torch.zeros(10)  # as published: of no effect before a batch norm
    predictor = mlp(10, 6, 10)
    predictor["3.bias"] = torch.randn(10)
    state = {
        **with_prefix("module.encoder.", resnet()),
        **with_prefix("module.encoder.fc.", projector),
        **with_prefix("module.predictor.", predictor),
    }
    return {"epoch": 100, "arch": "resnet50", "state_dict": state, "optimizer": {}}


def write_moco_v3() -> dict[str, Any]:
    base = {**resnet(), **with_prefix("fc.", mlp(CHANNELS, 12, 10, last=True, affine=False))}
    state = {
        **with_prefix("module.base_encoder.", base),
        **with_prefix("module.momentum_encoder.", base),
        **with_prefix("module.predictor.", mlp(10, 6, 10)),
    }
    return {"epoch": 1000, "arch": "resnet50", "state_dict": state, "scaler": {}}


def write_solo(*, has_predictor: bool) -> dict[str, Any]:
    state = {
        **with_prefix("backbone.", resnet()),
        **with_prefix("momentum_backbone.", resnet()),
        **with_prefix("projector.", mlp(CHANNELS, 12, 10, bias=True)),
        "classifier.weight": torch.randn(5, CHANNELS),
    }
    if has_predictor:
        state |= with_prefix("predictor.", mlp(10, 6, 10, bias=True))
    return {"epoch": 3, "state_dict": state, "pytorch-lightning_version": "1.0"}


def write_vicreg() -> dict[str, Any]:
    state = {
        **with_prefix("module.backbone.", resnet()),
        **with_prefix("module.projector.", mlp(CHANNELS, 16, 16, 10, bias=True)),
    }
    return {"epoch": 3, "model": state, "optimizer": {}}


def write_dino(*, is_full: bool) -> dict[str, Any]:
    def network() -> State:
        head: State
        if is_full:
            layers = [nn.Linear(CHANNELS, 12), nn.BatchNorm1d(12), nn.GELU(), nn.Linear(12, 6)]
            head = with_prefix("mlp.", stir(nn.Sequential(*layers)))
            head["last_layer.weight"] = torch.randn(20, 6)
        else:
            layers = [nn.Linear(CHANNELS, 12), nn.GELU(), nn.Linear(12, 12), nn.GELU()]
            head = with_prefix("mlp.", stir(nn.Sequential(*layers, nn.Linear(12, 6))))
            head["last_layer.weight_g"] = torch.full((20, 1), 1.5)
            head["last_layer.weight_v"] = torch.randn(20, 6)
        state = {**with_prefix("backbone.", resnet()), **with_prefix("head.", head)}
        return with_prefix("module.", state)

    return {
        "student": network(),
        "teacher": network(),
        "epoch": 800,
        "args": argparse.Namespace(out_dim=20, use_bn_in_head=is_full, arch="resnet50"),
        "dino_loss": {"center": torch.zeros(1, 20)},
    }


CHECKPOINTS = {  # case -> family, content, length of an embedding
    "barlow-twins": ("barlow-twins", write_barlow_twins, 16),
    "barlow-twins-backbone": ("barlow-twins", resnet, CHANNELS),
    "simsiam": ("simsiam", write_simsiam, 10),
    "moco-v3": ("moco-v3", write_moco_v3, 10),
    "byol": ("byol", lambda: write_solo(has_predictor=True), 10),
    "byol-backbone": ("byol", lambda: {"state_dict": resnet()}, CHANNELS),
    "vicreg": ("vicreg", write_vicreg, 10),
    "vicreg-solo": ("vicreg", lambda: write_solo(has_predictor=False), 10),
    "dino": ("dino", lambda: write_dino(is_full=True), 20),
    "dino-example-run": ("dino", lambda: write_dino(is_full=False), 20),
    "dino-backbone": ("dino", resnet, CHANNELS),
    "resnet": ("resnet", lambda: {**resnet(), "fc.weight": torch.randn(5, CHANNELS)}, CHANNELS),
}


@pytest.fixture(params=CHECKPOINTS)
def checkpoint(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path, int]:
    family, write, dim = CHECKPOINTS[request.param]
    path = tmp_path / "checkpoint.pth.tar"
    torch.save(write(), path)
    return family, path, dim


def test_every_family_of_residual_networks_is_tried() -> None:
    assert {family for family, _, _ in CHECKPOINTS.values()} == set(FAMILIES) - {"dinov2"}


def test_a_published_layout_loads_as_an_encoder(checkpoint: tuple[str, Path, int]) -> None:
    family, path, dim = checkpoint
    encoder = load_encoder(f"{family}:resnet-small", weights=path)
    assert isinstance(encoder, ImageEncoder)
    assert encoder.name == f"{family}:resnet-small"
    layout = encoder.layout
    assert (layout.kind, layout.grid, layout.width, layout.dim) == (
        "convnet",
        (7, 7),
        CHANNELS,
        dim,
    )
    assert layout.layers == tuple(f"trunk.layer{stage}" for stage in (1, 2, 3, 4))
    assert not any(parameter.requires_grad for parameter in encoder.module.parameters())


def test_the_head_maps_the_mean_of_the_map_to_the_embedding(
    checkpoint: tuple[str, Path, int],
) -> None:
    family, path, dim = checkpoint
    encoder = load_self_supervised(family, "resnet-small", weights=path)
    pixels = torch.randn(3, 3, 64, 64)
    embedding, features = encoder.encode_with_features(pixels)
    pooled = features.values.mean(dim=1)
    found = pooled if encoder.head is None else encoder.head(pooled)
    torch.testing.assert_close(found, embedding)
    assert embedding.shape == (3, dim)
    assert encoder.pooling == "mean"
    bare = encoder.without_head()
    torch.testing.assert_close(bare.encode_pixels(pixels), pooled)
    assert (bare.head, bare.name) == (None, f"{family}:resnet-small@backbone")
    same = load_self_supervised(family, "resnet-small@backbone", weights=path)
    torch.testing.assert_close(same.encode_pixels(pixels), pooled)


def norm(x: Tensor, state: State, place: str) -> Tensor:
    """Batch normalization by its definition."""
    mean, variance = state[f"{place}.running_mean"], state[f"{place}.running_var"]
    x = (x - mean) / (variance + 1e-5).sqrt()
    weight = state.get(f"{place}.weight")
    return x if weight is None else x * weight + state[f"{place}.bias"]


def test_simsiam_goes_through_projector_and_then_predictor() -> None:
    content = write_simsiam()
    state, pixels = content["state_dict"], torch.randn(4, 3, 64, 64)
    network = build_network("simsiam", content)
    x, fc, predictor = network.pool(pixels), "module.encoder.fc", "module.predictor"
    for layer in (0, 3):
        x = norm(x @ state[f"{fc}.{layer}.weight"].T, state, f"{fc}.{layer + 1}").relu()
    projected = norm(x @ state[f"{fc}.6.weight"].T + state[f"{fc}.6.bias"], state, f"{fc}.7")
    x = norm(projected @ state[f"{predictor}.0.weight"].T, state, f"{predictor}.1").relu()
    expected = x @ state[f"{predictor}.3.weight"].T + state[f"{predictor}.3.bias"]
    torch.testing.assert_close(network(pixels), expected)
    before = build_network("simsiam", content, place="projector")
    torch.testing.assert_close(before(pixels), projected)


@pytest.mark.parametrize("is_full", [True, False])
def test_dino_compares_the_teachers_logits_of_its_prototypes(is_full: bool) -> None:
    content, pixels = write_dino(is_full=is_full), torch.randn(4, 3, 64, 64)
    for place, network in (("", "teacher"), ("student", "student")):
        state = {k.removeprefix("module.head."): v for k, v in content[network].items()}
        found = build_network("dino", content, place=place)
        x = found.pool(pixels)
        if is_full:
            x = F.gelu(norm(x @ state["mlp.0.weight"].T + state["mlp.0.bias"], state, "mlp.1"))
            x = x @ state["mlp.3.weight"].T + state["mlp.3.bias"]
            prototypes = state["last_layer.weight"]
        else:
            for layer in (0, 2):
                x = F.gelu(x @ state[f"mlp.{layer}.weight"].T + state[f"mlp.{layer}.bias"])
            x = x @ state["mlp.4.weight"].T + state["mlp.4.bias"]
            directions = state["last_layer.weight_v"]
            prototypes = 1.5 * directions / directions.norm(dim=1, keepdim=True)
        torch.testing.assert_close(found(pixels), x / x.norm(dim=1, keepdim=True) @ prototypes.T)


@pytest.mark.parametrize("has_selective_kernels", [False, True])
def test_simclr_v2_loads_with_its_head_and_without_its_classifier(
    has_selective_kernels: bool, tmp_path: Path
) -> None:
    config = SimCLRv2Config(
        depths=(1, 2, 1, 1), width=4, has_selective_kernels=has_selective_kernels
    )
    resnet = stir(SimCLRv2Network(config))
    resnet |= {"fc.weight": torch.randn(5, config.channels), "fc.bias": torch.randn(5)}
    head = with_prefix("layers.", mlp(config.channels, 12, 12, 6, last=True))
    network = build_network("simclrv2", {"resnet": resnet, "head": head})
    assert network.trunk.config == config
    encoder = wrap_network(network, name="trial")
    assert (encoder.layout.dim, encoder.layout.width) == (6, config.channels)
    assert encoder.preprocessing.std == (1.0, 1.0, 1.0)  # pixels of 0 to 1
    torch.save({"resnet": resnet, "head": head}, tmp_path / "r50_1x_sk0_ema.pth")
    with pytest.raises(WeightsError, match=r"width=4.* but r50_1x is"):
        load_encoder("simclrv2:r50_1x", weights=tmp_path / "r50_1x_sk0_ema.pth")


def test_without_a_head_simclr_v2_is_compared_by_its_pooled_features() -> None:
    state = stir(SimCLRv2Network(SimCLRv2Config(depths=(1, 1), width=4)))
    assert build_network("simclrv2", state).head is None


def test_two_checkpoints_differ_and_one_is_itself(tmp_path: Path) -> None:
    digests = []
    for number in range(2):
        torch.save(write_vicreg(), tmp_path / f"{number}.pth")
        encoder = load_self_supervised("vicreg", "resnet-small", weights=tmp_path / f"{number}.pth")
        digests.append(encoder.digest)
        again = load_self_supervised("vicreg", "resnet-small", weights=tmp_path / f"{number}.pth")
        assert again.digest == digests[-1]
    assert digests[0] != digests[1]


def test_half_precision_is_computed_with_in_single() -> None:
    content = {name: value.half() for name, value in resnet().items()}
    network = build_network("resnet", content)
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert network(torch.randn(2, 3, 64, 64)).isfinite().all()


@pytest.mark.parametrize("family", ["barlow-twins", "simsiam", "dino", "moco-v3", "vicreg"])
def test_a_missing_weight_is_an_error_that_names_it(family: str) -> None:
    content = CHECKPOINTS[family][1]()
    state = next(content[name] for name in ("teacher", "model", "state_dict") if name in content)
    name = next(name for name in state if name.endswith("layer2.1.bn2.weight"))
    del state[name]
    with pytest.raises(WeightsError, match=r"layer2\.1\.bn2\.weight"):
        build_network(family, content)


@pytest.mark.parametrize("name", ["module.neck.weight", "module.backbone.layer2.1.extra.weight"])
def test_a_weight_without_a_place_is_an_error_that_names_it(name: str) -> None:
    content = write_barlow_twins()
    content["model"][name] = torch.zeros(3)
    with pytest.raises(WeightsError, match=r"neck\.weight|extra\.weight"):
        build_network("barlow-twins", content)


def test_a_weight_of_another_shape_is_an_error() -> None:
    content = write_barlow_twins()
    content["model"]["module.projector.3.weight"] = torch.zeros(16, 15)
    with pytest.raises(WeightsError, match=r"layer 3 takes 15 channels, but is given 16"):
        build_network("barlow-twins", content)
    content["model"]["module.backbone.layer1.0.conv2.weight"] = torch.zeros(4, 4, 1, 1)
    with pytest.raises(WeightsError, match=r"do not fit.*layer1\.0\.conv2"):
        build_network("barlow-twins", content)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ({"0.weight": torch.zeros(3, 3, 3)}, "neither a linear layer nor a batch norm"),
        ({"attention.weight": torch.zeros(3, 3)}, "no layer of a projection head"),
    ],
)
def test_what_is_no_head_is_refused(head: State, message: str) -> None:
    content = {**with_prefix("backbone.", resnet()), **with_prefix("projector.", head)}
    with pytest.raises(WeightsError, match=message):
        build_network("vicreg", content)


def test_a_head_of_dino_without_prototypes_is_refused() -> None:
    content = write_dino(is_full=True)
    del content["teacher"]["module.head.last_layer.weight"]
    with pytest.raises(WeightsError, match="no head of DINO"):
        build_network("dino", content)


def test_a_file_of_another_way_of_training_is_refused(tmp_path: Path) -> None:
    torch.save(write_simsiam(), tmp_path / "a.pth")
    with pytest.raises(WeightsError, match="in no layout that is known"):
        load_encoder("vicreg:resnet-small", weights=tmp_path / "a.pth")
    with pytest.raises(WeightsError, match="no conversion of SimCLRv2"):
        load_encoder("simclrv2:r50_1x", weights=tmp_path / "a.pth")


def test_a_file_of_another_architecture_is_refused(tmp_path: Path) -> None:
    torch.save(write_vicreg(), tmp_path / "a.pth")
    with pytest.raises(WeightsError, match=r"width=4.* but resnet50 is a .*width=64"):
        load_encoder("vicreg:resnet50", weights=tmp_path / "a.pth")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("vicreg:resnet51", "residual network named 'resnet51'"),
        ("simclrv2:r51_1x", "SimCLRv2 architecture named 'r51_1x'"),
        ("dinov2:vitx14", "Vision Transformer named 'vitx14'"),
        ("vicreg:resnet50@backbon", "place to compare pictures named 'backbon'"),
    ],
)
def test_an_unknown_architecture_or_place_is_guessed(name: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        load_encoder(name, weights="a.pth")


@pytest.mark.parametrize("place", ["projector", "student"])
def test_a_place_that_a_checkpoint_lacks_is_an_error(place: str, tmp_path: Path) -> None:
    torch.save(write_vicreg(), tmp_path / "a.pth")
    with pytest.raises(WeightsError, match=f"Leave '@{place}' out"):
        load_encoder(f"vicreg:resnet-small@{place}", weights=tmp_path / "a.pth")


def test_weights_must_be_named_and_be_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="none were named"):
        load_encoder("simsiam:resnet50")
    with pytest.raises(MissingFileError, match=r"nowhere\.pth"):
        load_encoder("simsiam:resnet50", weights=tmp_path / "nowhere.pth")


def test_random_weights_are_the_same_each_time() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    encoders = [load_encoder("resnet:resnet-small", weights="random") for _ in range(2)]
    assert torch.equal(torch.random.get_rng_state(), before)
    assert encoders[0].digest == encoders[1].digest
    assert isinstance(encoders[0], HeadedImageEncoder)
    assert encoders[0].head is None


class Trap:
    """What a hostile checkpoint would hold."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("is_inside_settings", [True, False])
def test_nothing_in_a_checkpoint_is_run(is_inside_settings: bool, tmp_path: Path) -> None:
    trap: Any = Trap(tmp_path / "sprung")
    content = write_dino(is_full=True)
    content["args"] = argparse.Namespace(trap=trap) if is_inside_settings else trap
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match="holds more than weights"):
        load_encoder("dino:resnet-small", weights=tmp_path / "a.pth")
    assert not (tmp_path / "sprung").exists()
