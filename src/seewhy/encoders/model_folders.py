"""Folders that hold a model of ours: ``config.json`` and ``model.safetensors``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from seewhy.errors import MissingFileError, WeightsError


def save_model_folder(
    folder: str | Path, model: nn.Module, config: Mapping[str, Any], *, half: bool
) -> Path:
    """Write ``config.json`` and ``model.safetensors``.

    Args:
        folder: made if it is not there.
        model: whose weights and buffers are kept.
        config: what it is built from.
        half: keep the weights in 16 bits, which halves the file.

    Returns:
        The folder.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(config, indent=2)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")
    state = model.state_dict()
    names = _name_shared(state)
    tensors = {name: _shrink(state[name], half) for name in dict.fromkeys(names.values())}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def fill_from_folder(model: nn.Module, folder: str | Path) -> None:
    """Put the weights of a folder into a model, in single precision.

    Raises:
        MissingFileError: if the folder lacks them.
        WeightsError: if they do not fit.
    """
    path = Path(folder) / "model.safetensors"
    if not path.is_file():
        raise MissingFileError(f"No weights at {path}. Name a folder that was saved whole.")
    try:
        found = {name: _widen(tensor) for name, tensor in load_file(path).items()}
        for name, kept in _name_shared(model.state_dict()).items():
            if kept in found:
                found.setdefault(name, found[kept])
        model.load_state_dict(found)
    except (RuntimeError, SafetensorError) as error:
        raise WeightsError(
            f"{path} does not hold weights for its config.json: {error}. Save the model again."
        ) from error


def _name_shared(state: Mapping[str, Tensor]) -> dict[str, str]:
    """For each weight, the first name that the same weight goes by; a file holds it once."""
    first: dict[tuple[int, tuple[int, ...]], str] = {}
    names = {}
    for name, value in state.items():
        key = (value.data_ptr(), tuple(value.shape))
        names[name] = first.setdefault(key, name) if value.numel() else name
    return names


def _shrink(tensor: Tensor, half: bool) -> Tensor:
    """A tensor as the file holds it; integer counters stay as they are."""
    tensor = tensor.detach().cpu().contiguous()
    return tensor.half() if half and tensor.is_floating_point() else tensor


def _widen(tensor: Tensor) -> Tensor:
    """A tensor from the file as the model computes with it."""
    return tensor.float() if tensor.is_floating_point() else tensor
