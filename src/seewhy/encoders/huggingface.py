"""Encoders from Hugging Face's transformers: CLIP, SigLIP, DINOv2 and other image models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor

from seewhy.encoders.base import TextSide, TorchDualEncoder, TorchImageEncoder
from seewhy.encoders.digests import describe_tokenizer, digest_texts
from seewhy.encoders.huggingface_images import translate_processor
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.encoders.torchvision_operators import declare_torchvision_operators
from seewhy.errors import (
    EncoderError,
    MissingDependencyError,
    MissingFileError,
    SeewhyError,
    WeightsError,
)
from seewhy.progress import quiet_transformers

PADDING = {  # dual encoders by model_type -> how their texts were padded in training
    "clip": "longest",
    "siglip": "max_length",  # its text tower reads the padding, too
}
IMAGE_WEIGHTS = ("vision_model.", "visual_projection.")


def load_hugging_face(source: str, *, device: str = "cpu") -> TorchImageEncoder:
    """An encoder from a hub name or a local folder that ``save_pretrained`` wrote.

    CLIP and SigLIP (also SigLIP 2 at a fixed size) become dual encoders, other image models
    (DINOv2, MobileNetV2, ...) image encoders, whose embedding is the pooled output. No code
    from the hub is run. Weights are computed with in single precision.

    Args:
        source: as ``openai/clip-vit-base-patch32``, or a folder.
        device: where to compute.

    Raises:
        MissingFileError: if a folder is not there, or lacks a file.
        WeightsError: if the weights cannot be fetched, or do not cover the model.
        EncoderError: if the model is of a kind that is not supported.
    """
    declare_torchvision_operators()  # a torchvision that does not import takes transformers along
    from transformers import AutoConfig, AutoImageProcessor, AutoModel, AutoTokenizer

    _check_folder(source)
    with quiet_transformers():
        config = _fetch(source, lambda: AutoConfig.from_pretrained(source))
        _check_kind(source, config.model_type)
        model, report = _fetch(
            source,
            lambda: AutoModel.from_pretrained(
                source, dtype=torch.float32, output_loading_info=True
            ),
        )
        if missing := sorted(report["missing_keys"]):
            raise WeightsError(
                f"{source} holds no weights for {len(missing)} parts of its model, as "
                f"{missing[0]}; they would be random. Name a folder that was saved whole."
            )
        processor = _fetch(
            source, lambda: AutoImageProcessor.from_pretrained(source, backend="pil")
        )
        tokenizer = None
        if config.model_type in PADDING:
            tokenizer = _fetch(source, lambda: AutoTokenizer.from_pretrained(source))
    return wrap_hugging_face(
        model.to(device).requires_grad_(False),
        name=f"hf:{source}",
        preprocessing=translate_processor(processor),
        tokenizer=tokenizer,
    )


def wrap_hugging_face(
    model: Any, *, name: str, preprocessing: Preprocessing, tokenizer: Any = None
) -> TorchImageEncoder:
    """An encoder around a transformers model that is already in memory.

    Args:
        model: a ``CLIPModel``, ``SiglipModel``, or an image model with a pooled output.
        name: what it is called in results.
        preprocessing: how it wants its pictures.
        tokenizer: a transformers tokenizer; without one, a dual encoder is an image encoder.
    """
    kind = model.config.model_type
    if kind not in PADDING:
        return TorchImageEncoder(
            name=name,
            module=model,
            embed=lambda pixels: _read_pooled(model(pixels)),
            preprocessing=preprocessing,
        )
    vision = model.config.vision_config
    blocks = "vision_model.encoder.layers"
    options: dict[str, Any] = {
        "name": name,
        "module": model,
        "embed": lambda pixels: _read_pooled(model.get_image_features(pixels)),
        "preprocessing": preprocessing,
        "layers": [f"{blocks}.{number}" for number in range(vision.num_hidden_layers)],
        "num_prefix_tokens": 1 if kind == "clip" else 0,
    }
    if tokenizer is None:
        return TorchImageEncoder(**options)
    return TorchDualEncoder(**options, text=_make_text_side(model, tokenizer))


def _make_text_side(model: Any, tokenizer: Any) -> TextSide:
    """The text half of a dual encoder."""
    padding = PADDING[model.config.model_type]
    context = model.config.text_config.max_position_embeddings

    def embed(texts: list[str]) -> Tensor:
        batch = tokenizer(
            texts, padding=padding, truncation=True, max_length=context, return_tensors="pt"
        )
        # No attention mask: SigLIP's text tower was trained to read the padding, and CLIP's, which
        # is causal, cannot see it.
        return _read_pooled(model.get_text_features(batch["input_ids"].to(model.device)))

    return TextSide(
        embed=embed,
        tokenizer_digest=digest_texts(describe_tokenizer(tokenizer), padding, str(context)),
        image_prefixes=IMAGE_WEIGHTS,
        logit_scale=model.logit_scale.detach().exp().item(),
    )


def _read_pooled(output: Any) -> Tensor:
    """One vector for each picture or text, out of what a transformers model gives."""
    pooled = output if isinstance(output, Tensor) else getattr(output, "pooler_output", None)
    if pooled is None:
        raise EncoderError(
            f"The model gives no pooled output, but {type(output).__name__}. Load it with "
            "transformers and say with wrap_module(model, embed=...) what its embedding is."
        )
    return pooled.flatten(1)  # some give (batch, dim, 1, 1)


def _check_folder(source: str) -> None:
    """A source that can only be a folder must be one, with a configuration in it."""
    path = Path(source).expanduser()
    if path.is_dir() and not (path / "config.json").is_file():
        raise MissingFileError(f"{source} holds no config.json. Name a folder saved whole.")
    is_local = path.is_absolute() or source.startswith((".", "~")) or source.count("/") > 1
    if is_local and not path.is_dir():
        raise MissingFileError(f"No folder {source}. Name a folder, or a model of the hub.")


def _check_kind(source: str, kind: str) -> None:
    """Refuse what looks like a supported model and is not."""
    if kind == "siglip2":
        raise EncoderError(
            f"{source} is a SigLIP 2 model for pictures of any shape (NaFlex), which has no fixed "
            "grid. Use one with a fixed size, as google/siglip2-base-patch16-224."
        )


def _fetch(source: str, load: Callable[[], Any]) -> Any:
    """Run one of transformers' loaders; its errors become ours."""
    try:
        return load()
    except SeewhyError:
        raise
    except ImportError as error:
        if "sentencepiece" in str(error).lower():
            raise MissingDependencyError("sentencepiece", "siglip", f"Reading {source}") from error
        raise
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().split("\n")[0]
        where = "read" if Path(source).is_dir() else "found here or fetched from the hub"
        raise WeightsError(
            f"The model {source!r} cannot be {where}: {reason} Name a local folder that "
            "save_pretrained wrote, or check the name and the network."
        ) from error
