"""How open_clip's models want their pictures, also where only a file of weights is there."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from seewhy.encoders.preprocessing import Preprocessing
from seewhy.errors import DataFormatError, EncoderError

logger = logging.getLogger(__name__)

NEIGHBOR = "open_clip_config.json"
FIELDS = ("mean", "std", "interpolation", "resize_mode")
RESIZES: dict[str, Literal["shortest", "exact", "longest"]] = {
    "shortest": "shortest",
    "squash": "exact",
    "longest": "longest",
}


def choose_preprocessing(
    library: ModuleType, architecture: str, model: Any, source: str | Path
) -> Preprocessing:
    """The preprocessing that the weights were trained with.

    A tag says it. For a file, the configuration beside it does, or what all tags of the
    architecture agree on; open_clip itself would take OpenAI's for every file, also for SigLIP.

    Args:
        library: open_clip.
        architecture: name of the model.
        model: as open_clip made it.
        source: tag, file, or ``random``.
    """
    settings = dict(library.get_model_preprocess_cfg(model))
    tags = library.list_pretrained_tags_by_model(architecture)
    if str(source) in tags:
        return translate_preprocessing(settings)
    neighbor = read_neighbor(Path(source))
    if neighbor is not None:
        return translate_preprocessing({**settings, **neighbor.get("preprocess_cfg", {})})
    known = [library.get_pretrained_cfg(architecture, tag) for tag in tags]
    wanted = {json.dumps({field: cfg.get(field) for field in FIELDS}) for cfg in known}
    if len(wanted) > 1:
        logger.warning(
            "Weights of %s were trained with %d kinds of preprocessing, and nothing says which one "
            "%s wants; open_clip's default is taken. Put the model's %s beside the file, or set "
            "encoder.preprocessing.",
            architecture,
            len(wanted),
            source,
            NEIGHBOR,
        )
        return translate_preprocessing(settings)
    agreed = json.loads(wanted.pop()) if wanted else {}
    found = {field: value for field, value in agreed.items() if value is not None}
    return translate_preprocessing({**settings, **found})


def read_neighbor(path: Path) -> Mapping[str, Any] | None:
    """The configuration that lies beside a file of weights, if one does.

    Raises:
        DataFormatError: if it is not JSON.
    """
    neighbor = path.parent / NEIGHBOR
    if not path.is_file() or not neighbor.is_file():
        return None
    try:
        return json.loads(neighbor.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataFormatError(f"{neighbor} is not JSON: {error}.") from error


def translate_preprocessing(settings: Mapping[str, Any]) -> Preprocessing:
    """Our preprocessing that gives what open_clip's evaluation transform gives.

    Raises:
        EncoderError: if it does something that ours cannot.
    """
    size = settings["size"]
    height, width = (size, size) if isinstance(size, int) else (size[-2], size[-1])
    resize = RESIZES.get(settings["resize_mode"])
    if resize is None or (resize == "shortest" and height != width):
        raise EncoderError(
            f"open_clip's preprocessing {settings['resize_mode']!r} to {height} x {width} is not "
            "supported. Use a model with square pictures."
        )
    gray = int(settings["fill_color"])
    return Preprocessing(
        size=(height, width),
        mean=tuple(settings["mean"]),
        std=tuple(settings["std"]),
        resize=resize,
        interpolation="bilinear" if settings["interpolation"] == "bilinear" else "bicubic",
        fill=(gray, gray, gray),
    )
