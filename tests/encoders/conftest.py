"""What tests of encoders share: no network, a cache of their own, a tiny CLIP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SEEWHY_NO_CACHE", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def pictures() -> list[Image.Image]:
    random = np.random.default_rng(0)
    sizes = [(40, 57), (61, 33), (32, 32)]
    return [Image.fromarray(random.integers(0, 256, (*size, 3), dtype=np.uint8)) for size in sizes]


@pytest.fixture(scope="session")
def tiny_clip() -> Any:
    """A transformers CLIPModel with random weights: 32 pixels, 16 patches, 3 blocks."""
    from transformers import CLIPConfig, CLIPModel

    side = {"hidden_size": 24, "intermediate_size": 48, "num_attention_heads": 2}
    config = CLIPConfig(
        vision_config={**side, "image_size": 32, "patch_size": 8, "num_hidden_layers": 3},
        text_config={
            **side,
            "num_hidden_layers": 2,
            "vocab_size": 12,
            "max_position_embeddings": 8,
            "eos_token_id": 1,
            "bos_token_id": 0,
            "pad_token_id": 1,
        },
        projection_dim=10,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = CLIPModel(config).eval()
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):  # zeros would hide a bias that should not be there
                torch.nn.init.normal_(parameter)
    return model


@pytest.fixture(scope="session")
def word_tokenizer() -> Any:
    """A transformers tokenizer of nine words."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["<start>", "<end>", "<unknown>", *"a red cat dog sits on the mat".split()]
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, "<unknown>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 0), ("<end>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<end>", eos_token="<end>", unk_token="<unknown>"
    )
