"""The authors' checkpoints, as folders written in exactly their layout, at small sizes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.huggingface import wrap_hugging_face
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.errors import (
    DataFormatError,
    InvalidArgumentError,
    MissingFileError,
    SeewhyError,
    WeightsError,
)
from seewhy.rationales.catalogue import load_rationale_model
from seewhy.rationales.concept_head import ConceptHead
from seewhy.rationales.decoder import TextBatch
from seewhy.rationales.official import OFFICIAL_PREPROCESSING, load_official
from seewhy.rationales.tokens import RationaleTokenizer

WIDTH = 32
NLX = ["<pad>", "<question>", "<answer>", "<explanation>"]
VARIANTS: dict[str, tuple[list[str], int | None, tuple[str, ...]]] = {
    "vqa": (NLX, 40, ("vqa-x", "e-snli-ve")),
    "act": (["<pad>", "<answer>", "<explanation>"], 30, ("act-x",)),
    "act_pretrained": (NLX, 30, ("act-x",)),
    "concepts": (["<pad>"], None, ("e-snli-ve-concepts",)),
    "vcr": (
        ["<pad>", "<objects>", "<question>", "<answer>", "<explanation>", "<noobject>"],
        80,
        ("vcr",),
    ),
    "captions": (NLX, 70, ("captions",)),
    "uni": (
        NLX,
        125,
        ("vqa-x", "vqa-parax", "a-okvqa", "imagenet-x", "act-x", "e-snli-ve", "vcr"),
    ),
}


@pytest.fixture(scope="module")
def clip() -> TorchImageEncoder:
    """A CLIP of 2 x 2 patches with random weights."""
    from transformers import CLIPConfig, CLIPModel

    side = {"hidden_size": WIDTH, "intermediate_size": 64, "num_hidden_layers": 2}
    side["num_attention_heads"] = 2
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = CLIPConfig(
            vision_config={**side, "image_size": 224, "patch_size": 112, "projection_dim": 8},
            text_config={**side, "vocab_size": 20, "projection_dim": 8},
            projection_dim=8,
        )
        model = CLIPModel(config).eval()
    wanted = Preprocessing(size=(224, 224), mean=(0.4,) * 3, std=(0.2,) * 3)
    return wrap_hugging_face(model, name="tiny clip", preprocessing=wanted)


@pytest.fixture(scope="module")
def plain_vocabulary(small_tokenizer: RationaleTokenizer) -> tuple[dict[str, int], list[Any]]:
    """Vocabulary and merges as GPT-2's files hold them, the end token last as there."""
    content = json.loads(small_tokenizer.tokenizer.to_str())["model"]
    special = {"<|endoftext|>", *NLX, "<objects>", "<noobject>"}
    tokens = [token for token in content["vocab"] if token not in special]
    return {token: n for n, token in enumerate([*tokens, "<|endoftext|>"])}, content["merges"]


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, plain_vocabulary: Any, decoders: Any) -> Write:
    """Writes a checkpoint of a variant, with its tokenizer beside it."""
    vocabulary, merges = plain_vocabulary

    def write_variant(variant: str, *, masks: torch.dtype = torch.uint8, **changes: Any) -> Path:
        added, length, _ = VARIANTS[variant]
        beside = tmp_path / f"{'unified_' if variant == 'uni' else ''}nle_gpt2_tokenizer_0"
        folder = tmp_path / f"{'unified_' if variant == 'uni' else ''}nle_model_11"
        for path in (beside, folder):
            path.mkdir()
        (beside / "vocab.json").write_text(json.dumps(vocabulary))
        lines = [" ".join(pair) if isinstance(pair, list) else pair for pair in merges]
        (beside / "merges.txt").write_text("\n".join(["#version: 0.2", *lines, ""]))
        numbers = {token: len(vocabulary) + n for n, token in enumerate(added)}
        (beside / "added_tokens.json").write_text(json.dumps(numbers))
        (beside / "special_tokens_map.json").write_text("{}")
        words = len(vocabulary) + len(added)
        decoder = decoders(words, has_boxes=variant == "vcr")
        weights = {}
        for name, value in decoder.state_dict().items():
            is_box = name.startswith("box_embed")
            weights[f"transformer.{name}" if is_box else name.removeprefix("language.")] = value
        for block in range(2):
            for part in ("attn", "crossattention"):
                place = f"transformer.h.{block}.{part}"
                weights[f"{place}.bias"] = torch.ones(1, 1, 160, 160).tril().to(masks)
                weights[f"{place}.masked_bias"] = torch.tensor(-1e4)
        torch.save(weights, folder / "pytorch_model.bin")
        config = {
            "model_type": "gpt2",
            "architectures": ["GPT2LMHeadModel"],
            "_name_or_path": "distilgpt2",
            "add_cross_attention": True,
            "vocab_size": words,
            "n_embd": WIDTH,
            "n_layer": 2,
            "n_head": 4,
            "n_positions": 160,
            "n_inner": None,
            "layer_norm_epsilon": 1e-5,
            "activation_function": "gelu_new",
            "img_size": 224,
        }
        if length is not None:
            config["max_seq_len"] = length
        (folder / "config.json").write_text(json.dumps(config | changes))
        return folder

    return write_variant


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("masks", [torch.uint8, torch.bool])
def test_every_variant_is_read_and_known(
    write: Write, clip: TorchImageEncoder, decoders: Any, variant: str, masks: torch.dtype
) -> None:
    model = load_rationale_model(write(variant, masks=masks), encoder=clip)
    added, _, tasks = VARIANTS[variant]
    assert model.config.tasks == tasks
    assert model.config.is_unified == (variant == "uni")
    assert model.decoder.config.has_boxes == (variant == "vcr")
    assert model.reader.preprocessing == OFFICIAL_PREPROCESSING
    for place, token in enumerate(added):
        assert model.tokenizer.need(token) == len(model.tokenizer) - len(added) + place
    assert model.tokenizer.end == len(model.tokenizer) - len(added) - 1
    batch, picture = TextBatch(torch.tensor([[4, 5, 6]])), torch.ones(1, 3, WIDTH)
    expected = decoders(len(model.tokenizer), has_boxes=variant == "vcr")(batch, picture)
    torch.testing.assert_close(model.decoder(batch, picture), expected)


