"""Feature visualization against the published code."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from seewhy.similarity.feature_visualization import VisualizationSettings, paint

BOUND = 2e-5


def test_pictures_are_painted_as_published(similarity_featureviz: Any) -> None:
    case = similarity_featureviz
    runs = [name.removesuffix("/params") for name in case.arrays if name.endswith("/params")]
    assert runs
    model = case.model("conv", size=case["image2"].shape[-1])
    for run in runs:
        params = json.loads(str(case[f"{run}/params"]))
        settings = VisualizationSettings(
            layer=f"trunk.{params['up_until'] - 1}",
            num_octaves=params["num_octaves"],
            octave_scale=params["octave_scale"],
            steps=params["iterations"],
            learning_rate=params["lr"],
            divides_by_mean=params["lr_norm"],
            smallness=params["reg_l2_weight"] if params["reg_l2"] else 0.0,
            smoothness=params["tv_weight"] if params["use_tv"] else 0.0,
            distance=params["minmax_weight"],
            ema=params["ema"],
            blurs=params["blur"],
            overwrites=True,
        )
        goal = "score" if params["optimize_score"] else "feature"
        found = paint(model, case.tensor("image2"), case.tensor("init"), goal, settings)
        assert [list(size) for size in found.sizes] == case[f"{run}/octave_sizes"].tolist()
        np.testing.assert_allclose(found.picture, case[f"{run}/image"], atol=BOUND, err_msg=run)
        np.testing.assert_allclose(found.added, case[f"{run}/detail"], atol=BOUND, err_msg=run)
