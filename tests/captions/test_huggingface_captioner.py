"""Hugging Face's captioners, tiny and random, against their own ``generate`` on one picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seewhy.captions.beam_search import BeamSettings
from seewhy.captions.captioner import Captioner
from seewhy.captions.catalogue import load_captioner
from seewhy.errors import EncoderError, ImageReadError, MissingFileError, WeightsError

WORDS = "a red blue cat dog sleeps runs on the grass".split()
PICTURES = [
    Image.fromarray(np.random.default_rng(n).integers(0, 255, (20, 24, 3), dtype=np.uint8))
    for n in range(3)
]


def save_tokenizer(folder: Path) -> int:
    from transformers import BertTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    (folder / "vocab.txt").write_text("\n".join([*special, *WORDS]), encoding="utf-8")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return len(special) + len(WORDS)


def build_vit_decoder(words: int) -> object:
    from transformers import (
        BertConfig,
        BertLMHeadModel,
        VisionEncoderDecoderModel,
        ViTConfig,
        ViTModel,
    )

    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = ViTConfig(image_size=16, patch_size=8, intermediate_size=16, **sizes)
    text = BertConfig(
        vocab_size=words,
        is_decoder=True,
        add_cross_attention=True,
        intermediate_size=16,
        **sizes,
    )
    model = VisionEncoderDecoderModel(encoder=ViTModel(vision), decoder=BertLMHeadModel(text))
    model.config.decoder_start_token_id = model.generation_config.decoder_start_token_id = 2
    model.config.pad_token_id = model.generation_config.pad_token_id = 0
    model.generation_config.eos_token_id = 3
    return model


def build_git(words: int) -> object:
    from transformers import GitConfig, GitForCausalLM

    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = {"image_size": 16, "patch_size": 8, "intermediate_size": 16, **sizes}
    return GitForCausalLM(
        GitConfig(
            vision_config=vision,
            vocab_size=words,
            intermediate_size=16,
            bos_token_id=2,
            eos_token_id=3,
            pad_token_id=0,
            **sizes,
        )
    )


def build_blip(words: int) -> object:
    from transformers import BlipConfig, BlipForConditionalGeneration

    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {
        "vocab_size": words,
        "encoder_hidden_size": 16,
        "intermediate_size": 16,
        "bos_token_id": 2,
        "eos_token_id": 3,
        "sep_token_id": 3,
        "pad_token_id": 0,
        **sizes,
    }
    vision = {"image_size": 16, "patch_size": 8, "intermediate_size": 16, **sizes}
    return BlipForConditionalGeneration(BlipConfig(text_config=text, vision_config=vision))


BUILDERS = {"vit": build_vit_decoder, "git": build_git, "blip": build_blip}


@pytest.fixture(scope="module", params=sorted(BUILDERS))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import ViTImageProcessorPil

    path = tmp_path_factory.mktemp(request.param)
    words = save_tokenizer(path)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = BUILDERS[request.param](words)
        for parameter in model.parameters():
            parameter.data.mul_(8)
    model.save_pretrained(path)
    ViTImageProcessorPil(size={"height": 16, "width": 16}).save_pretrained(path)
    return path


def test_captions_in_batches_are_those_of_generate(folder, tmp_path) -> None:
    settings = BeamSettings(beams=2, num_best=2, max_words=4)
    captioner = load_captioner(f"hf:{folder}", settings=settings)
    assert isinstance(captioner, Captioner)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"nothing")
    report = captioner.caption_all([PICTURES[0], bad, *PICTURES[1:]], batch_size=2)
    assert [one.name for one in report.captions] == ["picture 1", "picture 3", "picture 4"]
    assert [failure.name for failure in report.failures] == [str(bad)]
    for picture, said in zip(PICTURES, report.captions, strict=True):
        pixels = captioner.image_processor(images=[picture], return_tensors="pt")["pixel_values"]
        with torch.no_grad():
            expected = captioner.model.generate(
                pixel_values=pixels,
                num_beams=2,
                num_return_sequences=2,
                max_new_tokens=8,
                length_penalty=0.0,
                do_sample=False,
            )
        texts = captioner.tokenizer.batch_decode(expected, skip_special_tokens=True)
        assert [said.caption, *(other.caption for other in said.alternatives)] == texts
        assert said.score <= 0
        assert [word.text for word in said.words] == said.caption.split()
    alone = captioner.caption(PICTURES[1])
    assert alone.caption == report.captions[1].caption
    assert alone.score == pytest.approx(report.captions[1].score, abs=1e-4)
    assert alone.provenance.model == f"hf:{folder}"
    with pytest.raises(ImageReadError):
        captioner.caption(bad)


def test_greedy_scores_are_sums_of_log_probabilities(folder) -> None:
    captioner = load_captioner(f"hf:{folder}", settings=BeamSettings(beams=1, max_words=3))
    beams = load_captioner(f"hf:{folder}", settings=BeamSettings(beams=2, max_words=3))
    assert captioner.caption(PICTURES[0]).score <= beams.caption(PICTURES[0]).score + 1e-4


def test_what_is_no_captioner_is_refused(folder, tmp_path) -> None:
    with pytest.raises(MissingFileError, match="No folder"):
        load_captioner(f"hf:{tmp_path / 'none'}")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises((WeightsError, EncoderError)):
        load_captioner(f"hf:{empty}")
    (empty / "config.json").write_text(json.dumps({"model_type": "bert"}), encoding="utf-8")
    with pytest.raises(EncoderError, match="no image-to-text model"):
        load_captioner(f"hf:{empty}")
