"""Checkpoints: everything a run needs to go on exactly where it stopped."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from seewhy.errors import InvalidArgumentError, MissingFileError, WeightsError

FILE_NAME = "checkpoint.pt"


def save_checkpoint(
    folder: Path,
    *,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    step: int,
    settings: Mapping[str, Any],
    selection: Mapping[str, float] | None = None,
) -> Path:
    """Write the checkpoint of a folder; a crash while writing leaves the old one whole.

    Args:
        folder: of the run.
        model: whose weights and buffers are kept.
        optimizer: whose moments are kept.
        step: number of steps that are done.
        settings: of the run; those of a resumed one must equal them.
        selection: how its best weights were chosen so far.
    """
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
        "settings": dict(settings),
        "selection": dict(selection or {}),
    }
    return write_whole(folder / FILE_NAME, state)


def write_whole(path: Path, state: Any) -> Path:
    """Write tensors and plain values; a crash while writing leaves an older file whole."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return path


def load_checkpoint(
    folder: Path,
    *,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    settings: Mapping[str, Any],
    defaults: Mapping[str, Any] | None = None,
) -> tuple[int, dict[str, float]]:
    """Put a run back to where its checkpoint was written.

    Args:
        folder: of the run.
        model: gets weights and buffers.
        optimizer: gets its moments.
        settings: of the run.
        defaults: what settings were that the checkpoint does not know yet.

    Returns:
        The number of steps that are done, and how the best weights were chosen so far.

    Raises:
        MissingFileError: if the folder has no checkpoint.
        WeightsError: if the file is broken, or does not fit the model.
        InvalidArgumentError: if it was written under other settings; names them.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise MissingFileError(f"No checkpoint at {path}. Start the run without resuming.")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        before = {**(defaults or {}), **state["settings"]}
        changed = sorted(
            name for name in {*before, *settings} if before.get(name) != settings.get(name)
        )
        if changed:
            raise InvalidArgumentError(
                f"{path} was written under another {', '.join(changed)}. "
                "Resume with the settings it was started with, or start in another folder."
            )
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    except (RuntimeError, KeyError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{path} cannot be resumed from: {error}. Start anew.") from error
    return int(state["step"]), state.get("selection", {})
