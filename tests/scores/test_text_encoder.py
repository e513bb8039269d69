"""Text encoders: sentence vectors, long texts, and what cannot be loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from seewhy.errors import MetricUnavailableError, MissingFileError
from seewhy.scores.text_encoder import TextEncoder


@pytest.fixture(scope="module")
def encoder(bert_folder: Path) -> TextEncoder:
    return TextEncoder.from_pretrained(bert_folder)


def test_a_sentence_is_the_mean_of_its_tokens_of_unit_length(encoder: TextEncoder) -> None:
    texts = ["a dog", "two cats sleep on a sofa", "a dog"]
    found = encoder.encode_texts(texts, batch_size=2)
    for row, text in enumerate(texts):
        given = encoder.tokenizer([text], return_tensors="pt")
        with torch.no_grad():
            mean = encoder.module(**given).last_hidden_state[0].mean(0)
        torch.testing.assert_close(found[row], mean / mean.norm(), atol=1e-6, rtol=0)
    assert encoder.encode_texts([]).shape == (0, 32)


def test_long_texts_are_cut_where_the_tokenizer_ends(encoder: TextEncoder) -> None:
    assert encoder.max_tokens == 32
    assert len(encoder.tokenize(["dog " * 100])[0]) == 32
    found = encoder.encode_texts(["dog " * 100, "dog " * 30])
    torch.testing.assert_close(found[0], found[1])


def test_an_encoder_is_left_as_it_was_loaded(encoder: TextEncoder) -> None:
    assert not encoder.module.training
    assert not any(weight.requires_grad for weight in encoder.module.parameters())


def test_what_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingFileError, match="nowhere"):
        TextEncoder.from_pretrained(tmp_path / "nowhere")
    with pytest.raises(MissingFileError, match="nowhere"):
        TextEncoder.from_pretrained("./nowhere")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(MetricUnavailableError, match=r"nobody/no-model.*Name a folder"):
        TextEncoder.from_pretrained("nobody/no-model")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(MetricUnavailableError, match="cannot be loaded"):
        TextEncoder.from_pretrained(tmp_path)


def test_weights_that_are_missing_are_not_drawn_at_random(
    bert_folder: Path, tmp_path: Path
) -> None:
    for file in bert_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    kept = {name: values for name, values in weights.items() if "layer.1." not in name}
    save_file(kept, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(MetricUnavailableError, match="no weights for 16 parts"):
        TextEncoder.from_pretrained(tmp_path)
