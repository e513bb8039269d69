"""Our self-supervised networks against the published code's, on its own small weights."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.encoders.headed import HeadedNetwork
from seewhy.encoders.self_supervised import build_network

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDENS = Path(os.environ.get("SEEWHY_GOLDENS", REPOSITORY.parent / "shared" / "goldens")) / "ssl"
CASES = sorted(GOLDENS.glob("*_models.npz"))
BOUND = 2e-5  # the references were independently found again to 6e-6


@pytest.fixture(scope="module", params=CASES or [None], ids=lambda path: path and path.stem)
def case(request: pytest.FixtureRequest) -> dict[str, np.ndarray]:
    if request.param is None:
        pytest.skip(f"no goldens at {GOLDENS}/*_models.npz (set SEEWHY_GOLDENS)")
    with np.load(request.param) as file:
        return dict(file)


def read_network(case: dict[str, np.ndarray], model: str) -> HeadedNetwork:
    """The golden's weights, laid out as a published file."""

    def part(prefix: str) -> dict[str, Tensor]:
        prefix = f"{model}/{prefix}."
        names = [name for name in case if name.startswith(prefix)]
        assert names, prefix
        return {name.removeprefix(prefix): torch.from_numpy(case[name]) for name in names}

    content = {"resnet": part("encoder"), "head": part("contrastive_head")}
    return build_network("simclrv2", content)


@pytest.mark.parametrize("model", ["simclr", "simclr_sk"])
@torch.no_grad()
def test_the_maps_pooled_features_embeddings_and_scores_are_the_published_ones(
    case: dict[str, np.ndarray], model: str
) -> None:
    network = read_network(case, model)
    pixels = [torch.from_numpy(case[name]) for name in ("x1", "x2")]
    assert_near(network.trunk(pixels[0]), case[f"{model}/map1"])
    assert_near(network.pool(pixels[0]), case[f"{model}/enc1"])
    embeddings = [network(one) for one in pixels]
    for embedding, name in zip(embeddings, ("out1", "out2"), strict=True):
        assert_near(embedding, case[f"{model}/{name}"])
    assert_near(F.cosine_similarity(*embeddings), case[f"{model}/score"])


def assert_near(found: Tensor, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    assert np.abs(found.numpy() - expected).max() <= BOUND * max(1.0, np.abs(expected).max())
