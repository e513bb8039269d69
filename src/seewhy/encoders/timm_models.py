"""Image encoders from timm."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from math import floor
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import torch

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.preprocessing import FILTERS, Preprocessing
from seewhy.encoders.torchvision_operators import declare_torchvision_operators
from seewhy.encoders.weight_files import read_weights, shorten
from seewhy.errors import EncoderError, MissingDependencyError, UnknownNameError, WeightsError

MAX_SUGGESTIONS = 10
RESIZES: dict[str, Literal["shortest", "exact", "longest"]] = {
    "center": "shortest",
    "squash": "exact",
    "border": "longest",
}


def load_timm(
    architecture: str, *, weights: str | Path | None = None, device: str = "cpu"
) -> TorchImageEncoder:
    """An image encoder of timm; its embedding is what its classifier would get.

    Args:
        architecture: as ``resnet50`` or, with a tag, ``resnet50.a1_in1k``.
        weights: ``pretrained`` for the tag's (or the default tag's) own, a local file, or
            ``random``, the same random weights each time.
        device: where to compute.

    Raises:
        MissingDependencyError: if timm is not installed.
        UnknownNameError: if timm has no such architecture.
        WeightsError: if no weights are named, or they cannot be fetched or do not fit.
    """
    library = import_timm()
    if not library.is_model(architecture):
        names = library.list_models()
        near = get_close_matches(architecture, names, n=MAX_SUGGESTIONS, cutoff=0.3)
        raise UnknownNameError("timm architecture", architecture, near)
    model = _build(library, architecture, weights).to(device).eval().requires_grad_(False)
    return TorchImageEncoder(
        name=f"timm:{architecture}" + (f" ({Path(weights).name})" if weights else ""),
        module=model,
        embed=model,
        preprocessing=translate_config(library.data.resolve_model_data_config(model)),
        num_prefix_tokens=getattr(model, "num_prefix_tokens", None),
    )


def import_timm() -> ModuleType:
    """The package timm, importable also beside a CPU build of torch.

    Raises:
        MissingDependencyError: if it is not installed.
    """
    declare_torchvision_operators()
    try:
        import timm
        import timm.data
    except ImportError as error:
        package = error.name or "timm"
        raise MissingDependencyError(package, "timm", "Loading timm models") from error
    return timm


def _build(library: ModuleType, architecture: str, weights: str | Path | None) -> Any:
    """The model with its weights and without its classifier."""
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    if weights is None:
        raise WeightsError(
            f"timm:{architecture} needs weights, and none were named. Give weights='pretrained', a "
            "local file, or 'random'."
        )
    try:
        if weights == "pretrained":
            return library.create_model(architecture, pretrained=True, num_classes=0)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = library.create_model(architecture, num_classes=0)
        return model if weights == "random" else _fill(model, weights)
    except (LocalEntryNotFoundError, HfHubHTTPError) as error:
        raise WeightsError(
            f"The weights of {architecture} are neither here nor can they be fetched from the "
            "Hugging Face hub. Check the network, or name a local file."
        ) from error
    except (RuntimeError, KeyError) as error:
        raise WeightsError(
            f"The weights {weights} do not fit {architecture}: {shorten(error)}. Name the "
            "architecture they are of."
        ) from error


def _fill(model: Any, path: str | Path) -> Any:
    """The model with the weights of a file, which must cover all of it.

    timm's own loader leaves weights random where a model without classifier lacks them.
    """
    weights = read_weights(path)
    adapt = getattr(sys.modules[type(model).__module__], "checkpoint_filter_fn", None)
    weights = weights if adapt is None else adapt(weights, model)
    result = model.load_state_dict(weights, strict=False)
    names = model.pretrained_cfg.get("classifier") or ()
    classifiers = tuple(f"{name}." for name in ([names] if isinstance(names, str) else names))
    unknown = [name for name in result.unexpected_keys if not name.startswith(classifiers)]
    if result.missing_keys or unknown:
        raise RuntimeError(f"it lacks {result.missing_keys[:3]} and holds {unknown[:3]} besides")
    return model


def translate_config(config: Mapping[str, Any]) -> Preprocessing:
    """Our preprocessing that gives what timm's evaluation transform gives.

    Raises:
        EncoderError: if it does something that ours cannot.
    """
    channels, height, width = config["input_size"]
    mode, share = config.get("crop_mode", "center"), config.get("crop_pct", 1.0)
    resize = RESIZES.get(mode)
    is_whole = mode == "center" or share == 1.0  # nothing is cut off
    if channels != 3 or resize is None or not is_whole or (mode == "center" and height != width):
        raise EncoderError(
            f"timm's preprocessing to {config['input_size']} with crop_mode={mode!r} and "
            f"crop_pct={share} is not supported. Give wrap_module a Preprocessing."
        )
    red, green, blue = (round(255 * value) for value in config["mean"])
    name = config["interpolation"]
    return Preprocessing(
        size=(height, width),
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        resize=resize,
        resize_to=floor(height / share) if mode == "center" else None,
        interpolation=name if name in FILTERS else "bicubic",
        fill=(red, green, blue),
    )
