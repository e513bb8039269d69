"""Weights out of a file, without running anything that is in it."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from seewhy.errors import MissingFileError, WeightsError

WRAPPERS = ("state_dict_ema", "model_ema", "state_dict", "model")  # the best one first


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """Tensors by name, on the CPU, from ``.safetensors`` or a file that ``torch.save`` wrote.

    A checkpoint that holds its weights under ``state_dict`` or the like is opened, and the prefix
    that parallel training puts before all names is taken off.

    Args:
        path: the file; pickles are read with torch's own reader of nothing but weights.

    Raises:
        MissingFileError: if it is not there.
        WeightsError: if it is damaged, holds no weights, or would have to be run to be read.
    """
    content = read_checkpoint(path)
    for wrapper in WRAPPERS:
        if isinstance(content.get(wrapper), dict):
            content = content[wrapper]
            break
    weights = keep_tensors(content)
    if not weights:
        raise WeightsError(f"{path} holds no tensors. Save model.state_dict() of your model.")
    return weights


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Everything a file of weights holds, as it was saved: tensors, and dictionaries of them.

    Settings that a training script saved beside (an ``argparse.Namespace``, as DINO does) come
    out as an object that holds them and can do nothing.

    Args:
        path: ``.safetensors``, or what ``torch.save`` wrote.

    Raises:
        MissingFileError: if it is not there.
        WeightsError: if it is damaged, is no dictionary, or would have to be run to be read.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise MissingFileError(f"No weights at {path}. Name a .safetensors, .pt or .pth file.")
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    if not isinstance(content, dict):
        raise WeightsError(f"{path} holds a {type(content).__name__}, not weights by name.")
    return content


def keep_tensors(content: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors of a dictionary, without the prefix that parallel training puts before all."""
    weights = {name: value for name, value in content.items() if isinstance(value, Tensor)}
    if all(name.startswith("module.") for name in weights):
        return {name.removeprefix("module."): value for name, value in weights.items()}
    return weights


class SavedSettings:
    """Stands for the settings of a training script in a checkpoint: attributes and no code."""


def _read_safetensors(path: Path) -> Any:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a whole safetensors file: {error}.") from error


def _read_pickle(path: Path) -> Any:
    if is_torchscript(path):
        raise WeightsError(
            f"{path} is a TorchScript archive (as OpenAI published CLIP), that is, a program. If "
            "you trust it, save its weights once: safetensors.torch.save_file("
            "torch.jit.load(FILE).state_dict(), 'weights.safetensors')."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an old pickle protocol; what matters is raised
            with torch.serialization.safe_globals([(SavedSettings, "argparse.Namespace")]):
                return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path} is damaged, or holds more than weights, so that reading it could run code "
            f"({shorten(error)}). If you trust it, load it yourself and save model.state_dict() "
            "as safetensors."
        ) from error
    except (RuntimeError, EOFError, ValueError, OSError, LookupError, TypeError) as error:
        raise WeightsError(f"{path} cannot be read as weights: {shorten(error)}.") from error


def shorten(error: Exception) -> str:
    """The first two lines of what an error says; torch lists every weight that does not fit."""
    lines = [line.strip() for line in str(error).strip().split("\n")] or [type(error).__name__]
    more = f" (and {len(lines) - 2} more)" if len(lines) > 2 else ""
    return " ".join(lines[:2]).rstrip(".") + more


def is_torchscript(path: Path) -> bool:
    """Whether an archive holds constants of a program beside its data, as TorchScript does."""
    if not is_zipfile(path):
        return False
    try:
        with ZipFile(path) as archive:
            return any(name.endswith("/constants.pkl") for name in archive.namelist())
    except BadZipFile:
        return False