def test_a_converted_checkpoint_answers_alike(
    write: Write, clip: TorchImageEncoder, pictures: Any, tmp_path: Path
) -> None:
    model = load_official(write("vqa"), encoder=clip, compat="published")
    model.save_pretrained(tmp_path / "ours")
    assert {path.suffix for path in (tmp_path / "ours").iterdir()} == {".json", ".safetensors"}
    again = load_rationale_model(tmp_path / "ours", encoder=clip)
    assert again.config == model.config
    one = model.answer(pictures[0], "is it a dog?")
    other = again.answer(pictures[0], "is it a dog?")
    assert [token.id for token in one.tokens] == [token.id for token in other.tokens]


def test_patches_are_clips_behind_its_last_norm(
    write: Write, clip: TorchImageEncoder, pictures: Any
) -> None:
    reader = load_official(write("vqa"), encoder=clip).reader
    found, grid = reader.read([reader.fit(picture) for picture in pictures[:2]])
    pixels = torch.stack(
        [
            torch.from_numpy(np.array(picture.resize((224, 224), 2))).float() / 255
            for picture in pictures[:2]
        ]
    )
    mean, std = torch.tensor((0.485, 0.456, 0.406)), torch.tensor((0.229, 0.224, 0.225))
    vision = clip.module.vision_model
    with torch.no_grad():
        hidden = vision(((pixels - mean) / std).permute(0, 3, 1, 2)).last_hidden_state
        expected = vision.post_layernorm(hidden[:, 1:])
    assert grid == (2, 2)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_concepts_come_from_the_concept_head(
    write: Write, clip: TorchImageEncoder, pictures: Any, tmp_path: Path
) -> None:
    words = {"red_dog": 1, "cat": 0, "mat": 2}
    torch.save({"model": ConceptHead(WIDTH, 3).state_dict(), "epoch": 12}, tmp_path / "probe.tar")
    (tmp_path / "words.json").write_text(json.dumps(words))
    folder = write("concepts")
    model = load_official(
        folder, encoder=clip, concept_head=tmp_path / "probe.tar", concepts=tmp_path / "words.json"
    )
    assert model.concept_words is not None
    assert model.concept_words.words == ("cat", "red_dog", "mat")
    one = model.answer(pictures[0], "a dog sleeps")
    again = model.answer(pictures[0], "a dog sleeps")
    assert one.full == again.full, "dropout is off"
    model.save_pretrained(tmp_path / "ours")
    kept = load_rationale_model(tmp_path / "ours", encoder=clip)
    assert kept.answer(pictures[0], "a dog sleeps").full == one.full
    bare = load_official(folder, encoder=clip)
    with pytest.raises(WeightsError, match="no concept head"):
        bare.answer(pictures[0], "a dog sleeps")


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"add_cross_attention": False}, WeightsError, "cannot look at pictures"),
        ({"activation_function": "relu"}, WeightsError, "activation_function='relu'"),
        ({"n_layer": 3}, WeightsError, "do not fit config.json"),
        ({"vocab_size": 7}, WeightsError, "do not fit config.json"),
        ({"n_head": None}, SeewhyError, "describes no GPT-2"),
        ({"max_seq_len": 41}, InvalidArgumentError, "41, which tells no task"),
        ({"model_type": "bert"}, WeightsError, "of the kind 'bert'"),
    ],
)
def test_another_kind_of_checkpoint_is_an_error(
    write: Write,
    clip: TorchImageEncoder,
    changes: dict[str, Any],
    kind: type[SeewhyError],
    said: str,
) -> None:
    folder = write("vqa", **changes)
    with pytest.raises(kind, match=said):
        load_rationale_model(folder, encoder=clip)


