"""Encoders from open_clip: CLIP and SigLIP of every size, by pretrained tag or from a file."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from seewhy.encoders.base import TextSide, TorchDualEncoder
from seewhy.encoders.digests import describe_tokenizer, digest_texts
from seewhy.encoders.openclip_preprocessing import choose_preprocessing, read_neighbor
from seewhy.encoders.openclip_texts import embed_tokens
from seewhy.encoders.torchvision_operators import declare_torchvision_operators
from seewhy.encoders.weight_files import read_weights, shorten
from seewhy.errors import (
    EncoderError,
    MissingDependencyError,
    UnknownNameError,
    WeightsError,
)

CONTAINERS = ("visual.transformer.resblocks", "visual.trunk.blocks", "visual.trunk.stages")
"""Where blocks or stages lie in open_clip's image towers; a ResNet's are found by the probe."""
OPENAI_EXTRAS = {"input_resolution", "context_length", "vocab_size"}
"""Numbers that only OpenAI's own state dictionaries hold beside the weights."""
QUICK = "-quickgelu"
MAX_SUGGESTIONS = 10


def load_open_clip(
    architecture: str, *, weights: str | Path | None = None, device: str = "cpu"
) -> TorchDualEncoder:
    """A dual encoder of open_clip.

    Args:
        architecture: as ``ViT-B-16``.
        weights: a pretrained tag, as ``laion2b_s34b_b88k``; a local ``.safetensors`` or ``.pt``
            file; or ``random``, the same random weights each time.
        device: where to compute.

    Raises:
        MissingDependencyError: if open_clip is not installed.
        UnknownNameError: if open_clip has no such architecture or tag.
        WeightsError: if no weights are named, if they cannot be fetched or read, do not fit, or
            were trained with another activation than the architecture has.
    """
    library = import_open_clip()
    _check_architecture(library, architecture)
    with quiet_logging():
        model, source = _build(library, architecture, weights)
        tokenizer = _load_tokenizer(library, architecture)
    model = model.to(device).eval().requires_grad_(False)
    suffix = "" if weights is None else f" ({Path(weights).name})"
    return TorchDualEncoder(
        name=f"openclip:{architecture}{suffix}",
        module=model,
        embed=model.encode_image,
        preprocessing=choose_preprocessing(library, architecture, model, source),
        text=_make_text_side(model, tokenizer),
        layers=_find_blocks(model),
    )


def import_open_clip() -> ModuleType:
    """The package open_clip, importable also beside a CPU build of torch.

    Raises:
        MissingDependencyError: if it is not installed.
    """
    declare_torchvision_operators()
    try:
        import open_clip
    except ImportError as error:
        package = error.name or "open_clip"
        raise MissingDependencyError(package, "openclip", "Loading open_clip models") from error
    return open_clip


def _check_architecture(library: ModuleType, architecture: str) -> None:
    names = library.list_models()
    if architecture not in names:
        near = get_close_matches(architecture, names, n=MAX_SUGGESTIONS, cutoff=0.3)
        raise UnknownNameError("open_clip architecture", architecture, near)
    if architecture.startswith("coca"):
        raise EncoderError(
            f"{architecture} writes captions besides and is not supported as an encoder. Use a "
            "CLIP or SigLIP architecture, as ViT-L-14."
        )


def _build(
    library: ModuleType, architecture: str, weights: str | Path | None
) -> tuple[Any, str | Path]:
    """The model with its weights, and where these came from."""
    tags = library.list_pretrained_tags_by_model(architecture)
    if weights is None:
        raise WeightsError(
            f"openclip:{architecture} needs weights, and none were named. Give weights= one of "
            f"the tags {', '.join(tags) or '(it has none)'}, a local file, or 'random'."
        )
    if weights == "random":
        return _create_random(library, architecture), weights
    if str(weights) in tags:
        _check_activation(library, architecture, _needs_quick(library, architecture, str(weights)))
        try:
            return library.create_model(architecture, pretrained=str(weights)), weights
        except (RuntimeError, OSError) as error:
            raise WeightsError(
                f"The weights {weights!r} of {architecture} cannot be fetched: {shorten(error)}. "
                "Check the "
                "network, or name a local file."
            ) from error
    if Path(weights).suffix == "" and not Path(weights).exists():
        raise UnknownNameError(f"pretrained tag of {architecture}", str(weights), tags)
    return _load_file(library, architecture, Path(weights)), weights


