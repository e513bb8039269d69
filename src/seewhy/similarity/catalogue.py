"""The catalogue of methods: what each is called, runs, says and costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from seewhy.errors import UnknownNameError
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
from seewhy.similarity.explanation import Findings
from seewhy.similarity.pair import Pair

Compat = Literal["default", "published"]


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to explain a similarity."""

    title: str
    says: str
    """What its map or picture shows, in a sentence."""
    limits: str
    """What it cannot say."""
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
        says=(
            "What of the similarity is lost when this place of one picture is hidden and "
            "the other is left as it is."
        ),
        limits=(
            "A place that is hidden looks like nothing the encoder was trained on; what "
            "two places say together is missed where either alone suffices."
        ),
        run=occlusion.occlude,
        default=occlusion.OcclusionSettings(),
        published=occlusion.PUBLISHED_OCCLUSION,
        cost="884 F",
    ),
    "context-agnostic-occlusion": Method(
        title="Context-agnostic conditional occlusion",
        says=(
            "What this place says of the other picture when nothing around it is seen, "
            "less what all the rest says."
        ),
        limits=(
            "Large parts that need their surroundings look unimportant; values are "
            "cosines of differences, not shares of the similarity."
        ),
        run=occlusion.occlude_context_agnostic,
        default=occlusion.OcclusionSettings(),
        published=occlusion.PUBLISHED_OCCLUSION,
        cost="1,766 F; 882 of them shared with conditional occlusion",
    ),
    "pairwise-occlusion": Method(
        title="Pairwise occlusion",
        says=(
            "What is lost by hiding this place, on average over what is hidden in the "
            "other picture at the same time."
        ),
        limits=(
            "An average: which place of the one goes with which of the other is in the "
            "interaction, not in the maps."
        ),
        run=pairwise_occlusion.occlude_pairwise,
        default=pairwise_occlusion.PairwiseSettings(),
        published=pairwise_occlusion.PUBLISHED_PAIRWISE,
        cost="884 F, all shared with conditional occlusion",
    ),
    "interaction-cam": Method(
        title="Interaction-CAM",
        says=("Where channels are strong that both pictures use and that the similarity gains by."),
        limits=(
            "As coarse as the encoder's last map, and blind to what comes of positions "
            "put together behind it."
        ),
        run=interaction_cam.map_interaction,
        default=interaction_cam.InteractionSettings(),
        published=interaction_cam.PUBLISHED_INTERACTION,
        cost="2 F, 2 B of the head",
    ),
    "averaged-transforms": Method(
        title="Averaged transforms",
        says=(
            "Which pixels the similarity gains by, averaged on the way from one picture "
            "to the other."
        ),
        limits=(
            "Single pixels of it are noise; it says how the similarity would change a "
            "little, not what it consists of."
        ),
        run=averaged_transforms.average_transforms,
        default=averaged_transforms.AveragedSettings(),
        published=averaged_transforms.PUBLISHED_AVERAGED,
        cost="11 F, 11 B",
    ),
    "pixel-invariance": Method(
        title="Pixel invariance",
        says=("Which pixels keep a picture like itself when its colors change and parts vanish."),
        limits=(
            "Of each picture by itself: it knows nothing of the other one. A linear "
            "stand-in for the encoder, good only where its fit converged."
        ),
        run=pixel_invariance.map_invariance,
        default=pixel_invariance.InvarianceSettings(),
        published=pixel_invariance.PUBLISHED_INVARIANCE,
        cost="2,002 F",
    ),
    "feature-visualization": Method(
        title="Feature visualization",
        says=("A picture made from almost nothing that a layer finds like the second picture."),
        limits="One of many such pictures; what is missing in it may still count.",
        run=feature_visualization.visualize_features,
        default=feature_visualization.VisualizationSettings(),
        published=feature_visualization.PUBLISHED_VISUALIZATION,
        cost="420 F, 400 B, most of small pictures",
    ),
    "model-difference": Method(
        title="Model difference visualization",
        says=(
            "The second picture as a layer of each of two encoders holds it, painted from noise."
        ),
        limits=(
            "Shows what is kept, not what is used; deep layers keep little that can be painted."
        ),
        run=model_difference.visualize_difference,
        default=model_difference.DifferenceSettings(),
        published=model_difference.PUBLISHED_DIFFERENCE,
        cost="1,212 F, 1,206 B of a part of two encoders",
    ),
    "grad-cam": Method(
        title="Grad-CAM on the similarity",
        says="Where channels are strong that the similarity gains by.",
        limits="As Interaction-CAM, of each picture by itself.",
        run=interaction_cam.grad_cam,
        default=interaction_cam.GradCamSettings(),
        published=interaction_cam.GradCamSettings(),
        cost="2 F, 2 B of the head",
        is_baseline=True,
    ),
    "input-x-gradient": Method(
        title="Input x gradient",
        says="Which pixels the similarity gains by.",
        limits=("Noisy, and much the same for an encoder of random weights where edges decide."),
        run=gradients.multiply_gradients,
        default=gradients.GradientSettings(),
        published=gradients.GradientSettings(),
        cost="2 F, 2 B",
        is_baseline=True,
    ),
    "smooth-grad": Method(
        title="Smooth-Grad",
        says="The same, averaged over noisy copies.",
        limits="As input x gradient.",
        run=gradients.smooth_gradients,
        default=gradients.SmoothSettings(),
        published=gradients.PUBLISHED_SMOOTH,
        cost="100 F, 100 B",
        is_baseline=True,
    ),
    "random": Method(
        title="Random map",
        says="Nothing: drawn by chance.",
        limits="A method that is no better says nothing.",
        run=baselines.map_at_random,
        default=baselines.RandomSettings(),
        published=baselines.RandomSettings(),
        cost="none",
        is_baseline=True,
    ),
    "center": Method(
        title="Center map",
        says="Nothing of the encoder: the middle of the picture.",
        limits="Photographs are often of what is in the middle.",
        run=baselines.map_center,
        default=baselines.CenterSettings(),
        published=baselines.CenterSettings(),
        cost="none",
        is_baseline=True,
    ),
    "edges": Method(
        title="Edge map",
        says="Nothing of the encoder: where brightness changes.",
        limits="What a map may show that knows no encoder.",
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
