"""Feature visualization: a picture made from noise that an encoder finds like the second one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.progress import show_progress
from seewhy.similarity.explanation import Findings, MadePicture
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair import Pair

Goal = Literal["score", "feature"]


@dataclass(frozen=True, kw_only=True)
class VisualizationSettings:
    """How a picture is made. The weights are those of the published notebook."""

    goals: tuple[Goal, ...] = ("score", "feature")
    """``score``: be like the second picture; ``feature``: excite what it excites."""
    layer: int | str = -2
    """Number or name of the stage or block that both are compared at."""
    num_octaves: int = 10
    octave_scale: float = 1.4
    steps: int = 20
    """In each octave."""
    learning_rate: float = 0.01
    divides_by_mean: bool = True
    """Whether a step is divided by the mean size of its values."""
    smallness: float = 1e-3
    """Weight against long pixel vectors."""
    smoothness: float = 1e-3
    """Weight against differences of neighbors."""
    distance: float = 0.0
    """Weight of the mean squared distance of the features, added to the score as published."""
    ema: float = 0.0
    """Share of the picture's own features in the direction that ``feature`` goes."""
    blurs: bool = True
    """Whether gradients are blurred, more from step to step."""
    overwrites: bool = False
    """Whether the direction is written over the features before the way back, as published: the
    last rectifier then passes where the direction is positive, not the features."""

    def __post_init__(self) -> None:
        if not self.goals or any(goal not in ("score", "feature") for goal in self.goals):
            raise InvalidArgumentError(f"goals are 'score' and 'feature', got {self.goals}.")
        if self.num_octaves < 1 or self.steps < 1 or self.octave_scale <= 1:
            raise InvalidArgumentError(
                "num_octaves and steps are at least 1, octave_scale is above 1, got "
                f"{self.num_octaves}, {self.steps} and {self.octave_scale}."
            )


PUBLISHED_VISUALIZATION = VisualizationSettings(overwrites=True)


def visualize_features(pair: Pair, settings: VisualizationSettings) -> Findings:
    """Feature visualization: what the second picture is to a layer, painted from almost nothing.

    From small to large, a picture is improved by gradient ascent, and what was added is enlarged
    and carried on. Shown is what was added.

    Source: arXiv:2206.09753, first released code.
    Differs: by default the optimized picture is normalized as the encoder's pictures are, and the
        gradient of ``feature`` is the true one. A transformer, which has one size, sees octaves
        enlarged to it. See docs/decisions/optimized-pictures.md.
    """
    target = pair.views[1]
    numbers = torch.Generator().manual_seed(pair.effort.seed)
    start = 1e-2 * torch.rand(target.shape, generator=numbers).to(target)
    made = []
    for goal in settings.goals:
        painted = paint(pair.model, target, start, goal, settings, progress=pair.effort.progress)
        shown = painted.added[0].permute(1, 2, 0).clamp(0, 1).cpu().numpy()
        made.append(MadePicture(shown, f"maximal {goal}", np.array(painted.gains)[:, None]))
    return Findings(made=tuple(made))


@dataclass(frozen=True, eq=False)
class Painted:
    """What came out of the octaves."""

    picture: Tensor
    """(1, 3, height, width), 0 to 1."""
    added: Tensor
    """The picture less what it was begun with."""
    gains: list[float]
    """What is maximized, before each step."""
    sizes: list[tuple[int, int]]
    """Height and width of the octaves, smallest first."""


def paint(
    model: PairModel,
    target: Tensor,
    start: Tensor,
    goal: Goal,
    settings: VisualizationSettings,
    *,
    progress: bool = False,
) -> Painted:
    """Paint a picture for a goal.

    Args:
        model: the encoder.
        target: pixels that it shall be like, normalized, (1, 3, height, width).
        start: what to begin with, 0 to 1, likewise.
        goal: what is maximized.
        settings: how.
        progress: whether a bar counts octaves.
    """
    sizes = find_octaves((start.shape[2], start.shape[3]), settings)
    added, picture = torch.zeros_like(zoom(start, sizes[0])), start
    gains: list[float] = []
    for size in show_progress(sizes, description="Octaves", total=len(sizes), enabled=progress):
        base = zoom(start, size)
        with torch.no_grad():
            wanted = _encode(model, zoom(target, size), settings.layer)
        picture = base + zoom(added, size)
        for step in range(1, settings.steps + 1):
            gain, slope = _ascend(model, picture, wanted, goal, settings)
            if settings.blurs:
                slope = blur_slope(slope, 2 * step / settings.steps + 0.5)
            rate = settings.learning_rate
            if settings.divides_by_mean:
                rate = rate / slope.abs().mean().clamp(min=1e-12)
            picture = (picture + rate * slope).clamp(0, 1)
            gains.append(gain)
        added = picture - base
    return Painted(picture, added, gains, sizes)


def find_octaves(size: tuple[int, int], settings: VisualizationSettings) -> list[tuple[int, int]]:
    """Height and width of each octave, smallest first; each is rounded from the one before."""
    sizes = [size]
    for _ in range(settings.num_octaves - 1):
        height, width = (round(side / settings.octave_scale) for side in sizes[-1])
        sizes.append((max(1, height), max(1, width)))
    return sizes[::-1]


def zoom(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Pixels at another size, in straight lines between pixels, corners on corners."""
    return F.interpolate(pixels, size, mode="bilinear", align_corners=True)


def find_roughness(pixels: Tensor) -> Tensor:
    """Sum of the squared differences of neighbors."""
    down, across = pixels.diff(dim=2), pixels.diff(dim=3)
    return down.square().sum() + across.square().sum()


def blur_slope(slope: Tensor, sigma: float) -> Tensor:
    """A gradient blurred along rows and columns."""
    values = slope.cpu().numpy()
    for axis in (2, 3):
        values = gaussian_filter1d(values, sigma, axis=axis)
    return torch.from_numpy(values).to(slope)


def _ascend(
    model: PairModel, picture: Tensor, wanted: Tensor, goal: Goal, settings: VisualizationSettings
) -> tuple[float, Tensor]:
    """What is maximized, and its gradient by the pixels."""
    leaf = picture.detach().clone().requires_grad_()
    pixels = leaf if settings.overwrites else model.normalize(leaf)
    with torch.enable_grad():
        features = _encode(model, pixels, settings.layer)
    cost = settings.smallness * leaf.norm() + settings.smoothness * find_roughness(leaf)
    if goal == "score":
        gain = F.cosine_similarity(features.flatten(), wanted.flatten(), dim=0)
        gain = gain + settings.distance * (features - wanted).square().mean()
        (slope,) = torch.autograd.grad(gain - cost, leaf)
        return float((gain - cost).detach()), slope
    mixed = settings.ema * features.detach() + (1 - settings.ema) * wanted
    length = mixed.norm()
    if settings.overwrites:
        features.data.copy_(mixed)  # .data: the way back shall see it
    (uphill,) = torch.autograd.grad(features, leaf, mixed / length)
    (downhill,) = torch.autograd.grad(cost, leaf, allow_unused=True)
    return float((length - cost).detach()), uphill - downhill


def _encode(model: PairModel, pixels: Tensor, layer: int | str) -> Tensor:
    """Features of pixels of any size."""
    if model.layout.kind == "vit":
        pixels = zoom(pixels, model.encoder.preprocessing.size)
    return model.feature_map(pixels, layer=layer)
