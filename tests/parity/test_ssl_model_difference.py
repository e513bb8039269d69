"""Model difference visualization against the published code."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from seewhy.similarity.model import PairModel
from seewhy.similarity.model_difference import PUBLISHED_DIFFERENCE, synthesize

LOW_RATES = {"imagenet_lowlr": 10.0, "ssl_lowlr": 100.0}
RELATIVE = 1e-4
STABLE = {"imagenet": 5, "ssl": 1}  # steps after which rounding has not yet decided the result


def find_layer(case: Any, kind: str, network: str, number: int) -> tuple[PairModel, str]:
    """The network of a run, and the last of its first ``number`` parts."""
    size = case["image"].shape[-1]
    if kind.startswith("imagenet"):
        return case.model("baseline", size=size), f"trunk.{number - 1}"
    if network == "simclrv2":
        return case.model("simclr", size=size), f"trunk.net.{number - 4}"
    return case.model("conv", size=size), f"trunk.{number - 1}"


def test_pictures_are_painted_as_published(similarity_modeldiff: Any) -> None:
    case = similarity_modeldiff
    params = json.loads(str(case["params"]))
    runs = [name.removesuffix("/init") for name in case.arrays if name.endswith("/init")]
    assert any("lowlr" in run for run in runs)
    for run in runs:
        kind, network, number = run.split("-")
        model, layer = find_layer(case, kind, network, int(number))
        target = case.tensor("image")
        features = model.feature_map(target, layer=layer).detach()
        np.testing.assert_allclose(features, case[f"{run}/target"], atol=1e-5, err_msg=run)
        steps = [int(name.partition("after")[2]) for name in case.arrays if f"{run}/after" in name]
        is_low = kind in LOW_RATES
        settings = replace(
            PUBLISHED_DIFFERENCE,
            learning_rate=LOW_RATES.get(kind, params["lr"]),
            feature_weight=params["l2_weight"],
            power=params["alpha_power"],
            power_weight=params["alpha_weight"],
            smoothness=params["tv_weight"],
        )
        drops = PUBLISHED_DIFFERENCE.drops if kind.startswith("ssl") else ()
        for step in sorted(steps):
            is_short = step <= (20 if is_low else STABLE[kind])
            if not is_short and not (is_low and step == max(steps)):
                continue
            found = synthesize(
                model,
                target,
                case.tensor(f"{run}/init"),
                layer,
                replace(settings, steps=step),
                drops=drops,
            )
            expected = case[f"{run}/after{step}"]
            bound = RELATIVE * max(1.0, float(np.abs(expected).max()))
            np.testing.assert_allclose(
                found.picture, expected, rtol=0, atol=bound, err_msg=f"{run} after {step}"
            )
            losses = case[f"{run}/losses"][:step]
            torch.testing.assert_close(found.losses, torch.from_numpy(losses), rtol=1e-3, atol=1e-9)


def test_chaotic_runs_end_at_a_loss_of_the_published_order(similarity_modeldiff: Any) -> None:
    case = similarity_modeldiff
    runs = [name.removesuffix("/init") for name in case.arrays if name.endswith("/init")]
    runs = [run for run in runs if run.partition("-")[0] in STABLE]
    assert runs
    for run in runs:
        kind, network, number = run.split("-")
        model, layer = find_layer(case, kind, network, int(number))
        found = synthesize(
            model,
            case.tensor("image"),
            case.tensor(f"{run}/init"),
            layer,
            PUBLISHED_DIFFERENCE,
            drops=PUBLISHED_DIFFERENCE.drops if kind == "ssl" else (),
        )
        expected = case[f"{run}/losses"][-20:, 0].mean()
        assert 0.1 < float(found.losses[-20:, 0].mean()) / expected < 10, run
