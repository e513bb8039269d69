"""All encoders by name: one table from the word before the colon to what loads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from seewhy.errors import InvalidArgumentError, UnknownNameError

if TYPE_CHECKING:
    from seewhy.encoders.base import TorchImageEncoder

Weights = str | Path | None
ENCODER_TYPES = ("seewhy-dual-encoder", "seewhy-image-model")
"""What ``config.json`` of a bundled encoder calls it."""


@dataclass(frozen=True)
class EncoderEntry:
    """A line of the list of encoders."""

    name: str
    about: str
    is_installed: bool
    """Whether the packages it needs are there."""


def load_encoder(name: str, *, weights: Weights = None, device: str = "cpu") -> TorchImageEncoder:
    """Load the image encoder or dual encoder ``name``, in evaluation mode.

    Args:
        name: ``mini:NAME`` (bundled), ``folder:PATH`` (what ``seewhy train`` wrote),
            ``openclip:ARCHITECTURE``, ``hf:NAME_OR_FOLDER``, ``timm:ARCHITECTURE``, or a
            self-supervised checkpoint, as ``simsiam:resnet50`` (see ``list_encoders``).
        weights: for ``openclip`` and ``timm``: a pretrained tag, a local file, or ``random``;
            for self-supervised checkpoints the file. The others carry their own.
        device: where to compute, as ``cpu`` or ``cuda:1``.

    Raises:
        UnknownNameError: if there is no such encoder; guesses what was meant.
        WeightsError: if the weights are not there or do not fit.
        MissingDependencyError: if an extra is not installed; names it.
    """
    prefix, colon, rest = name.partition(":")
    if not colon or prefix not in LOADERS or not rest:
        raise UnknownNameError("encoder", name, [entry.name for entry in list_encoders()])
    return LOADERS[prefix](rest, weights, device)


def list_encoders() -> list[EncoderEntry]:
    """The bundled encoders by name, and the families that name many others."""
    minis = [EncoderEntry(f"mini:{name}", "bundled", True) for name in find_minis()]
    has_open_clip, has_timm = find_spec("open_clip") is not None, find_spec("timm") is not None
    return [
        *minis,
        EncoderEntry("folder:PATH", "what `seewhy train` wrote", True),
        EncoderEntry("openclip:ARCHITECTURE", "CLIP, SigLIP, ... of open_clip", has_open_clip),
        EncoderEntry("hf:NAME_OR_FOLDER", "CLIP, SigLIP, DINOv2, ... of transformers", True),
        EncoderEntry("timm:ARCHITECTURE", "image models of timm", has_timm),
        *(EncoderEntry(f"{family}:{example}", about, True) for family, example, about in FAMILIES),
    ]


def find_minis() -> list[str]:
    """Names of the bundled encoders; models of other kinds lie beside them."""
    from seewhy.encoders.config_files import read_config

    folders = (Path(__file__).parents[1] / "minis").glob("*/config.json")
    kinds = {path.parent.name: read_config(path.parent).get("model_type") for path in folders}
    return sorted(name for name, kind in kinds.items() if kind in ENCODER_TYPES)


def _load_mini(name: str, weights: Weights, device: str) -> TorchImageEncoder:
    from seewhy.encoders.mini import load_mini

    _refuse_weights(f"mini:{name}", weights)
    if name not in find_minis():
        raise UnknownNameError("encoder", f"mini:{name}", [entry.name for entry in list_encoders()])
    return load_mini(name, device)


def _load_folder(name: str, weights: Weights, device: str) -> TorchImageEncoder:
    from seewhy.encoders.mini import load_model_folder

    _refuse_weights(f"folder:{name}", weights)
    return load_model_folder(name, name=f"folder:{name}", device=device)


def _load_hugging_face(name: str, weights: Weights, device: str) -> TorchImageEncoder:
    from seewhy.encoders.huggingface import load_hugging_face

    _refuse_weights(f"hf:{name}", weights)
    return load_hugging_face(name, device=device)


def _load_open_clip(name: str, weights: Weights, device: str) -> TorchImageEncoder:
    from seewhy.encoders.openclip import load_open_clip

    return load_open_clip(name, weights=weights, device=device)


def _load_timm(name: str, weights: Weights, device: str) -> TorchImageEncoder:
    from seewhy.encoders.timm_models import load_timm

    return load_timm(name, weights=weights, device=device)


def _make_checkpoint_loader(family: str) -> Callable[[str, Weights, str], TorchImageEncoder]:
    """What loads a family of self-supervised checkpoints."""

    def load(name: str, weights: Weights, device: str) -> TorchImageEncoder:
        from seewhy.encoders.self_supervised import load_self_supervised

        return load_self_supervised(family, name, weights=weights, device=device)

    return load


FAMILIES = (  # of checkpoint files: name, an architecture, what it is
    ("simclrv2", "r50_1x", "SimCLRv2, published conversion: weights=r50_1x_sk0_ema.pth"),
    ("barlow-twins", "resnet50", "Barlow Twins, full checkpoint or backbone: weights=FILE"),
    ("simsiam", "resnet50", "SimSiam: weights=checkpoint_0099.pth.tar"),
    ("dino", "resnet50", "DINO, full checkpoint or backbone; also vits16, ...: weights=FILE"),
    ("moco-v3", "resnet50", "MoCo v3; also vits16, vitb16: weights=FILE"),
    ("byol", "resnet50", "BYOL, a ResNet or solo-learn's file: weights=FILE"),
    ("vicreg", "resnet50", "VICReg, full checkpoint or backbone: weights=FILE"),
    ("dinov2", "vits14", "DINOv2, with or without registers: weights=FILE"),
    ("resnet", "resnet50", "a ResNet under torchvision's names: weights=FILE or random"),
)
LOADERS: dict[str, Callable[[str, Weights, str], TorchImageEncoder]] = {
    "mini": _load_mini,
    "folder": _load_folder,
    "openclip": _load_open_clip,
    "hf": _load_hugging_face,
    "timm": _load_timm,
    **{family: _make_checkpoint_loader(family) for family, _, _ in FAMILIES},
}


def _refuse_weights(name: str, weights: Weights) -> None:
    """Say so where weights are given for what carries its own."""
    if weights is not None:
        raise InvalidArgumentError(
            f"{name} carries its own weights, but weights={str(weights)!r} were given. Leave "
            "them out, or name an architecture of openclip: or timm:."
        )
