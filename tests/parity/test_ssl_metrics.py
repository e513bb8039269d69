"""Metrics of maps for two pictures against the published code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from seewhy.similarity.averaged_transforms import average_gradients, mix_pictures
from seewhy.similarity.drops import measure_drops
from seewhy.similarity.gradients import GradientSettings, multiply_gradients, to_findings
from seewhy.similarity.interaction_cam import (
    GradCamSettings,
    InteractionSettings,
    grad_cam,
    map_interaction,
)
from seewhy.similarity.pair import Effort, Pair
from seewhy.similarity.sensitivity import explain_pairs, measure_sensitivity
from seewhy.similarity.sweeps import (
    PUBLISHED_SWEEP,
    SweepSettings,
    average_sweeps,
    blur,
    sweep_pair,
)

TOLERANCE, SENSITIVITY = 1e-5, 1e-3
KINDS = {"ins": "insertion", "del": "deletion"}


def list_steps(case: Any, model: str) -> list[int]:
    parts = [name.split("/") for name in case.arrays if name.startswith(f"{model}/ins/step")]
    return sorted({int(part[2].removeprefix("step")) for part in parts})


def batch_pairs(case: Any, model: str) -> list[tuple[Pair, tuple[Any, Any]]]:
    """Every pair of the batch with its maps."""
    prepared = case.pair(model).model
    return [
        (
            Pair(prepared, first[None], second[None], effort=Effort(batch_size=7)),
            (heat1, heat2),
        )
        for first, second, heat1, heat2 in zip(
            case.tensor("X1"),
            case.tensor("X2"),
            case.arrays["H1"],
            case.arrays["H2"],
            strict=True,
        )
    ]


def test_insertion_starts_from_the_published_blur(similarity_metrics: Any) -> None:
    case = similarity_metrics
    torch.testing.assert_close(
        blur(case.tensor("x1")), case.tensor("blurred_x1"), rtol=0, atol=TOLERANCE
    )


@pytest.mark.parametrize("short", KINDS)
def test_areas_are_the_published_ones(similarity_metrics: Any, short: str) -> None:
    case, kind = similarity_metrics, KINDS[short]
    maps = case.arrays["h1"], case.arrays["h2"]
    for model in case.models():
        for step in list_steps(case, model):
            settings = SweepSettings(step=step, fill=0.0, breaks_ties=False)
            prefix = f"{model}/{short}/step{step}"
            single = sweep_pair(case.pair(model), maps, kind, settings).areas  # type: ignore[arg-type]
            assert single["simultaneous"] == pytest.approx(
                float(case.arrays[f"{prefix}/simult_single"]), abs=TOLERANCE
            )
            assert single["first"] == pytest.approx(
                float(case.arrays[f"{prefix}/cond_single"]), abs=TOLERANCE
            )
            mean = average_sweeps(
                [
                    sweep_pair(pair, heats, kind, settings)  # type: ignore[arg-type]
                    for pair, heats in batch_pairs(case, model)
                ]
            ).areas
            assert mean["simultaneous"] == pytest.approx(
                float(case.arrays[f"{prefix}/simult_batch"]), abs=TOLERANCE
            )
            assert mean["first"] == pytest.approx(
                float(case.arrays[f"{prefix}/cond_batch"]), abs=TOLERANCE
            )


def test_the_published_step_is_a_row_of_pixels(similarity_metrics: Any) -> None:
    case = similarity_metrics
    model = case.models()[0]
    maps = case.arrays["h1"], case.arrays["h2"]
    sweep = sweep_pair(case.pair(model), maps, "deletion", PUBLISHED_SWEEP)
    assert len(sweep.first) == case.arrays["h1"].shape[0] + 1


def test_drops_are_the_published_ones(similarity_metrics: Any) -> None:
    case = similarity_metrics
    maps = case.arrays["h1"], case.arrays["h2"]
    for model in case.models():
        found = measure_drops(case.pair(model), maps, compat="published")
        for name, drop in (("simult", found.simultaneous), ("cond", found.first)):
            expected = float(case.arrays[f"{model}/{name}_drop"].reshape(-1)[0])
            assert drop.drop == pytest.approx(expected, abs=TOLERANCE)
            assert drop.increases == bool(case.arrays[f"{model}/{name}_increase"])
        listed = [
            measure_drops(pair, heats, compat="published").simultaneous
            for pair, heats in batch_pairs(case, model)
        ]
        np.testing.assert_allclose(
            [drop.drop for drop in listed],
            case.arrays[f"{model}/simult_drop_list"],
            rtol=0,
            atol=TOLERANCE,
        )
        increases = case.arrays[f"{model}/simult_increase_list"].tolist()
        assert [int(drop.increases) for drop in listed] == increases


@pytest.mark.parametrize(
    ("name", "explain"),
    [
        ("saliency_g0", lambda pair: multiply_gradients(pair, GradientSettings())),
        (
            "saliency_g1",
            lambda pair: multiply_gradients(pair, GradientSettings(guidance="modules")),
        ),
        ("gradcam", lambda pair: grad_cam(pair, GradCamSettings())),
        *(
            (
                f"intcam_{way}",
                lambda pair, way=way: map_interaction(
                    pair, InteractionSettings(reduction=way, scales_attention=False)
                ),
            )
            for way in ("mean", "max", "attn")
        ),
    ],
)
def test_sensitivity_is_the_published_one(similarity_metrics: Any, name: str, explain: Any) -> None:
    case = similarity_metrics
    for model in case.models():
        pair = case.pair(model)

        def find_maps(pair: Pair) -> tuple[Any, Any]:
            first, second = explain(pair).maps
            return first.values, second.values

        found = measure_sensitivity(
            explain_pairs(pair, find_maps), torch.cat(pair.views), case.tensor("sens_noise")
        )
        expected = float(case.arrays[f"{model}/maxsens_{name}"])
        assert found == pytest.approx(expected, rel=SENSITIVITY, abs=SENSITIVITY)


@pytest.mark.parametrize("guided", [0, 1])
def test_sensitivity_of_averaged_transforms_is_the_published_one(
    similarity_metrics: Any, guided: int
) -> None:
    case = similarity_metrics
    guidance = "modules" if guided else "none"
    for model in case.models():
        pair = case.pair(model)
        way = mix_pictures(*pair.views, [1, 0.75, 0.5, 0.25])

        def find_maps(way: torch.Tensor, pair: Pair = pair) -> tuple[Any, Any]:
            slopes = average_gradients(pair.model, way, guidance=guidance, batch_size=4)
            first, second = to_findings(pair, (way[:1], way[-1:]), slopes, blurs=False).maps
            return first.values, second.values

        found = measure_sensitivity(find_maps, way, case.tensor("sens_noise"))
        expected = float(case.arrays[f"{model}/maxsens_avg_g{guided}"])
        assert found == pytest.approx(expected, rel=SENSITIVITY, abs=SENSITIVITY)
