"""Conditional and context-agnostic occlusion against the published code."""

from __future__ import annotations

from typing import Any

import numpy as np

from seewhy.similarity.occlusion import OcclusionSettings, occlude, occlude_context_agnostic

RAW, SCALED = 1e-5, 1e-4  # scaled maps divide by drops of a few hundredths


def test_every_map_is_the_published_one(similarity_occlusion: Any) -> None:
    case = similarity_occlusion
    runs = [name for name in case.arrays if name.startswith("params")]
    assert runs
    assert case.models()
    for model in case.models():
        pair = case.pair(model)
        for run in runs:
            window, stride = map(int, case[run])
            settings = OcclusionSettings(
                window=window, stride=stride, fill=0.0, reaches_edges=False
            )
            prefix = f"{model}/{run.removeprefix('params')}"
            conditional = occlude(pair, settings).maps
            alone = occlude_context_agnostic(pair, settings).maps
            for view in (0, 1):
                values = conditional[view].values
                np.testing.assert_allclose(
                    values, case[f"{prefix}/cond_raw{view + 1}"], rtol=0, atol=RAW
                )
                for found, name in ((conditional, "cond_norm"), (alone, "ctx_agnostic")):
                    np.testing.assert_allclose(
                        found[view].published, case[f"{prefix}/{name}{view + 1}"], atol=SCALED
                    )
