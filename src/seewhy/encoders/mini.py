"""The bundled models, and folders of the same form that you trained, as encoders."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from seewhy.encoders.base import TextSide, TorchDualEncoder, TorchImageEncoder
from seewhy.encoders.config_files import read_config
from seewhy.encoders.digests import digest_texts
from seewhy.encoders.dual_encoder import DualEncoderModel
from seewhy.encoders.image_model import MODEL_TYPE, ImageModel, wrap_image_model
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.encoders.vision_transformer import VisionTransformerConfig
from seewhy.text.byte_pairs import load_tokenizer

MINIS_FOLDER = Path(__file__).parents[1] / "minis"
"""Where the bundled models lie, each in a folder of its name."""


def load_mini(name: str, device: str = "cpu") -> TorchImageEncoder:
    """The bundled model ``name``, in evaluation mode.

    Args:
        name: without its prefix, as ``clip-base``.
        device: where to compute.

    Raises:
        MissingFileError: if there is none of that name.
    """
    return load_model_folder(MINIS_FOLDER / name, name=f"mini:{name}", device=device)


def load_model_folder(folder: str | Path, *, name: str, device: str = "cpu") -> TorchImageEncoder:
    """What training wrote into a folder: a dual encoder, or an image encoder with a head.

    Args:
        folder: with ``config.json`` and ``model.safetensors``, of a dual encoder also
            ``tokenizer.json``.
        name: what it is called in results.
        device: where to compute.

    Raises:
        MissingFileError: if a file is not there.
        DataFormatError: if the configuration is not one of ours.
        WeightsError: if the weights do not fit the configuration.
    """
    if read_config(folder).get("model_type") == MODEL_TYPE:
        return wrap_image_model(ImageModel.from_pretrained(folder).to(device), name=name)
    return load_dual_encoder(folder, name=name, device=device)


def load_dual_encoder(
    folder: str | Path, *, name: str | None = None, device: str = "cpu"
) -> TorchDualEncoder:
    """A dual encoder of ours from the folder that training wrote.

    Args:
        folder: with ``config.json``, ``model.safetensors`` and ``tokenizer.json``.
        name: what it is called in results; ``None``: the folder.
        device: where to compute.

    Raises:
        MissingFileError: if a file is not there.
        DataFormatError: if the configuration or the tokenizer is not one of ours.
        WeightsError: if the weights do not fit the configuration.
    """
    model = DualEncoderModel.from_pretrained(folder).to(device).requires_grad_(False)
    return wrap_dual_encoder(model, load_tokenizer(folder), name=name or str(folder))


def wrap_dual_encoder(
    model: DualEncoderModel, tokenizer: Tokenizer, *, name: str
) -> TorchDualEncoder:
    """An encoder around a dual encoder of ours that is already in memory.

    Args:
        model: on its device.
        tokenizer: the one it was trained with.
        name: what it is called in results.
    """
    config = model.config
    is_vit = isinstance(config.image, VisionTransformerConfig)
    places = "image.blocks" if is_vit else "image.stages"
    return TorchDualEncoder(
        name=name,
        module=model,
        embed=model.encode_pixels,
        preprocessing=Preprocessing(
            size=(config.image.size, config.image.size), mean=config.mean, std=config.std
        ),
        text=make_text_side(model, tokenizer),
        layers=[f"{places}.{i}" for i in range(len(list(model.get_submodule(places).children())))],
        num_prefix_tokens=1 if is_vit else 0,
    )


def make_text_side(model: DualEncoderModel, tokenizer: Tokenizer) -> TextSide:
    """The text half, as the adapter wants it."""

    def embed(texts: list[str]) -> Tensor:
        ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
        return model.encode_tokens(torch.tensor(ids, device=model.log_scale.device))

    return TextSide(
        embed=embed,
        tokenizer_digest=digest_texts(tokenizer.to_str()),
        image_prefixes=("image.",),
        logit_scale=model.logit_scale.item(),
    )
