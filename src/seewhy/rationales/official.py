"""The authors' checkpoints: NLX-GPT of every task, and Uni-NLX."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from torch import Tensor

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.config_files import read_config
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.encoders.weight_files import read_weights, shorten
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError, WeightsError
from seewhy.rationales.concept_head import ConceptWords, load_concept_head
from seewhy.rationales.configuration import RationaleConfig
from seewhy.rationales.decoder import DecoderConfig, RationaleDecoder
from seewhy.rationales.folders import make_reader
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.tasks import UNIFIED_TASKS, Compat
from seewhy.rationales.tokens import (
    ANSWER,
    NO_OBJECT,
    QUESTION,
    RationaleTokenizer,
    load_rationale_tokenizer,
)
from seewhy.rationales.vision import PatchSettings

OFFICIAL_PREPROCESSING = Preprocessing(
    size=(224, 224),
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    resize="exact",
    interpolation="bilinear",
)
"""ImageNet's statistics before CLIP, and pictures squashed: what the checkpoints saw."""
OPEN_CLIP = PatchSettings(
    encoder="openclip:ViT-B-16-quickgelu",
    weights="openai",
    norm="own",
    preprocessing=OFFICIAL_PREPROCESSING,
)
HUGGING_FACE = PatchSettings(
    encoder="hf:openai/clip-vit-base-patch16", norm="own", preprocessing=OFFICIAL_PREPROCESSING
)
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
TOKENIZER_FILES = ("vocab.json", "tokenizer.json")
_MASKS = re.compile(r"h\.\d+\.(cross)?attn?(ention)?\.(masked_)?bias$")
_UNREAD = {  # settings under which GPT-2 computes otherwise -> what they have to be
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "reorder_and_upcast_attn": False,
    "activation_function": "gelu_new",
}
_TASK_BY_LENGTH = {30: "act-x", 70: "captions", 80: "vcr"}


def is_official(folder: str | Path) -> bool:
    """Whether a folder looks like one of the authors' checkpoints."""
    try:
        config = read_config(folder)
    except (MissingFileError, DataFormatError):
        return False
    return config.get("model_type") == "gpt2"


def load_official(
    folder: str | Path,
    *,
    task: str | None = None,
    tokenizer: str | Path | None = None,
    encoder: TorchImageEncoder | str | None = None,
    encoder_weights: str | None = None,
    concept_head: str | Path | None = None,
    concepts: str | Path | None = None,
    compat: Compat = None,
    device: str = "cpu",
) -> RationaleModel:
    """One of the authors' checkpoints, ready to answer.

    Args:
        folder: as ``nle_model_11``, with ``config.json`` and ``pytorch_model.bin``.
        task: what it was trained for; ``None``: told by its tokenizer, weights and settings,
            where these leave no doubt. ``unified`` for Uni-NLX.
        tokenizer: its folder; ``None``: ``folder`` itself, or the one folder beside it whose
            name holds ``tokenizer``.
        encoder: an encoder, or its name, that computes CLIP ViT-B/16; ``None``: open_clip's
            where it is installed, else Hugging Face's.
        encoder_weights: tag or file of the encoder that is named.
        concept_head: ``linear_probe_12.tar``, for e-SNLI-VE with concepts.
        concepts: ``vg_concept_word2index.json``, which goes with it.
        compat: ``"published"`` lays out and takes apart texts as the released code does.
        device: where to compute.

    Raises:
        MissingFileError: if a file is not there.
        DataFormatError: if the configuration or the tokenizer cannot be read.
        WeightsError: if this is another kind of checkpoint, or its parts do not fit.
        InvalidArgumentError: if the task cannot be told and is not named.
    """
    folder = Path(folder)
    settings = read_config(folder)
    weights = read_weights(_find_weights(folder))
    words = load_rationale_tokenizer(find_tokenizer_folder(folder, tokenizer))
    chosen, is_unified = choose_tasks(task, settings, weights, words)
    head = _load_head(concept_head, concepts)
    reads = _choose_patches(encoder, encoder_weights)
    decoder = build_decoder(settings, weights)
    config = RationaleConfig(
        decoder=decoder.config,
        patches=reads,
        tasks=chosen,
        is_unified=is_unified,
        compat=compat,
        concepts=() if head is None else head.words,
    )
    given = None if isinstance(encoder, str) else encoder
    model = RationaleModel(
        config, decoder, words, make_reader(config, given), name=str(folder), concept_words=head
    )
    return model.to(device)


def build_decoder(settings: Mapping[str, Any], weights: Mapping[str, Tensor]) -> RationaleDecoder:
    """The decoder a configuration of GPT-2 describes, with its weights, in evaluation mode.

    Raises:
        WeightsError: if it is no decoder with cross-attention, or of a kind that computes
            otherwise, or the weights do not fit.
    """
    if not settings.get("add_cross_attention"):
        raise WeightsError(
            "This is a GPT-2 that cannot look at pictures: its config.json does not say "
            "add_cross_attention. Name a checkpoint of NLX-GPT or Uni-NLX."
        )
    for name, wanted in _UNREAD.items():
        if settings.get(name, wanted) != wanted:
            raise WeightsError(f"config.json asks for {name}={settings[name]!r}; only {wanted!r}.")
    try:
        config = DecoderConfig(
            vocabulary=settings["vocab_size"],
            positions=settings.get("n_positions", 1024),
            width=settings.get("n_embd", 768),
            depth=settings["n_layer"],
            heads=settings["n_head"],
            image_width=settings.get("n_embd", 768),
            has_boxes="transformer.box_embed.weight" in weights,
            inner=settings.get("n_inner"),
            dropout=settings.get("resid_pdrop", 0.1),
            norm_epsilon=settings.get("layer_norm_epsilon", 1e-5),
        )
    except (KeyError, TypeError, InvalidArgumentError) as error:
        raise DataFormatError(f"config.json describes no GPT-2: {error!r}.") from error
    decoder = RationaleDecoder(config)
    try:
        decoder.load_state_dict(rename_weights(weights))
    except RuntimeError as error:
        raise WeightsError(f"The weights do not fit config.json: {shorten(error)}.") from error
    return decoder.eval().requires_grad_(False)


