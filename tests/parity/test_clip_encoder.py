"""A tiny CLIP under OpenAI's names against the numbers of OpenAI's own code."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from seewhy.encoders.base import TorchDualEncoder
from seewhy.encoders.huggingface import wrap_hugging_face
from seewhy.encoders.openai_weights import convert_openai_clip
from seewhy.encoders.preprocessing import Preprocessing

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDENS = Path(os.environ.get("SEEWHY_GOLDENS", REPOSITORY.parent / "shared" / "goldens"))
CASES = sorted((GOLDENS / "concepts").glob("*_e2e.npz"))
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)

if not CASES:
    pytest.skip(f"no *_e2e goldens in {GOLDENS} (set SEEWHY_GOLDENS)", allow_module_level=True)


@dataclass(frozen=True)
class Case:
    encoder: TorchDualEncoder
    arrays: dict[str, np.ndarray]
    described: dict[str, Any]


class NumberedTexts:
    """Stands for a tokenizer: looks the token numbers of a text up in the golden."""

    def __init__(self, numbers: dict[str, np.ndarray]) -> None:
        self.numbers = numbers

    def __call__(self, texts: list[str], **_: Any) -> dict[str, torch.Tensor]:
        return {"input_ids": torch.from_numpy(np.stack([self.numbers[text] for text in texts]))}

    init_kwargs: dict[str, Any] = {}  # noqa: RUF012

    def get_vocab(self) -> dict[str, int]:
        return {text: int(row.sum()) for text, row in self.numbers.items()}


def number_texts(arrays: dict[str, np.ndarray], described: dict[str, Any]) -> NumberedTexts:
    raw, prompted = described["descriptors"], described["descriptor_template"]
    numbers = dict(zip(raw, arrays["raw_descriptor_token_ids"], strict=True))
    prompts = [prompted.format(text) for text in raw]
    numbers |= dict(zip(prompts, arrays["descriptor_token_ids"], strict=True))
    for template, rows in zip(described["templates"], arrays["class_token_ids"], strict=True):
        names = [template.format(name) for name in described["class_names"]]
        numbers |= dict(zip(names, rows, strict=True))
    return NumberedTexts(numbers)


@pytest.fixture(scope="module", params=CASES, ids=lambda path: path.stem)
def case(request: pytest.FixtureRequest) -> Case:
    arrays = dict(np.load(request.param))
    described = json.loads(request.param.with_suffix(".json").read_text(encoding="utf-8"))
    weights = np.load(request.param.with_name(f"{request.param.stem}_weights.npz"))
    config = described["config"]
    size = config["image_resolution"]
    model = convert_openai_clip(
        {name: torch.from_numpy(weights[name]) for name in weights},
        vision_heads=config["vision_heads"],
        text_heads=config["transformer_heads"],
        activation=config["activation"],
    )
    encoder = wrap_hugging_face(
        model,
        name=request.param.stem,
        preprocessing=Preprocessing(size=(size, size), mean=MEAN, std=STD),
        tokenizer=number_texts(arrays, described),
    )
    assert isinstance(encoder, TorchDualEncoder)
    return Case(encoder, arrays, described)


def assert_near(found: torch.Tensor, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-5, rtol=0)


def test_pixels_are_those_of_the_published_transform(case: Case) -> None:
    pictures = [Image.fromarray(array) for array in case.arrays["images_uint8"]]
    assert_near(case.encoder.preprocess(pictures), case.arrays["pixel_values"])


@pytest.mark.parametrize("kind", ["tokens", "keys"])
def test_features_are_those_of_the_last_block(case: Case, kind: Any) -> None:
    pixels = torch.from_numpy(case.arrays["pixel_values"])
    embedding, features = case.encoder.encode_with_features(pixels, kind=kind)
    assert_near(features.values, case.arrays[kind][:, 1:])
    assert_near(F.normalize(embedding, dim=1), case.arrays["image_embeddings"])
    assert features.grid[0] * features.grid[1] == features.values.shape[1]


def test_descriptors_become_the_published_rows(case: Case) -> None:
    prompt = case.described["descriptor_template"]
    texts = [prompt.format(text) for text in case.described["descriptors"]]
    assert_near(case.encoder.encode_texts(texts, cache=False), case.arrays["descriptor_weights"])


def test_classes_become_the_published_rows(case: Case) -> None:
    rows = [
        case.encoder.encode_texts(
            [template.format(name) for name in case.described["class_names"]], cache=False
        )
        for template in case.described["templates"]
    ]
    mean = torch.stack(rows).mean(dim=0)
    assert_near(F.normalize(mean, dim=-1), case.arrays["class_weights"])


def test_pictures_find_the_published_classes(case: Case) -> None:
    pictures = [Image.fromarray(array) for array in case.arrays["images_uint8"]]
    cosines = (
        case.encoder.encode_images(pictures) @ torch.from_numpy(case.arrays["class_weights"]).T
    )
    assert_near(cosines, case.arrays["zero_shot_logits"])
    assert (cosines.argmax(dim=1).numpy() == case.arrays["predictions"]).all()


def test_changing_one_weight_changes_the_features(case: Case) -> None:
    pixels = torch.from_numpy(case.arrays["pixel_values"])
    weight = case.encoder.module.get_parameter("vision_model.encoder.layers.0.mlp.fc1.weight")
    with torch.no_grad():
        before = weight[0, 0].clone()
        try:
            weight[0, 0] += 1
            changed = case.encoder.features(pixels).values
        finally:
            weight[0, 0] = before
    assert np.abs(changed.numpy() - case.arrays["tokens"][:, 1:]).max() > 1e-3
