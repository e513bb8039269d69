"""What a decoder's training begins with: another model, a GPT-2, or chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from seewhy.encoders.huggingface import quiet_transformers
from seewhy.encoders.weight_files import shorten
from seewhy.errors import MissingFileError, WeightsError
from seewhy.rationales.catalogue import load_rationale_model
from seewhy.rationales.decoder import DecoderConfig, RationaleDecoder
from seewhy.rationales.tokens import (
    ANSWER,
    EXPLANATION,
    NO_OBJECT,
    OBJECTS,
    PAD,
    QUESTION,
    RationaleTokenizer,
    load_rationale_tokenizer,
    train_rationale_tokenizer,
)

GPT2 = "gpt2:"


def build_start(
    wanted: DecoderConfig,
    *,
    start_from: str | None,
    vocabulary: int,
    image_width: int,
    texts: Sequence[str],
) -> tuple[RationaleDecoder, RationaleTokenizer]:
    """A decoder as training begins, with its tokenizer.

    Args:
        wanted: shape of a new decoder; another model's shape is kept.
        start_from: a rationale model; ``gpt2:`` with the name or folder of a GPT-2, whose
            cross-attention is new; ``None``: all of it is new.
        vocabulary: tokens of a new tokenizer.
        image_width: channels of a patch.
        texts: a new tokenizer learns from.

    Raises:
        WeightsError: if the other model cannot be begun with.
    """
    if start_from is None:
        tokenizer = train_rationale_tokenizer(texts, vocabulary=vocabulary)
        config = replace(wanted, vocabulary=len(tokenizer), image_width=image_width)
        return RationaleDecoder(config), tokenizer
    if start_from.startswith(GPT2):
        return _begin_with_gpt2(start_from.removeprefix(GPT2), wanted, image_width)
    model = load_rationale_model(start_from)
    if model.decoder.config.image_width != image_width:
        raise WeightsError(
            f"{start_from} looks at patches of {model.decoder.config.image_width} channels, and "
            f"the encoder gives {image_width}. Use {model.config.patches.encoder}."
        )
    if wanted.has_boxes and not model.decoder.config.has_boxes:
        return _add_boxes(model.decoder), model.tokenizer
    return model.decoder, model.tokenizer


def is_new_decoder(start_from: str | None) -> bool:
    """Whether it has seen no pictures yet: it begins with nothing, or with a GPT-2."""
    return start_from is None or start_from.startswith(GPT2)


def _add_boxes(decoder: RationaleDecoder) -> RationaleDecoder:
    grown = RationaleDecoder(replace(decoder.config, has_boxes=True))
    grown.load_state_dict(decoder.state_dict(), strict=False)
    return grown


def _begin_with_gpt2(
    source: str, wanted: DecoderConfig, image_width: int
) -> tuple[RationaleDecoder, RationaleTokenizer]:
    """GPT-2's own weights; new rows of the word table are drawn, not averaged, as published."""
    from transformers import GPT2LMHeadModel

    folder = _find_gpt2(source)
    with quiet_transformers():
        try:
            gpt2 = GPT2LMHeadModel.from_pretrained(folder)
        except (OSError, ValueError, RuntimeError) as error:
            raise WeightsError(f"{source} cannot be read as a GPT-2: {shorten(error)}.") from error
    tokenizer = load_rationale_tokenizer(folder)
    added = [PAD, QUESTION, ANSWER, EXPLANATION]
    if wanted.has_boxes:
        added = [PAD, OBJECTS, QUESTION, ANSWER, EXPLANATION, NO_OBJECT]
    for token in added:
        tokenizer.tokenizer.add_special_tokens([token])
    shape = gpt2.config
    config = replace(
        wanted,
        vocabulary=len(tokenizer),
        positions=shape.n_positions,
        width=shape.n_embd,
        depth=shape.n_layer,
        heads=shape.n_head,
        inner=shape.n_inner,
        image_width=image_width,
    )
    decoder = RationaleDecoder(config)
    table = gpt2.transformer.wte.weight
    grown = nn.init.normal_(torch.empty(config.vocabulary, config.width), std=config.init_std)
    grown[: len(table)] = table.detach()
    weights = {f"language.{name}": value for name, value in gpt2.state_dict().items()}
    for name in ("transformer.wte.weight", "lm_head.weight"):
        weights[f"language.{name}"] = grown
    decoder.load_state_dict(weights, strict=False)
    return decoder, tokenizer


def _find_gpt2(source: str) -> Path:
    path = Path(source).expanduser()
    if path.is_dir():
        return path
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(source, allow_patterns=["*.json", "*.txt", "*.safetensors"]))
    except (HfHubHTTPError, LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise MissingFileError(
            f"{source} is no folder, and cannot be fetched from the hub: {error}."
        ) from error
