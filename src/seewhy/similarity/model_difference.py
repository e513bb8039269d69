"""Model difference: the second picture as two encoders see it, each painted from noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.progress import show_progress
from seewhy.similarity.explanation import Findings, MadePicture
from seewhy.similarity.feature_visualization import find_roughness
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair import Pair

Optimizer = Literal["adam", "momentum"]


@dataclass(frozen=True, kw_only=True)
class DifferenceSettings:
    """How pictures are made."""

    layers: tuple[int | str, ...] = (0, 1, 2)
    """Stages or blocks whose features the picture shall have; names or numbers."""
    steps: int = 201
    optimizer: Optimizer = "adam"
    """``momentum``: SGD with momentum 0.9, as published; at its rate the result is chance."""
    learning_rate: float = 0.02
    drops: tuple[int, ...] = (101, 151)
    """Steps after which the rate becomes a tenth."""
    feature_weight: float = 0.1
    power: int = 6
    power_weight: float = 1e-7
    smoothness: float = 1e-5
    """Weight against differences of neighbors, which a layer with strides does not see."""
    start_level: float = 0.5
    """Mean of the noise that pictures are begun with; 0 as published, half of which is cut off."""
    start_scale: float = 0.01
    """Its standard deviation, 0.1 as published: what a layer does not see stays as it began."""
    normalizes: bool = True
    """Whether the painted picture is normalized as the encoder's pictures are; as published only
    the picture it shall be like is."""

    def __post_init__(self) -> None:
        if self.optimizer not in ("adam", "momentum"):
            raise InvalidArgumentError(
                f"optimizer must be 'adam' or 'momentum', got {self.optimizer!r}."
            )
        if self.steps < 1 or not self.layers:
            raise InvalidArgumentError(
                f"steps is at least 1 and layers not empty, got {self.steps} and {self.layers}."
            )


PUBLISHED_DIFFERENCE = DifferenceSettings(
    optimizer="momentum",
    learning_rate=1e4,
    drops=(1, 41, 81, 121, 161, 201),
    smoothness=1e-8,
    start_level=0.0,
    start_scale=0.1,
    normalizes=False,
)


def visualize_difference(pair: Pair, settings: DifferenceSettings) -> Findings:
    """Model difference visualization: what of the second picture a layer of each encoder keeps.

    Two pictures of one layer that differ show what one encoder keeps and the other drops.

    Args:
        pair: whose second picture is painted again, by its encoder and by ``pair.other``, as
            published a supervised one.
        settings: how.

    Source: arXiv:2206.09753.
    Differs: by default each encoder sees pictures normalized as it wants them, and Adam takes
        steps that do not depend on the scale of the loss; as published the rate is so high that
        rounding decides the result, and falls only for the encoder, not the ``other``.
        See docs/decisions/optimized-pictures.md.
    """
    made, facts = [], {}
    unit = pair.model.to_unit_range(pair.views[1])
    for role, model in (("encoder", pair.model), ("other", pair.other)):
        if model is None:
            continue
        target = model.normalize(unit)
        is_spared = settings.optimizer == "momentum" and role == "other"  # as published
        drops = () if is_spared else settings.drops
        for layer in settings.layers:
            numbers = torch.Generator().manual_seed(pair.effort.seed)
            noise = torch.randn(target.shape, generator=numbers)
            start = settings.start_level + settings.start_scale * noise
            found = synthesize(
                model,
                target,
                start.to(target),
                layer,
                settings,
                drops=drops,
                progress=pair.effort.progress,
            )
            error = float(found.losses[-1, 0]) / settings.feature_weight
            title = f"{model.encoder.name}, layer {layer}"
            facts[f"feature_error_{role}_{layer}"] = error
            shown = found.picture[0].permute(1, 2, 0).clamp(0, 1).cpu().numpy()
            made.append(MadePicture(shown, title, found.losses.numpy()))
    notes = () if pair.other is not None else ("No other encoder was given to compare with.",)
    return Findings(made=tuple(made), facts=facts, notes=notes)


@dataclass(frozen=True, eq=False)
class Synthesis:
    """A picture whose features are nearly those of another."""

    picture: Tensor
    """(1, 3, height, width), not cut off to 0 to 1."""
    losses: Tensor
    """Weighted terms before each step: features, power, roughness; (steps, 3), float64."""


def synthesize(
    model: PairModel,
    target: Tensor,
    start: Tensor,
    layer: int | str,
    settings: DifferenceSettings,
    *,
    drops: tuple[int, ...] = (),
    progress: bool = False,
) -> Synthesis:
    """Paint a picture that has another's features at a layer.

        w |φ(x) - φ(x2)|² / |φ(x2)|² + α Σ x⁶ + τ Σ (differences of neighbors)²

    Args:
        model: whose layer it is.
        target: x2, normalized, (1, 3, height, width).
        start: x to begin with, likewise, 0 to 1 where it matters.
        layer: φ, number or name.
        settings: weights and steps.
        drops: steps after which the rate becomes a tenth.
        progress: whether a bar counts steps.
    """
    wanted = model.feature_map(target, layer=layer).detach()
    size = wanted.square().sum().clamp(min=1e-12)
    picture = start.detach().clone().requires_grad_()
    if settings.optimizer == "adam":
        optimizer: torch.optim.Optimizer = torch.optim.Adam([picture], lr=settings.learning_rate)
    else:
        optimizer = torch.optim.SGD([picture], lr=settings.learning_rate, momentum=0.9)
    losses = []
    for step in show_progress(
        range(1, settings.steps + 1),
        description=f"Layer {layer}",
        total=settings.steps,
        enabled=progress,
    ):
        with torch.no_grad():
            picture.clamp_(0, 1)
        with torch.enable_grad():
            pixels = model.normalize(picture) if settings.normalizes else picture
            features = model.feature_map(pixels, layer=layer)
            terms = (
                settings.feature_weight * (features - wanted).square().sum() / size,
                settings.power_weight * picture.pow(settings.power).sum(),
                settings.smoothness * find_roughness(picture),
            )
            (picture.grad,) = torch.autograd.grad(terms[0] + terms[1] + terms[2], picture)
        optimizer.step()
        losses.append([float(term.detach()) for term in terms])
        if step in drops:
            for group in optimizer.param_groups:
                group["lr"] /= 10
    return Synthesis(picture.detach(), torch.tensor(losses, dtype=torch.float64))
