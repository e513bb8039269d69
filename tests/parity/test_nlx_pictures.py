"""Patches and concepts against the published networks (goldens clip_grid and concept_head)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from seewhy.encoders.huggingface import wrap_hugging_face
from seewhy.encoders.openai_weights import convert_openai_clip
from seewhy.rationales.concept_head import ConceptHead, ConceptWords
from seewhy.rationales.official import OFFICIAL_PREPROCESSING
from seewhy.rationales.vision import PatchReader, PatchSettings


def make_text_side(dim: int) -> dict[str, torch.Tensor]:
    """The smallest text tower, which a whole CLIP must have."""
    width = 4
    shapes = {
        "token_embedding.weight": (3, width),
        "positional_embedding": (2, width),
        "text_projection": (width, dim),
        "ln_final.weight": (width,),
        "ln_final.bias": (width,),
        "logit_scale": (),
    }
    block = "transformer.resblocks.0."
    shapes |= {
        f"{block}attn.in_proj_weight": (3 * width, width),
        f"{block}attn.in_proj_bias": (3 * width,),
        f"{block}attn.out_proj.weight": (width, width),
        f"{block}attn.out_proj.bias": (width,),
        f"{block}ln_1.weight": (width,),
        f"{block}ln_1.bias": (width,),
        f"{block}ln_2.weight": (width,),
        f"{block}ln_2.bias": (width,),
        f"{block}mlp.c_fc.weight": (4 * width, width),
        f"{block}mlp.c_fc.bias": (4 * width,),
        f"{block}mlp.c_proj.weight": (width, 4 * width),
        f"{block}mlp.c_proj.bias": (width,),
    }
    return {name: torch.zeros(shape) for name, shape in shapes.items()}


def test_patches_are_the_published_ones(nlx_clip_grid: dict[str, Any]) -> None:
    config = json.loads(str(nlx_clip_grid["config_json"]))
    weights = {
        name.removeprefix("sd/"): torch.from_numpy(value)
        for name, value in nlx_clip_grid.items()
        if name.startswith("sd/")
    }
    text = make_text_side(config["output_dim"])
    clip = convert_openai_clip(weights | text, vision_heads=config["heads"], text_heads=1)
    size = config["input_resolution"]
    preprocessing = replace(OFFICIAL_PREPROCESSING, size=(size, size))
    encoder = wrap_hugging_face(clip, name="golden", preprocessing=preprocessing)
    reader = PatchReader(PatchSettings(encoder="golden", norm="own"), encoder)
    patches, grid = reader.encode(torch.from_numpy(nlx_clip_grid["pixels"]))
    assert grid == (size // config["patch_size"],) * 2
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
