"""The checkpoints that the authors of Show, Edit and Tell, and of Look and Modify, published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from seewhy.captions.dcnet import DCNet, DCNetConfig, DCNetWithMSE
from seewhy.captions.decoder import CaptionDecoder
from seewhy.captions.editnet import EditNet, EditNetConfig
from seewhy.captions.inputs import Compat
from seewhy.captions.modification import ModificationConfig, ModificationNetwork
from seewhy.encoders.pickled_modules import PickledModule, read_pickled_modules
from seewhy.encoders.weight_files import keep_tensors, shorten
from seewhy.errors import DataFormatError, WeightsError
from seewhy.text.word_vocabulary import WordVocabulary

KEYS = ("decoder", "dae", "dae_ar", "dae_mse")
RESNET_PARTS = {
    "0": "conv1",
    "1": "bn1",
    "4": "layer1",
    "5": "layer2",
    "6": "layer3",
    "7": "layer4",
}


@dataclass(frozen=True)
class OfficialCheckpoint:
    """What a published checkpoint holds."""

    model: CaptionDecoder[Any, Any]
    """In evaluation mode."""
    vocabulary: WordVocabulary | None
    """Where the checkpoint holds it, as those of Show, Edit and Tell do."""
    epoch: int | None
    cider: float | None
    """On the validation split."""
    encoder: Mapping[str, Tensor] | None
    """Weights of the ResNet beside it, under torchvision's names, where there is one."""


def load_official(
    path: str | Path,
    *,
    vocabulary: WordVocabulary | None = None,
    compat: Compat = "default",
    is_last_global: bool = False,
) -> OfficialCheckpoint:
    """Load a published checkpoint, whatever is in it, with nothing of it run.

    Sizes are read from the weights; the vocabulary from the checkpoint itself if it is there.

    Args:
        path: ``editnet.tar``, ``dcnet_rl.tar``, ``BEST_checkpoint_*.pth.tar`` or the like.
        vocabulary: of the model, where the checkpoint holds none.
        compat: of the model.
        is_last_global: of a modification network: whether it looks at ``pool_resnet``'s regions.

    Raises:
        MissingFileError: if it is not there.
        WeightsError: if it is damaged, unsafe, or holds no captioning model of these papers, or
            one whose words the vocabulary does not fit.
    """
    content = read_pickled_modules(path)
    key = next((key for key in KEYS if key in content), None)
    if key is None:
        raise WeightsError(
            f"{path} holds none of {', '.join(KEYS)}, but {', '.join(sorted(content)) or 'nothing'}"
            ". Name a checkpoint of Show, Edit and Tell or of Look and Modify."
        )
    module = content[key]
    weights = _take_weights(module, f"{path}: {key}")
    model = build_model(weights, source=str(path), compat=compat)
    if isinstance(model, ModificationNetwork) and is_last_global:
        model.config = replace(model.config, is_last_global=True)
    found = _find_vocabulary(module, str(path)) or vocabulary
    if found is not None and len(found) != model.vocabulary:
        raise WeightsError(
            f"{path} is of {model.vocabulary} words, but the vocabulary has {len(found)}. Give "
            "the word map it was trained with."
        )
    encoder = content.get("encoder")
    return OfficialCheckpoint(
        model=model.eval(),
        vocabulary=found,
        epoch=_take_number(content.get("epoch"), int),
        cider=_take_number(content.get("cider"), float),
        encoder=_rename_resnet(encoder) if isinstance(encoder, PickledModule) else None,
    )


def build_model(
    weights: Mapping[str, Tensor], *, source: str, compat: Compat = "default"
) -> CaptionDecoder[Any, Any]:
    """The model that weights under the published names belong to.

    Raises:
        WeightsError: if they belong to none, or do not make it whole.
    """
    build = next((build for mark, build in KINDS if mark in weights), None)
    if build is None:
        raise WeightsError(
            f"{source} holds the weights of no EditNet, DCNet or modification network; the first "
            f"are {', '.join(sorted(weights)[:3]) or 'none'}."
        )
    try:
        model = build(weights, compat)
        model.load_state_dict(dict(weights))
    except KeyError as error:
        raise WeightsError(f"{source} lacks the weights {error}.") from error
    except (RuntimeError, ValueError) as error:
        raise WeightsError(f"{source} does not make a whole model: {shorten(error)}.") from error
    return model


def _build_dcnet_with_mse(weights: Mapping[str, Tensor], compat: Compat) -> DCNetWithMSE:
    inner = {n.removeprefix("dae."): v for n, v in weights.items() if n.startswith("dae.")}
    return DCNetWithMSE(DCNet(DCNetConfig.from_weights(inner)))


KINDS: tuple[tuple[str, Callable[[Mapping[str, Tensor], Compat], Any]], ...] = (
    ("copy_lstm.x2h.weight", lambda w, c: EditNet(EditNetConfig.from_weights(w), compat=c)),
    ("affine_hidden.weight", _build_dcnet_with_mse),
    ("language_lstm.weight_ih", lambda w, c: DCNet(DCNetConfig.from_weights(w))),
    (
        "top_down_attention.x_gate.weight",
        lambda w, c: ModificationNetwork(ModificationConfig.from_weights(w), compat=c),
    ),
)
"""Weights that only one kind of model has, and what builds it; the first that fits counts."""


def _take_weights(module: Any, source: str) -> dict[str, Tensor]:
    if isinstance(module, PickledModule):
        return keep_tensors(module.weights)
    if isinstance(module, dict):
        return keep_tensors(module)
    raise WeightsError(f"{source} is a {type(module).__name__}, not a module or its weights.")


def _find_vocabulary(module: Any, source: str) -> WordVocabulary | None:
    """The word map that the embedding of a Show, Edit and Tell model holds."""
    if not isinstance(module, PickledModule):
        return None
    maps = [v for n, v in module.attributes.items() if n.rpartition(".")[2] == "word_map"]
    maps = [word_map for word_map in maps if isinstance(word_map, dict)]
    try:
        return WordVocabulary.from_word_map(maps[0]) if maps else None
    except DataFormatError as error:
        raise WeightsError(f"{source} holds a word map that is none: {error}") from error


def _take_number(value: Any, kind: Callable[[Any], Any]) -> Any:
    return kind(value) if isinstance(value, (int, float)) else None


def _rename_resnet(encoder: PickledModule) -> dict[str, Tensor]:
    """A ResNet that was kept as a row of its parts, under torchvision's names."""
    renamed = {}
    for name, value in encoder.weights.items():
        number, _, rest = name.removeprefix("resnet.").partition(".")
        renamed[f"{RESNET_PARTS.get(number, number)}.{rest}"] = value
    return renamed