def _create_random(library: ModuleType, architecture: str) -> Any:
    """A model without trained weights; the caller's random numbers stay as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return library.create_model(architecture, pretrained_text=False)


def _load_file(library: ModuleType, architecture: str, path: Path) -> Any:
    """A model with the weights of a file, every one of which must fit."""
    from open_clip.convert import convert_state_dict
    from open_clip.model import convert_to_custom_text_state_dict

    weights = read_weights(path)
    _check_activation(library, architecture, _is_quick_file(path, weights))
    weights = {name: value for name, value in weights.items() if name not in OPENAI_EXTRAS}
    model = _create_random(library, architecture)
    weights = convert_state_dict(model, weights)
    if not hasattr(model, "positional_embedding"):
        weights = convert_to_custom_text_state_dict(weights)
    own = model.state_dict()
    for name in {"logit_scale", "logit_bias"} & set(weights) & set(own):
        weights[name] = weights[name].reshape(own[name].shape)  # some keep it as (1,)
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise WeightsError(
            f"{path} does not fit {architecture}: {shorten(error)}. Name the architecture it is of."
        ) from error
    return model


def _needs_quick(library: ModuleType, architecture: str, tag: str) -> bool:
    return bool(library.get_pretrained_cfg(architecture, tag).get("quick_gelu", False))


def _is_quick_file(path: Path, weights: dict[str, Tensor]) -> bool | None:
    """Whether weights were trained with QuickGELU; ``None`` where nothing shows it.

    A configuration beside the file says so. Else OpenAI's weights are known by the numbers that
    lie beside them, or by their mixture of half precision with norms in single precision.
    """
    if (neighbor := read_neighbor(path)) is not None:
        return bool(neighbor.get("model_cfg", {}).get("quick_gelu", False))
    if set(weights) >= OPENAI_EXTRAS or path.stem.lower() == "openai":
        return True
    first, norm = weights.get("visual.conv1.weight"), weights.get("ln_final.weight")
    if first is not None and norm is not None and first.dtype == torch.float16:
        return norm.dtype == torch.float32 or None
    return None


def _check_activation(library: ModuleType, architecture: str, is_quick: bool | None) -> None:
    """Refuse weights trained with the other activation: they load, and give wrong numbers."""
    has_quick = bool(library.get_model_config(architecture).get("quick_gelu", False))
    plain = architecture.removesuffix(QUICK)
    right = plain + QUICK if is_quick else plain
    if is_quick in (None, has_quick) or right not in library.list_models() or right == architecture:
        return
    raise WeightsError(
        f"These weights were trained with {'QuickGELU' if is_quick else 'GELU'}, and "
        f"{architecture} computes with {'QuickGELU' if has_quick else 'GELU'}: they would load and "
        f"give wrong numbers. Use 'openclip:{right}'."
    )


def _load_tokenizer(library: ModuleType, architecture: str) -> Any:
    """The tokenizer, or the error that says why there is none; raised when a text comes."""
    try:
        return library.get_tokenizer(architecture)
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        return EncoderError(
            f"The tokenizer of {architecture} is on the Hugging Face hub and cannot be fetched: "
            f"{str(error).splitlines()[0]} Pictures can be encoded without it."
        )


def _make_text_side(model: Any, tokenizer: Any) -> TextSide:
    def embed(texts: list[str]) -> Tensor:
        if isinstance(tokenizer, EncoderError):
            raise tokenizer
        return embed_tokens(model, tokenizer(texts).to(model.logit_scale.device))

    return TextSide(
        embed=embed,
        tokenizer_digest=digest_texts(_describe(tokenizer)),
        image_prefixes=("visual.",),
        logit_scale=model.logit_scale.detach().exp().item(),
    )


def _describe(tokenizer: Any) -> str:
    """Everything that decides which numbers a text becomes."""
    cleaning = getattr(getattr(tokenizer, "clean_fn", None), "__name__", "")
    settings = [type(tokenizer).__name__, cleaning, str(getattr(tokenizer, "context_length", ""))]
    settings.append(str(getattr(tokenizer, "strip_sep_token", "")))
    inner = getattr(tokenizer, "tokenizer", None)  # Hugging Face's, inside open_clip's
    if inner is not None:
        return "\n".join([*settings, describe_tokenizer(inner)])
    return "\n".join([*settings, json.dumps(sorted(getattr(tokenizer, "encoder", {}).items()))])


def _find_blocks(model: nn.Module) -> list[str] | None:
    for container in CONTAINERS:
        try:
            blocks = model.get_submodule(container)
        except AttributeError:
            continue
        return [f"{container}.{name}" for name, _ in blocks.named_children()]
    return None


@contextmanager
def quiet_logging() -> Iterator[None]:
    """Keep open_clip, which logs on the root logger, from setting logging up on its own."""
    root, handler = logging.getLogger(), logging.NullHandler()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
