"""``config.json`` of a model of ours; reading it takes no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seewhy.errors import DataFormatError, MissingFileError


def read_config(folder: str | Path) -> dict[str, Any]:
    """What ``config.json`` of a folder says.

    Raises:
        MissingFileError: if the folder lacks it.
        DataFormatError: if it is no JSON object.
    """
    path = Path(folder) / "config.json"
    if not path.is_file():
        raise MissingFileError(f"No file {path}. Name a folder that save_pretrained wrote.")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataFormatError(f"{path} is not JSON: {error}. Save the model again.") from error
    if not isinstance(values, dict):
        raise DataFormatError(f"{path} holds a {type(values).__name__}, not an object.")
    return values


def freeze_lists(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples our configurations hold."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
