"""Grad-CAM and Interaction-CAM against the published code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seewhy.similarity.interaction_cam import (
    GradCamSettings,
    InteractionSettings,
    find_map_gradients,
    grad_cam,
    map_interaction,
    weigh_invariance,
)

RELATIVE = 4e-5  # what an independent second implementation came to, and a little


def assert_near(found: Any, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=RELATIVE * np.abs(expected).max())


def test_maps_and_gradients_are_the_published_ones(similarity_cam: Any) -> None:
    case = similarity_cam
    assert case.models()
    for model in case.models():
        found = find_map_gradients(case.pair(model))
        for view in (0, 1):
            assert_near(found.maps[view][None], case[f"{model}/feat{view + 1}"])
            assert_near(found.gradients[view][None], case[f"{model}/grad{view + 1}"])
        weight = weigh_invariance(*found.embeddings)
        assert weight == pytest.approx(float(case[f"{model}/v1_invariance_weight"]), abs=1e-5)


def test_grad_cam_is_the_published_one(similarity_cam: Any) -> None:
    for model in similarity_cam.models():
        found = grad_cam(similarity_cam.pair(model), GradCamSettings())
        for view in (1, 2):
            assert_near(found.maps[view - 1].values, similarity_cam[f"{model}/gradcam{view}"])


@pytest.mark.parametrize("reduction", ["mean", "max", "attn"])
@pytest.mark.parametrize("version", ["{}", "{}_gradmax", "v1_{}"])
def test_interaction_cam_is_the_published_one(
    similarity_cam: Any, reduction: Any, version: str
) -> None:
    settings = InteractionSettings(
        reduction=reduction,
        scales_attention=False,
        uses_gradient_interaction="gradmax" in version,
        weighs_invariance="v1" in version,
    )
    for model in similarity_cam.models():
        found = map_interaction(similarity_cam.pair(model), settings)
        for view in (1, 2):
            expected = similarity_cam[f"{model}/{version.format(reduction)}{view}"]
            assert_near(found.maps[view - 1].values, expected)
