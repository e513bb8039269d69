"""All methods, and ``explain``: why an encoder finds two pictures alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch

from seewhy.encoders.base import TorchImageEncoder
from seewhy.errors import EncoderError, InvalidArgumentError, UnknownNameError
from seewhy.results import Provenance
from seewhy.similarity import (
    averaged_transforms,
    baselines,
    feature_visualization,
    gradients,
    interaction_cam,
    model_difference,
    occlusion,
    pairwise_occlusion,
    pixel_invariance,
)
from seewhy.similarity.explanation import Findings, PairExplanation
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair import Pair
from seewhy.similarity.passes import Effort, Precision

Compat = Literal["default", "published"]


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to explain a similarity."""

    title: str
    run: Callable[[Pair, Any], Findings]
    """From a pair and settings of the kind of ``default`` to what was found."""
    default: Any
    """Our settings."""
    published: Any
    """Those of the released code, faults included."""
    cost: str
    """Forward passes of one picture (F) and backward passes (B) at our settings, 224 pixels."""
    is_baseline: bool = False
    """Whether it is there to judge others by."""


METHODS: dict[str, Method] = {
    "conditional-occlusion": Method(
        title="Conditional occlusion",
        run=occlusion.occlude,
        default=occlusion.OcclusionSettings(),
        published=occlusion.PUBLISHED_OCCLUSION,
        cost="884 F",
    ),
    "context-agnostic-occlusion": Method(
        title="Context-agnostic conditional occlusion",
        run=occlusion.occlude_context_agnostic,
        default=occlusion.OcclusionSettings(),
        published=occlusion.PUBLISHED_OCCLUSION,
        cost="1,766 F; 882 of them shared with conditional occlusion",
    ),
    "pairwise-occlusion": Method(
        title="Pairwise occlusion",
        run=pairwise_occlusion.occlude_pairwise,
        default=pairwise_occlusion.PairwiseSettings(),
        published=pairwise_occlusion.PUBLISHED_PAIRWISE,
        cost="884 F, all shared with conditional occlusion",
    ),
    "interaction-cam": Method(
        title="Interaction-CAM",
        run=interaction_cam.map_interaction,
        default=interaction_cam.InteractionSettings(),
        published=interaction_cam.PUBLISHED_INTERACTION,
        cost="2 F, 2 B of the head",
    ),
    "averaged-transforms": Method(
        title="Averaged transforms",
        run=averaged_transforms.average_transforms,
        default=averaged_transforms.AveragedSettings(),
        published=averaged_transforms.PUBLISHED_AVERAGED,
        cost="11 F, 11 B",
    ),
    "pixel-invariance": Method(
        title="Pixel invariance",
        run=pixel_invariance.map_invariance,
        default=pixel_invariance.InvarianceSettings(),
        published=pixel_invariance.PUBLISHED_INVARIANCE,
        cost="2,002 F",
    ),
    "feature-visualization": Method(
        title="Feature visualization",
        run=feature_visualization.visualize_features,
        default=feature_visualization.VisualizationSettings(),
        published=feature_visualization.PUBLISHED_VISUALIZATION,
        cost="420 F, 400 B, most of small pictures",
    ),
    "model-difference": Method(
        title="Model difference visualization",
        run=model_difference.visualize_difference,
        default=model_difference.DifferenceSettings(),
        published=model_difference.PUBLISHED_DIFFERENCE,
        cost="1,212 F, 1,206 B of a part of two encoders",
    ),
    "grad-cam": Method(
        title="Grad-CAM on the similarity",
        run=interaction_cam.grad_cam,
        default=interaction_cam.GradCamSettings(),
        published=interaction_cam.GradCamSettings(),
        cost="2 F, 2 B of the head",
        is_baseline=True,
    ),
    "input-x-gradient": Method(
        title="Input x gradient",
        run=gradients.multiply_gradients,
        default=gradients.GradientSettings(),
        published=gradients.GradientSettings(),
        cost="2 F, 2 B",
        is_baseline=True,
    ),
    "smooth-grad": Method(
        title="Smooth-Grad",
        run=gradients.smooth_gradients,
        default=gradients.SmoothSettings(),
        published=gradients.PUBLISHED_SMOOTH,
        cost="100 F, 100 B",
        is_baseline=True,
    ),
    "random": Method(
        title="Random map",
        run=baselines.map_at_random,
        default=baselines.RandomSettings(),
        published=baselines.RandomSettings(),
        cost="none",
        is_baseline=True,
    ),
    "center": Method(
        title="Center map",
        run=baselines.map_center,
        default=baselines.CenterSettings(),
        published=baselines.CenterSettings(),
        cost="none",
        is_baseline=True,
    ),
    "edges": Method(
        title="Edge map",
        run=baselines.map_edges,
        default=baselines.EdgeSettings(),
        published=baselines.EdgeSettings(),
        cost="none",
        is_baseline=True,
    ),
}


def find_method(name: str) -> Method:
    """The method ``name``.

    Raises:
        UnknownNameError: if it is not in ``METHODS``.
    """
    if name not in METHODS:
        raise UnknownNameError("method", name, METHODS)
    return METHODS[name]


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
    return explain_pair(pair, method, compat=compat, settings=settings)


def explain_all(
    encoder: TorchImageEncoder | PairModel,
    image_a: Any,
    image_b: Any,
    *,
    methods: Sequence[str] = tuple(METHODS),
    compat: Compat = "default",
    other: TorchImageEncoder | PairModel | None = None,
    batch_size: int = 32,
    seed: int = 0,
    progress: bool = False,
    precision: Precision = "float32",
) -> Iterator[PairExplanation]:
    """Explain a pair by several methods, one after the other; what they share is computed once.

    Arguments are those of ``explain``. Methods yield as they are done.
    """
    for method in methods:
        find_method(method)  # before anything is computed
    effort = Effort(batch_size=batch_size, seed=seed, progress=progress, precision=precision)
    pair = read_pair(encoder, image_a, image_b, effort=effort, other=other)
    for method in methods:
        yield explain_pair(pair, method, compat=compat)


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
    pair: Pair, method: str, *, compat: Compat = "default", settings: Any = None
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
