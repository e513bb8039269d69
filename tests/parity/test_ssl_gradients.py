"""Input x gradient, Smooth-Grad and averaged transforms against the published code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from seewhy.similarity.averaged_transforms import average_gradients, find_shares, mix_pictures
from seewhy.similarity.gradients import (
    GradientSettings,
    differentiate,
    find_sigma,
    multiply_gradients,
    to_findings,
)
from seewhy.similarity.pair import Pair

RELATIVE = 1e-4


def assert_maps(case: Any, prefix: str, name: str, findings: Any) -> None:
    for view in (1, 2):
        expected = case[f"{prefix}/{name}{view}"][0]
        found = findings.maps[view - 1].values
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=0, atol=RELATIVE * expected.max())


@pytest.mark.parametrize("guided", [0, 1])
@pytest.mark.parametrize("blurred", [0, 1])
def test_gradients_are_the_published_ones(
    similarity_gradients: Any, guided: int, blurred: int
) -> None:
    case, guidance = similarity_gradients, "modules" if guided else "none"
    assert case.models()
    for model in case.models():
        pair: Pair = case.pair(model)
        prefix = f"{model}/g{guided}b{blurred}"
        settings = GradientSettings(guidance=guidance, blurs=bool(blurred))
        assert_maps(case, prefix, "saliency", multiply_gradients(pair, settings))
        noise = case.tensor("smooth_noise")
        noisy = [view + noise for view in pair.views]
        slopes = [
            slope.mean(0, keepdim=True)
            for slope in differentiate(pair.model, noisy[0], noisy[1], guidance=guidance)
        ]
        smooth = to_findings(pair, pair.views, (slopes[0], slopes[1]), blurs=bool(blurred))
        assert_maps(case, prefix, "smooth", smooth)
        for name, mixed in (("avg", "mixed_plain"), ("avgnoise", "mixed_noise")):
            way = case.tensor(mixed)
            found = average_gradients(pair.model, way, guidance=guidance, batch_size=4)
            averaged = to_findings(pair, (way[:1], way[-1:]), found, blurs=bool(blurred))
            assert_maps(case, prefix, name, averaged)


def test_the_way_and_the_noise_are_the_published_ones(similarity_gradients: Any) -> None:
    case = similarity_gradients
    shares = find_shares(0.1, reaches_end=False)
    np.testing.assert_allclose(shares, case["lambdas"], atol=1e-9)
    plain = case.tensor("mixed_plain")
    last = (plain[-1:] - shares[-1] * plain[:1]) / (1 - shares[-1])
    torch.testing.assert_close(mix_pictures(plain[:1], last, shares), plain, atol=1e-6, rtol=0)
    spans = [find_sigma(first, 0.15, divides=True) for first in (plain[:1], case.tensor("x1"))]
    assert any(abs(span - float(case["sigma"])) < 1e-6 for span in spans)
