"""The published checkpoints, key by key: each weight has its place, and is missed without."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from seewhy.encoders.self_supervised import build_network
from seewhy.errors import WeightsError

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDENS = Path(os.environ.get("SEEWHY_GOLDENS", REPOSITORY.parent / "shared" / "goldens")) / "ssl"
KEYS = GOLDENS / "checkpoint_keys.json"
FAMILIES = {"simclrv2": "simclrv2", "barlow": "barlow-twins", "simsiam": "simsiam", "dino": "dino"}
STEP = 17  # every so many keys are tried; all of them take minutes
UNUSED = ("fc.", "module.bn.")  # classifier of SimCLRv2; norm in the loss of Barlow Twins


@cache
def read_keys() -> dict[str, Any]:
    if not KEYS.is_file():
        return {}
    return json.loads(KEYS.read_text(encoding="utf-8"))


every_model = pytest.mark.parametrize(
    "model",
    sorted(read_keys())
    or [pytest.param("none", marks=pytest.mark.skip(f"no {KEYS} (set SEEWHY_GOLDENS)"))],
)


def make_checkpoint(model: str) -> tuple[str, dict[str, Any]]:
    """A family, and what its published file holds, with the right shapes and no numbers."""
    content: dict[str, Any] = {"epoch": 100}
    for entry, keys in read_keys()[model].items():
        if isinstance(keys, dict):
            content[entry] = {k: torch.empty(shape, device="meta") for k, shape in keys.items()}
    if "student" in content:
        content["teacher"] = dict(content["student"])
    return next(f for start, f in FAMILIES.items() if model.startswith(start)), content


def list_parts(content: dict[str, Any]) -> list[str]:
    """Entries whose weights an embedding needs."""
    names = [n for n, value in content.items() if isinstance(value, dict) and n != "dino_loss"]
    return ["teacher"] if "teacher" in names else names


@every_model
def test_each_weight_is_missed_but_those_of_classifiers_and_losses(model: str) -> None:
    family, content = make_checkpoint(model)
    build_network(family, content)
    for part in list_parts(content):
        for key in list(content[part])[::STEP]:
            if key.endswith("num_batches_tracked"):
                continue
            weight = content[part].pop(key)
            if key.startswith(UNUSED):
                build_network(family, content)
            else:
                with pytest.raises(WeightsError):
                    build_network(family, content)
            content[part][key] = weight


@every_model
def test_a_weight_that_is_not_published_is_refused(model: str) -> None:
    family, content = make_checkpoint(model)
    for part in list_parts(content):
        first = next(iter(content[part]))
        content[part][f"{first}.extra"] = torch.empty(1, device="meta")
        with pytest.raises(WeightsError, match="extra"):
            build_network(family, content)
        del content[part][f"{first}.extra"]
