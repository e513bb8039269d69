"""All methods, and ``explain``: why an encoder finds two pictures alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seewhy.encoders.base import TorchImageEncoder
from seewhy.errors import EncoderError, InvalidArgumentError
from seewhy.results import Provenance
from seewhy.similarity.catalogue import METHODS, Compat, find_method
from seewhy.similarity.explanation import Findings, PairExplanation
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair import Pair
from seewhy.similarity.passes import Effort, Precision


def explain(
    encoder: TorchImageEncoder | PairModel,
    image_a: Any,
    image_b: Any,
    *,
    method: str = "interaction-cam",
    compat: Compat = "default",
    settings: Any = None,
    other: TorchImageEncoder | PairModel | None = None,
    batch_size: int = 32,
    seed: int = 0,
    progress: bool = False,
    precision: Precision = "float32",
) -> PairExplanation:
    """Explain why an encoder finds two pictures alike.

    Args:
        encoder: from ``load_encoder`` or ``wrap_module``; a ``PairModel`` to choose its layer.
        image_a: a path, PIL picture, array (height, width, 3) or tensor (3, height, width).
        image_b: likewise; two views of one picture, or two pictures.
        method: a name of ``METHODS``.
        compat: ``published`` for what the released code does, faults included.
        settings: of the method, as its ``default``; ``None`` for those that ``compat`` names.
        other: a second encoder, for ``model-difference``.
        batch_size: pictures in one forward pass.
        seed: of everything random.
        progress: whether bars are shown.
        precision: ``bf16`` for passes that take half the time and move similarities by some
            thousandths; see ``Effort``.

    Raises:
        UnknownNameError: if there is no such method.
        InvalidArgumentError: if the settings are of another method, or out of range.
        EncoderError: if the encoder cannot give what the method needs.
        ImageReadError: if a picture cannot be read.

    Source: Sammani et al., Visualizing and Understanding Contrastive Learning (TIP 2023),
        arXiv:2206.09753.
    Differs: each method says where its defaults differ; ``compat="published"`` does not.
    """
    effort = Effort(batch_size=batch_size, seed=seed, progress=progress, precision=precision)
    pair = read_pair(encoder, image_a, image_b, effort=effort, other=other)
    names = name_pictures(image_a, image_b)
    return explain_pair(pair, method, compat=compat, settings=settings, names=names)


def explain_all(
    encoder: TorchImageEncoder | PairModel,
    image_a: Any,
    image_b: Any,
    *,
    methods: Sequence[str] = tuple(METHODS),
    compat: Compat = "default",
    settings: Mapping[str, Any] | None = None,
    other: TorchImageEncoder | PairModel | None = None,
    batch_size: int = 32,
    seed: int = 0,
    progress: bool = False,
    precision: Precision = "float32",
) -> Iterator[PairExplanation]:
    """Explain a pair by several methods, one after the other; what they share is computed once.

    Arguments are those of ``explain``; ``settings`` are by method. Methods yield as they are done.
    """
    for method in methods:
        find_method(method)  # before anything is computed
    effort = Effort(batch_size=batch_size, seed=seed, progress=progress, precision=precision)
    pair = read_pair(encoder, image_a, image_b, effort=effort, other=other)
    names, given = name_pictures(image_a, image_b), settings or {}
    for method in methods:
        yield explain_pair(pair, method, compat=compat, settings=given.get(method), names=names)


def name_pictures(image_a: Any, image_b: Any) -> tuple[str, str]:
    """What two pictures are called: by their files, else by their numbers."""
    first, second = (
        Path(image).name if isinstance(image, (str, Path)) else f"picture {number}"
        for number, image in ((1, image_a), (2, image_b))
    )
    return first, second


def read_pair(
    encoder: TorchImageEncoder | PairModel,
    image_a: Any,
    image_b: Any,
    *,
    effort: Effort | None = None,
    other: TorchImageEncoder | PairModel | None = None,
) -> Pair:
    """Two pictures before an encoder, as its preprocessing wants them."""
    model = as_pair_model(encoder)
    first, second = (model.encoder.preprocess([image]) for image in (image_a, image_b))
    counterpart = None if other is None else as_pair_model(other)
    return Pair(model, first, second, effort=effort, other=counterpart)


def as_pair_model(encoder: Any) -> PairModel:
    """An encoder as the methods use it.

    Raises:
        EncoderError: if it is no encoder of ours.
    """
    if isinstance(encoder, PairModel):
        return encoder
    if not isinstance(encoder, TorchImageEncoder):
        raise EncoderError(
            f"An encoder is needed, got {type(encoder).__name__}. Get one from load_encoder, or "
            "put a torch module of your own into wrap_module(module, preprocessing=...)."
        )
    return PairModel(encoder)


def explain_pair(
    pair: Pair,
    method: str,
    *,
    compat: Compat = "default",
    settings: Any = None,
    names: tuple[str, str] = ("picture 1", "picture 2"),
) -> PairExplanation:
    """Explain a pair by one method; see ``explain``."""
    chosen = find_method(method)
    if compat not in ("default", "published"):
        raise InvalidArgumentError(f"compat must be 'default' or 'published', got {compat!r}.")
    if settings is None:
        settings = chosen.published if compat == "published" else chosen.default
    if type(settings) is not type(chosen.default):
        raise InvalidArgumentError(
            f"{method} takes settings of the kind {type(chosen.default).__name__}, got "
            f"{type(settings).__name__}."
        )
    found = chosen.run(pair, settings)
    first, second = pair.pictures()
    second = second if found.replaced is None else found.replaced
    return PairExplanation(
        method=method,
        score=pair.score,
        pictures=(first, second),
        maps=found.maps,
        made=found.made,
        interaction=found.interaction,
        facts=found.facts,
        notes=(*found.notes, *_find_oddities(pair, found)),
        settings=asdict(settings),
        compat=compat,
        provenance=_trace(pair, method, compat, settings),
        names=names if found.replaced is None else (names[0], f"{names[0]}, changed"),
    )


def _find_oddities(pair: Pair, found: Findings) -> Iterator[str]:
    """What a reader of the maps should know."""
    first, second = pair.views
    if first.shape == second.shape and torch.equal(first, second):
        yield "Both pictures are the same to the encoder, so every change makes them less alike."
    for each in found.maps:
        if np.ptp(each.values) == 0:
            yield f"The map of picture {each.view} is flat: no place differs from another."


def _trace(pair: Pair, method: str, compat: str, settings: Any) -> Provenance:
    kept = {"method": method, "compat": compat, **asdict(settings)}
    kept["precision"] = pair.effort.precision
    if pair.other is not None:
        kept |= {"other": pair.other.encoder.name, "other_digest": pair.other.encoder.digest}
    encoder = pair.model.encoder
    return Provenance(
        model=encoder.name, model_digest=encoder.digest, settings=kept, seed=pair.effort.seed
    )