def test_a_head_of_its_own_is_an_error(write: Write, clip: TorchImageEncoder) -> None:
    folder = write("vqa")
    weights = torch.load(folder / "pytorch_model.bin", weights_only=True)
    weights["lm_head.weight"] = weights["lm_head.weight"] + 1
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(WeightsError, match="head differs from the word table"):
        load_official(folder, encoder=clip)


def test_a_tokenizer_that_does_not_fit_is_an_error(write: Write, clip: TorchImageEncoder) -> None:
    folder = write("vqa")
    beside = folder.parent / "nle_gpt2_tokenizer_0"
    added = json.loads((beside / "added_tokens.json").read_text())
    del added["<explanation>"]
    (beside / "added_tokens.json").write_text(json.dumps(added))
    with pytest.raises(WeightsError, match="tokens and the decoder"):
        load_official(folder, encoder=clip)
    (beside / "added_tokens.json").write_text(json.dumps({"<pad>": 7}))
    with pytest.raises(DataFormatError, match="gives '<pad>' the number 7"):
        load_official(folder, encoder=clip)


def test_a_missing_tokenizer_is_an_error(write: Write, clip: TorchImageEncoder) -> None:
    folder = write("vqa")
    (folder.parent / "nle_gpt2_tokenizer_0").rename(folder.parent / "words")
    with pytest.raises(MissingFileError, match="there are: none"):
        load_official(folder, encoder=clip)
    model = load_official(folder, encoder=clip, tokenizer=folder.parent / "words")
    assert len(model.tokenizer) == model.decoder.config.vocabulary


def test_weights_that_would_run_code_are_refused(write: Write, clip: TorchImageEncoder) -> None:
    folder = write("vqa")
    torch.save({"a": Path("x")}, folder / "pytorch_model.bin")
    with pytest.raises(WeightsError, match="could run code"):
        load_official(folder, encoder=clip)
