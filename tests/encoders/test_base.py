from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from seewhy.encoders.base import TorchDualEncoder, split_batches
from seewhy.encoders.huggingface import wrap_hugging_face
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.encoders.protocols import DualEncoder, ImageEncoder
from seewhy.errors import ImageReadError, InvalidArgumentError, ShapeError

PLAIN = Preprocessing(size=(32, 32), mean=(0.5, 0.5, 0.5), std=(0.3, 0.3, 0.3))
TEXTS = ["a red cat", "the dog sits on the mat", "a red cat", "a dog"]


@pytest.fixture
def encoder(tiny_clip: Any, word_tokenizer: Any) -> TorchDualEncoder:
    found = wrap_hugging_face(tiny_clip, name="tiny", preprocessing=PLAIN, tokenizer=word_tokenizer)
    assert isinstance(found, TorchDualEncoder)
    return found


@pytest.fixture
def counted(encoder: TorchDualEncoder, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the batches of texts that are really encoded."""
    batches: list[int] = []
    embed = encoder._embed_texts

    def count(texts: list[str]) -> torch.Tensor:
        batches.append(len(texts))
        return embed(texts)

    monkeypatch.setattr(encoder, "_embed_texts", count)
    return batches


def test_it_is_what_the_protocols_ask_for(encoder: TorchDualEncoder) -> None:
    assert isinstance(encoder, ImageEncoder)
    assert isinstance(encoder, DualEncoder)


@pytest.mark.parametrize("batch_size", [1, 2, 32])
def test_images_are_the_models_own_embeddings_of_unit_length(
    encoder: TorchDualEncoder, pictures: list[Image.Image], batch_size: int
) -> None:
    found = encoder.encode_images((p for p in pictures), batch_size=batch_size)
    pixels = torch.cat([encoder.preprocess(picture) for picture in pictures])
    expected = encoder.module.get_image_features(pixels).pooler_output  # type: ignore[operator]
    torch.testing.assert_close(found, F.normalize(expected, dim=1), atol=1e-6, rtol=0)
    assert not found.requires_grad


def test_no_images_give_no_rows(encoder: TorchDualEncoder) -> None:
    assert encoder.encode_images([]).shape == (0, 10)


def test_pictures_are_read_one_batch_at_a_time(encoder: TorchDualEncoder, tmp_path: Path) -> None:
    read: list[int] = []

    def stream():
        for number in range(5):
            read.append(number)
            yield Image.new("RGB", (32, 32)) if number < 4 else tmp_path / "missing.png"

    with pytest.raises(Exception, match=r"missing\.png"):
        encoder.encode_images(stream(), batch_size=2)
    assert read == [0, 1, 2, 3, 4]


def test_a_bad_picture_is_named(encoder: TorchDualEncoder, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    with pytest.raises(ImageReadError, match=r"bad\.jpg"):
        encoder.encode_images([tmp_path / "bad.jpg"])


def test_the_model_is_in_evaluation_mode_while_it_works_and_as_before_afterwards(
    encoder: TorchDualEncoder, pictures: list[Image.Image]
) -> None:
    module = encoder.module
    attention = module.get_submodule("vision_model.encoder.layers.0.self_attn")
    expected = encoder.encode_images(pictures)
    attention.dropout = 0.9  # type: ignore[assignment]
    module.train()
    module.get_submodule("text_model").eval()
    try:
        before = {name: part.training for name, part in module.named_modules()}
        torch.testing.assert_close(encoder.encode_images(pictures), expected)
        assert {name: part.training for name, part in module.named_modules()} == before
        with pytest.raises(ShapeError):
            encoder.encode_pixels(torch.zeros(3, 32, 32))
        with pytest.raises(ValueError, match="image size"):
            encoder.encode_pixels(torch.zeros(1, 3, 16, 16))
        assert {name: part.training for name, part in module.named_modules()} == before
    finally:
        attention.dropout = 0.0  # type: ignore[assignment]
        module.eval()


def test_gradients_flow_from_an_embedding_to_the_pixels(encoder: TorchDualEncoder) -> None:
    pixels = torch.randn(1, 3, 32, 32, requires_grad=True)
    encoder.encode_pixels(pixels)[0, 0].backward()
    assert pixels.grad is not None
    assert pixels.grad.abs().sum() > 0


def test_texts_are_the_models_own_embeddings_in_order(
    encoder: TorchDualEncoder, word_tokenizer: Any
) -> None:
    rows = []
    for text in TEXTS:  # one at a time, so that no padding takes part
        inputs = word_tokenizer([text], return_tensors="pt")
        row = encoder.module.get_text_features(  # type: ignore[operator]
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]
        )
        rows.append(F.normalize(row.pooler_output[0], dim=0))
    for _ in range(2):  # encoded, then out of the cache
        found = encoder.encode_texts(TEXTS, batch_size=2)
        torch.testing.assert_close(found, torch.stack(rows), atol=1e-5, rtol=0)


def test_each_text_is_encoded_once(encoder: TorchDualEncoder, counted: list[int]) -> None:
    first = encoder.encode_texts(TEXTS, batch_size=2)
    assert counted == [2, 1]
    assert torch.equal(encoder.encode_texts(TEXTS), first)
    assert counted == [2, 1]
    encoder.encode_texts(["a dog", "the mat"])
    assert counted == [2, 1, 1]


def test_texts_of_like_length_are_encoded_together(
    encoder: TorchDualEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[list[str]] = []

    def embed(texts: list[str]) -> torch.Tensor:
        batches.append(texts)
        return torch.tensor([[float(len(text))] for text in texts])

    monkeypatch.setattr(encoder, "_embed_texts", embed)
    texts = ["a dog on the mat", "a", "a red cat", "the dog"]
    found = encoder.encode_texts(texts, batch_size=2, cache=False)
    assert batches == [["a", "the dog"], ["a red cat", "a dog on the mat"]]
    assert found[:, 0].tolist() == [len(text) for text in texts]


def test_changing_one_weight_of_the_text_side_is_a_miss(
    encoder: TorchDualEncoder, counted: list[int]
) -> None:
    before = encoder.encode_texts(TEXTS)
    weight = encoder.module.get_parameter("text_model.encoder.layers.0.mlp.fc1.weight")
    kept = weight.data.clone()
    try:
        weight.data[0, 0] += 1
        assert not torch.equal(encoder.encode_texts(TEXTS), before)
        assert len(counted) == 2
    finally:
        weight.data.copy_(kept)
    assert torch.equal(encoder.encode_texts(TEXTS), before)
    assert len(counted) == 2


def test_changing_the_image_side_is_no_miss(encoder: TorchDualEncoder, counted: list[int]) -> None:
    encoder.encode_texts(TEXTS)
    weight = encoder.module.get_parameter("visual_projection.weight")
    kept, digest = weight.data.clone(), encoder.digest
    try:
        weight.data[0, 0] += 1
        encoder.encode_texts(TEXTS)
        assert encoder.digest != digest
        assert len(counted) == 1
    finally:
        weight.data.copy_(kept)


def test_another_tokenizer_is_a_miss(
    tiny_clip: Any, word_tokenizer: Any, encoder: TorchDualEncoder
) -> None:
    from tokenizers import normalizers

    changed = word_tokenizer.__class__(tokenizer_object=word_tokenizer.backend_tokenizer)
    changed.backend_tokenizer.normalizer = normalizers.Lowercase()
    try:
        other = wrap_hugging_face(tiny_clip, name="tiny", preprocessing=PLAIN, tokenizer=changed)
        assert isinstance(other, TorchDualEncoder)
        assert other.text_digest != encoder.text_digest
    finally:
        changed.backend_tokenizer.normalizer = None


@pytest.mark.parametrize("way", ["argument", "variable"])
def test_the_cache_can_be_left_alone(
    encoder: TorchDualEncoder,
    counted: list[int],
    cache_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    if way == "variable":
        monkeypatch.setenv("SEEWHY_NO_CACHE", "1")
    for _ in range(2):
        encoder.encode_texts(TEXTS, cache=way == "variable")
    assert len(counted) == 2
    assert not cache_folder.exists()


def test_what_is_done_is_kept_when_the_rest_fails(
    encoder: TorchDualEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = encoder._embed_texts

    def fail_late(texts: list[str]) -> torch.Tensor:
        if "the mat" in texts:
            raise KeyboardInterrupt
        return embed(texts)

    monkeypatch.setattr(encoder, "_embed_texts", fail_late)
    with pytest.raises(KeyboardInterrupt):
        encoder.encode_texts(["a cat", "the mat"], batch_size=1)
    monkeypatch.setattr(encoder, "_embed_texts", None)  # nobody may call it
    assert encoder.encode_texts(["a cat"]).shape == (1, 10)


def test_a_damaged_cache_is_written_anew(
    encoder: TorchDualEncoder, cache_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    expected = encoder.encode_texts(TEXTS)
    for path in cache_folder.rglob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:-5])
    with caplog.at_level(logging.WARNING):
        assert torch.equal(encoder.encode_texts(TEXTS), expected)
    assert "damaged" in caplog.text
    caplog.clear()
    encoder.encode_texts(TEXTS)
    assert not caplog.text


def test_no_texts_give_no_rows_and_one_text_alone_is_refused(encoder: TorchDualEncoder) -> None:
    assert encoder.encode_texts([]).shape == (0, 10)
    with pytest.raises(InvalidArgumentError, match="a list of texts"):
        encoder.encode_texts("a cat")


def test_texts_longer_than_the_context_are_cut(encoder: TorchDualEncoder) -> None:
    assert encoder.encode_texts(["a cat " * 50]).shape == (1, 10)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 1, 32, 32), (1, 32, 32, 3)])
def test_pixels_of_another_shape_are_refused(
    encoder: TorchDualEncoder, shape: tuple[int, ...]
) -> None:
    with pytest.raises(ShapeError, match="pixels must be"):
        encoder.encode_pixels(torch.zeros(shape))


def test_pixels_take_the_precision_of_the_model(encoder: TorchDualEncoder) -> None:
    pixels = np.zeros((1, 3, 32, 32))
    assert encoder.encode_pixels(torch.from_numpy(pixels)).dtype == torch.float32


def test_batches_hold_everything_in_order() -> None:
    assert list(split_batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    with pytest.raises(InvalidArgumentError, match="at least 1, got 0"):
        list(split_batches(range(5), 0))
