"""The measures of one pair, by their parts, and what cannot be measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.similarity.catalogue import METHODS
from seewhy.similarity.drops import measure_drops
from seewhy.similarity.evaluation import MEASURES, EvaluationSettings, evaluate_pair
from seewhy.similarity.model import PairModel
from seewhy.similarity.occlusion import PUBLISHED_OCCLUSION, OcclusionSettings
from seewhy.similarity.pair import Effort, Pair
from seewhy.similarity.sensitivity import draw_disturbances
from seewhy.similarity.sweeps import SweepSettings, sweep_pair

Views = tuple[Tensor, Tensor]
COARSE = OcclusionSettings(window=8, stride=6)
FEW = EvaluationSettings(
    methods=("conditional-occlusion", "interaction-cam", "center"),
    by_method={"conditional-occlusion": COARSE},
    steps=4,
    sensitivity_draws=3,
)


def test_values_are_those_of_the_single_measures(convnet: PairModel, pixels: Views) -> None:
    pair = Pair(convnet, *pixels, effort=Effort(seed=2))
    found = evaluate_pair(pair, FEW)["conditional-occlusion"]
    assert list(found) == list(MEASURES)
    explained = METHODS["conditional-occlusion"].run(pair, COARSE)
    maps = explained.maps[0].to_pixels(), explained.maps[1].to_pixels()
    sweep = SweepSettings(step=192)  # 32 x 24 pixels in 4 steps
    insertion, deletion = (
        sweep_pair(pair, maps, kind, sweep).areas for kind in ("insertion", "deletion")
    )  # type: ignore[arg-type]
    assert found["SI"] == pytest.approx(insertion["simultaneous"])
    assert found["SD"] == pytest.approx(deletion["simultaneous"])
    assert found["CI"] == pytest.approx((insertion["first"] + insertion["second"]) / 2)
    assert found["CD"] == pytest.approx((deletion["first"] + deletion["second"]) / 2)
    drops = measure_drops(pair, maps)
    assert found["SAD"] == pytest.approx(drops.simultaneous.drop)
    assert found["SIC"] == float(drops.simultaneous.increases)
    assert found["CAD"] == pytest.approx((drops.first.drop + drops.second.drop) / 2)
    assert found["CID"] in (0.0, 0.5, 1.0)
    assert found["MS"] is None  # as published: hundreds of passes for each draw
    assert found["agreement"] is None  # no views
    assert found["sanity"] is None


def test_sensitivity_is_of_the_raw_maps_under_noise(convnet: PairModel, pixels: Views) -> None:
    pair = Pair(convnet, *pixels, effort=Effort(seed=2))
    found = evaluate_pair(pair, FEW)["interaction-cam"]["MS"]
    method, settings = METHODS["interaction-cam"], METHODS["interaction-cam"].default
    clean = [each.values for each in method.run(pair, settings).maps]
    largest = [0.0, 0.0]
    for noise in draw_disturbances((3, 32, 24), draws=3, seed=2):
        moved = method.run(Pair(convnet, pixels[0] + noise, pixels[1] + noise), settings).maps
        for k in (0, 1):
            change = np.linalg.norm(moved[k].values - clean[k]) / np.linalg.norm(clean[k])
            largest[k] = max(largest[k], float(change))
    assert found == pytest.approx(sum(largest) / 2, rel=1e-4)
    none = evaluate_pair(pair, replace(FEW, sensitivity_draws=0))
    assert none["interaction-cam"]["MS"] is None


def test_as_published_conditional_numbers_are_of_the_first_picture(
    convnet: PairModel, pixels: Views
) -> None:
    pair = Pair(convnet, *pixels)
    published = EvaluationSettings(
        methods=("conditional-occlusion", "pixel-invariance"),
        compat="published",
        by_method={
            "conditional-occlusion": replace(PUBLISHED_OCCLUSION, window=9, stride=5),
            "pixel-invariance": replace(
                METHODS["pixel-invariance"].published, num_copies=10, size=8
            ),
        },
        steps=4,
    )
    found = evaluate_pair(pair, published)
    occlusion = found["conditional-occlusion"]
    assert all(occlusion[name] is not None for name in ("SI", "SD", "CI", "CD", "SAD", "CAD"))
    assert occlusion["CID"] in (0.0, 1.0)
    invariance = found["pixel-invariance"]
    assert all(invariance[name] is None for name in ("SI", "SD", "SAD", "SIC", "MS"))
    assert invariance["CI"] is not None


def test_sanity_is_of_methods_not_of_baselines(convnet: PairModel, pixels: Views) -> None:
    settings = replace(FEW, methods=("interaction-cam", "center"), checks_sanity=True)
    found = evaluate_pair(Pair(convnet, *pixels), settings)
    assert found["interaction-cam"]["sanity"] is not None
    assert -1 <= found["interaction-cam"]["sanity"] <= 1
    assert found["center"]["sanity"] is None


def test_pictures_that_are_not_alike_have_no_drop(convnet: PairModel, pixels: Views) -> None:
    class Turned(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1))

        def forward(self, images: Tensor) -> Tensor:
            return images.mean((2, 3)) * self.scale

    from seewhy.encoders.modules import wrap_module

    model = PairModel(wrap_module(Turned(), preprocessing=convnet.encoder.preprocessing))
    first = pixels[0].abs()
    settings = EvaluationSettings(methods=("center",), steps=3)
    found = evaluate_pair(Pair(model, first, -first), settings)["center"]
    assert found["SAD"] is None
    assert found["CAD"] is None
    assert found["SI"] is not None


@pytest.mark.parametrize("method", ["feature-visualization", "model-difference"])
def test_methods_without_maps_are_refused(method: str) -> None:
    with pytest.raises(InvalidArgumentError, match="makes pictures, not maps"):
        EvaluationSettings(methods=(method,))


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'grad-cam'"):
        EvaluationSettings(methods=("gradcam",))
    with pytest.raises(InvalidArgumentError, match="at least one method"):
        EvaluationSettings(methods=())
    for changes in ({"steps": 0}, {"sensitivity_draws": -1}):
        with pytest.raises(InvalidArgumentError, match="steps is at least 1"):
            EvaluationSettings(**changes)  # type: ignore[arg-type]