def rename_weights(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The authors' weights under our names.

    Buffers of masks (bytes in old files, booleans in newer ones) are left out. The head is the
    word table, whether it is in the file or not.

    Raises:
        WeightsError: if the file's head is another one than its word table.
    """
    renamed = {}
    for name, value in weights.items():
        if _MASKS.search(name):
            continue
        is_box = name.startswith("transformer.box_embed.")
        renamed[name.removeprefix("transformer.") if is_box else f"language.{name}"] = value
    table = renamed.get("language.transformer.wte.weight")
    head = renamed.get("language.lm_head.weight")
    if table is not None:
        if head is not None and (head.shape != table.shape or not head.equal(table)):
            raise WeightsError(
                "The head differs from the word table, and NLX-GPT's are one. Name a checkpoint "
                "of NLX-GPT or Uni-NLX."
            )
        renamed["language.lm_head.weight"] = table
    return renamed


def choose_tasks(
    task: str | None,
    settings: Mapping[str, Any],
    weights: Mapping[str, Tensor],
    tokenizer: RationaleTokenizer,
) -> tuple[tuple[str, ...], bool]:
    """What a checkpoint was trained for, and whether it is a unified one.

    VCR is told by its boxes; e-SNLI-VE with concepts by a tokenizer without ``<answer>``; ACT-X,
    captions, VCR and Uni-NLX by ``max_seq_len``. VQA-X and e-SNLI-VE look alike: VQA-X is taken.

    Raises:
        InvalidArgumentError: if it cannot be told.
    """
    if task == "unified":
        return tuple(UNIFIED_TASKS), True
    if task is not None:
        return (task,), False
    if "transformer.box_embed.weight" in weights or tokenizer.find(NO_OBJECT) is not None:
        return ("vcr",), False
    if tokenizer.find(ANSWER) is None:
        return ("e-snli-ve-concepts",), False
    if tokenizer.find(QUESTION) is None:
        return ("act-x",), False
    length = settings.get("max_seq_len")
    if length == 125:
        return tuple(UNIFIED_TASKS), True
    if length in _TASK_BY_LENGTH:
        return (_TASK_BY_LENGTH[length],), False
    if length == 40:
        return ("vqa-x", "e-snli-ve"), False
    raise InvalidArgumentError(
        f"max_seq_len is {length!r}, which tells no task. Name it with task=, or task='unified'."
    )


def find_tokenizer_folder(folder: Path, given: str | Path | None = None) -> Path:
    """Where a checkpoint's tokenizer lies.

    Raises:
        MissingFileError: if it is not found, or there are several to choose from.
    """
    if given is not None:
        return Path(given)
    if any((folder / file).is_file() for file in TOKENIZER_FILES):
        return folder
    beside = sorted(
        path
        for path in folder.resolve().parent.glob("*tokenizer*")
        if any((path / file).is_file() for file in TOKENIZER_FILES)
    )
    prefix = folder.resolve().name.partition("model")[0]  # nle_model_11 -> nle_tokenizer_0
    own = [path for path in beside if path.name.startswith(f"{prefix}tokenizer")]
    found = own if len(own) == 1 else beside
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.name for path in beside) or "none"
    raise MissingFileError(
        f"The tokenizer of {folder} is not in it, and beside it there are: {names}. Name its "
        "folder with tokenizer=."
    )


def _find_weights(folder: Path) -> Path:
    for file in WEIGHT_FILES:
        if (folder / file).is_file():
            return folder / file
    raise MissingFileError(f"{folder} holds no weights: neither {' nor '.join(WEIGHT_FILES)}.")


def _choose_patches(encoder: TorchImageEncoder | str | None, weights: str | None) -> PatchSettings:
    if encoder is None:
        return OPEN_CLIP if find_spec("open_clip") is not None else HUGGING_FACE
    name = encoder if isinstance(encoder, str) else encoder.name
    return PatchSettings(
        encoder=name, weights=weights, norm="own", preprocessing=OFFICIAL_PREPROCESSING
    )


def _load_head(head: str | Path | None, words: str | Path | None) -> ConceptWords | None:
    if head is None and words is None:
        return None
    if head is None or words is None:
        raise InvalidArgumentError("concept_head and concepts go together; one of them is missing.")
    path = Path(words)
    if not path.is_file():
        raise MissingFileError(f"No list of concepts at {path}.")
    try:
        numbers = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataFormatError(f"{path} is not JSON: {error}.") from error
    return load_concept_head(head, numbers)
