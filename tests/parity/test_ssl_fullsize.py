"""Full-size published architectures under formula weights, and every key of their checkpoints."""

from __future__ import annotations

import json
import os
from functools import cache
from math import prod, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.encoders.self_supervised import build_network

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDENS = Path(os.environ.get("SEEWHY_GOLDENS", REPOSITORY.parent / "shared" / "goldens")) / "ssl"
CASES = sorted(GOLDENS.glob("*_fullsize.npz"))
MODELS = {  # of the goldens -> our family
    "simclrv2_1x": "simclrv2",
    "simclrv2_1x_sk1": "simclrv2",
    "simclrv2_2x": "simclrv2",
    "barlow_twins": "barlow-twins",
    "simsiam": "simsiam",
    "dino_full": "dino",
    "dino_example_run": "dino",
}
BOUND = 1e-3  # relative, as the goldens' page suggests; they were found again to 2e-5
PERIOD = 65537


@pytest.fixture(scope="module", params=CASES or [None], ids=lambda path: path and path.stem)
def case(request: pytest.FixtureRequest) -> dict[str, np.ndarray]:
    if request.param is None:
        pytest.skip(f"no goldens at {GOLDENS}/*_fullsize.npz (set SEEWHY_GOLDENS)")
    with np.load(request.param) as file:
        return dict(file)


@cache
def read_keys() -> dict[str, Any]:
    return json.loads((GOLDENS / "checkpoint_keys.json").read_text(encoding="utf-8"))


def spread(numbers: np.ndarray, shape: list[int]) -> Tensor:
    """Values of a formula that repeats after ``PERIOD`` elements, row by row."""
    return torch.from_numpy(np.resize(numbers, prod(shape)).reshape(shape).astype(np.float32))


def fill_by_formula(name: str, number: int, shape: list[int], variant: int) -> Tensor:
    """The weights of one key, as the goldens' page defines them."""
    t = np.arange(PERIOD, dtype=np.int64)
    u = ((31 * t * t + 17 * t + 101 * number + 7919 * variant) % PERIOD) / PERIOD
    last = name.rpartition(".")[2]
    if last == "num_batches_tracked":
        return torch.tensor(0)
    if last == "weight_g":
        return torch.ones(shape)
    if last == "running_var" or (last == "weight" and len(shape) == 1):
        return spread(0.8 + 0.4 * u, shape)
    if len(shape) == 1:
        return spread(0.1 * (2 * u - 1), shape)
    return spread((2 * u - 1) * sqrt(6 / prod(shape[1:])), shape)


def fill_state(shapes: dict[str, list[int]], variant: int) -> dict[str, Tensor]:
    return {
        name: fill_by_formula(name, number, shapes[name], variant)
        for number, name in enumerate(sorted(shapes))
    }


def write_checkpoint(model: str, variant: int) -> dict[str, Any]:
    """What the published file would hold, with weights by formula."""
    entries = {k: v for k, v in read_keys()[model].items() if isinstance(v, dict)}
    content: dict[str, Any] = {name: fill_state(keys, variant) for name, keys in entries.items()}
    if "student" in content:
        content["teacher"] = content["student"]
    return content


def make_pictures(px: int, variant: int) -> Tensor:
    t = np.arange(2 * 3 * px * px, dtype=np.int64)
    values = ((13 * t * t + 29 * t + 104729 * variant) % PERIOD) / PERIOD
    return torch.from_numpy(values.reshape(2, 3, px, px).astype(np.float32))


@pytest.fixture(scope="module", params=MODELS)
def outcome(request: pytest.FixtureRequest, case: dict[str, np.ndarray]) -> dict[str, Any]:
    """One model at a time, so that no two lie in memory together."""
    model, variant = request.param, int(case["variant"])
    content = write_checkpoint(model, variant)
    network = build_network(MODELS[model], content, source=model)
    pixels = make_pictures(int(case["px"]), variant)
    assert np.allclose(pixels[0, 0, 0].numpy(), case["input_first_row"])
    with torch.no_grad():
        found = {"map": network.trunk(pixels), "encoder": network.pool(pixels)}
        found["out"] = network(pixels)
    count = sum(parameter.numel() for parameter in network.parameters())
    folded = ("fc.weight", "fc.bias", "head.last_layer.weight_g", "module.head.last_layer.weight_g")
    for part in (content.get("resnet", {}), content.get("teacher", {})):
        count += sum(part[name].numel() for name in folded if name in part)
    return {"model": model, "count": count, **found}


def assert_near(found: Tensor, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    assert np.abs(found.numpy() - expected).max() <= BOUND * np.abs(expected).max()


def test_pooled_features_and_embeddings_are_the_published_ones(
    case: dict[str, np.ndarray], outcome: dict[str, Any]
) -> None:
    model, out = outcome["model"], outcome["out"]
    assert_near(outcome["encoder"][:, :256], case[f"{model}/encoder"])
    assert_near(outcome["encoder"].norm(dim=1), case[f"{model}/encoder_norm"])
    assert_near(out[:, :256], case[f"{model}/out"])
    assert_near(out.norm(dim=1), case[f"{model}/out_norm"])
    assert out.shape[1] == int(case[f"{model}/out_dim"])
    score = F.cosine_similarity(out[:1], out[1:]).item()
    assert score == pytest.approx(case[f"{model}/score"].item(), rel=1e-6)


def test_no_weight_is_left_out_or_made_up(
    case: dict[str, np.ndarray], outcome: dict[str, Any]
) -> None:
    model, expected = outcome["model"], int(case[f"{outcome['model']}/n_params"])
    assert outcome["count"] == expected, model


def test_the_map_has_a_position_for_each_32_pixels(
    case: dict[str, np.ndarray], outcome: dict[str, Any]
) -> None:
    side = int(case["px"]) // 32
    assert outcome["map"].shape[2:] == (side, side)
    if not outcome["model"].startswith("dino"):  # where the published map is 1 x 1, by mistake
        assert outcome["map"].shape == tuple(case[f"{outcome['model']}/map_shape"])


@torch.no_grad()
def test_simsiam_is_compared_behind_both_its_heads(case: dict[str, np.ndarray]) -> None:
    variant = int(case["variant"])
    content, pixels = write_checkpoint("simsiam", variant), make_pictures(int(case["px"]), variant)
    projected = build_network("simsiam", content, place="projector")(pixels)
    assert_near(projected[:, :256], case["simsiam/projector_out"])
    network = build_network("simsiam", content)
    predictor = list(network.head.children())[1]  # pyright: ignore[reportOptionalMemberAccess]
    one, other = predictor(network.pool(pixels)).split(1)  # skips the projector, as the published
    wrong = case["simsiam/reference_gradcam_score"].item()  # CAM does by mistake
    assert F.cosine_similarity(one, other).item() == pytest.approx(wrong, rel=1e-6)
    assert abs(case["simsiam/score"].item() - wrong) > 1e-4
