"""Patches and concepts against the published networks (goldens clip_grid and concept_head)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch

from seewhy.rationales.concept_head import ConceptHead, ConceptWords
from seewhy.rationales.official import read_clip_image_side
from seewhy.rationales.vision import encode_patches


def test_patches_are_the_published_ones(nlx_clip_grid: dict[str, Any]) -> None:
    config = json.loads(str(nlx_clip_grid["config_json"]))
    weights = {
        name.removeprefix("sd/"): torch.from_numpy(value)
        for name, value in nlx_clip_grid.items()
        if name.startswith("sd/")
    }
    side = read_clip_image_side(weights, heads=config["heads"])
    patches = encode_patches(side, torch.from_numpy(nlx_clip_grid["pixels"]))
    np.testing.assert_allclose(patches.numpy(), nlx_clip_grid["grid_feats"], atol=1e-4)


def test_concepts_are_the_published_ones(nlx_concept_head: dict[str, Any]) -> None:
    config = json.loads(str(nlx_concept_head["config_json"]))
    head = ConceptHead(config["dim"], config["vocab_size"], dropout=config["drop"]).eval()
    head.load_state_dict(
        {
            name.removeprefix("sd/"): torch.from_numpy(value)
            for name, value in nlx_concept_head.items()
            if name.startswith("sd/")
        }
    )
    features = torch.from_numpy(nlx_concept_head["features"])
    with torch.no_grad():
        logits = head(features)
    np.testing.assert_allclose(logits.numpy(), nlx_concept_head["logits"], atol=1e-4)
    np.testing.assert_allclose(logits.sigmoid().numpy(), nlx_concept_head["probs"], atol=1e-5)
    words = tuple(str(number) for number in range(config["vocab_size"]))
    count = nlx_concept_head["top20"].shape[1]
    found = ConceptWords(head, words).find(features, count=count)
    assert [[int(word) for word in row] for row in found] == nlx_concept_head["top20"].tolist()
