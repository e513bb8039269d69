"""Pixel invariance against the published code: the samples, the fit and the map."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from seewhy.similarity.linear_surrogate import DescentSettings, descend_surrogate
from seewhy.similarity.model import cosine
from seewhy.similarity.pixel_invariance import PUBLISHED_INVARIANCE, read_weights, shrink

BOUND = 2e-5


def test_samples_are_compared_and_resized_as_published(similarity_pixelinvariance: Any) -> None:
    case = similarity_pixelinvariance
    model = case.model("conv", size=case["samples2"].shape[-1])
    clean, copies = case.tensor("samples1_row"), case.tensor("samples2")
    with torch.no_grad():
        first, second = model.embed(clean), model.embed(copies)
    np.testing.assert_allclose(first, case["out1"][:1], atol=BOUND)
    np.testing.assert_allclose(second, case["out2"], atol=BOUND)
    np.testing.assert_allclose(cosine(first, second), case["labels"][:, 0], atol=BOUND)
    size = int(case["size"])
    np.testing.assert_allclose(shrink(clean, size), case["x1_resized"], atol=BOUND)
    np.testing.assert_allclose(shrink(copies, size), case["x2_resized"], atol=BOUND)


def test_the_descended_maps_are_the_published_ones(similarity_pixelinvariance: Any) -> None:
    case = similarity_pixelinvariance
    inputs = ((case.tensor("x1_resized") + case.tensor("x2_resized")) / 2).flatten(1)
    start = torch.cat([case.tensor("w0")[0], case.tensor("b0")])
    runs = [name.removesuffix("/params") for name in case.arrays if name.endswith("/params")]
    assert runs
    size = int(case["size"])
    for run in runs:
        params = json.loads(str(case[f"{run}/params"]))
        descent = DescentSettings(
            sparsity=params["l1_weight"] or 0.0,
            invariance=params["nmf_weight"],
            steps=params["epochs"],
            learning_rate=params["learning_rate"],
        )
        found = descend_surrogate(
            inputs,
            case.tensor("labels")[:, 0],
            descent,
            start=start,
            invariance=case.tensor("labels_invariance")[:, 0],
        )
        settings = replace(
            PUBLISHED_INVARIANCE,
            cuts_small=params["zero_small_values"],
            blurs=params["blur_output"],
        )
        heat = read_weights(found.weights.view(3, size, size), settings)
        np.testing.assert_allclose(heat, case[f"{run}/heatmap"], atol=1e-4, err_msg=run)
