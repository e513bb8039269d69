"""What the similarity gains by each pixel: input x gradient, plain, guided or under noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.images.filters import gaussian_blur
from seewhy.progress import show_progress
from seewhy.similarity.explanation import Findings
from seewhy.similarity.guidance import Guidance, check_guidance, guiding
from seewhy.similarity.model import PairModel, cosine
from seewhy.similarity.pair import Pair

BLUR_TAPS, BLUR_SIGMA = 11, 5.0


@dataclass(frozen=True, kw_only=True)
class GradientSettings:
    """How gradients are taken and shown."""

    guidance: Guidance = "none"
    blurs: bool = False
    """Whether the map is blurred, 11 taps, σ 5."""

    def __post_init__(self) -> None:
        check_guidance(self.guidance)


@dataclass(frozen=True, kw_only=True)
class SmoothSettings:
    """As ``GradientSettings``, with noise."""

    guidance: Guidance = "none"
    blurs: bool = False
    num_draws: int = 50
    noise: float = 0.15
    """Standard deviation, as a fraction of the range of the pixels."""
    divides_by_range: bool = False
    """Whether ``noise`` is divided by the range instead of multiplied with it, as published: for
    normalized pixels that is some twenty times too little."""

    def __post_init__(self) -> None:
        check_guidance(self.guidance)
        if self.num_draws < 1 or self.noise < 0:
            raise InvalidArgumentError(
                f"num_draws is at least 1 and noise at least 0, got {self.num_draws} and "
                f"{self.noise}."
            )


PUBLISHED_SMOOTH = SmoothSettings(divides_by_range=True)


def differentiate(
    model: PairModel, first: Tensor, second: Tensor, *, guidance: Guidance = "none"
) -> tuple[Tensor, Tensor]:
    """∂ cos(f(x1), f(x2)) by the pixels of each picture of each pair.

    Args:
        model: in evaluation mode, so that pictures of a batch do not know each other.
        first: (pairs, 3, height, width).
        second: (pairs, 3, height, width).
        guidance: which rectifiers are guided.

    Returns:
        Two gradients, (pairs, 3, height, width).
    """
    first, second = (view.detach().clone().requires_grad_() for view in (first, second))
    with torch.enable_grad(), guiding(model.encoder.module, guidance):
        scores = cosine(model.embed(first), model.embed(second))
    slope1, slope2 = torch.autograd.grad(scores.sum(), [first, second])
    return slope1, slope2


def multiply_gradients(pair: Pair, settings: GradientSettings) -> Findings:
    """Input x gradient: max over channels of |x_k * ∂ cos(f(x1), f(x2)) / ∂x_k|.

    Source: arXiv:2206.09753, baseline.
    Differs: ``guidance="all"`` also guides rectifiers that a network calls as functions, which
        the released code leaves unguided. See docs/decisions/similarity-gradients.md.
    """
    slopes = differentiate(pair.model, *pair.views, guidance=settings.guidance)
    return to_findings(pair, pair.views, slopes, blurs=settings.blurs)


def smooth_gradients(pair: Pair, settings: SmoothSettings) -> Findings:
    """Smooth-Grad: input x gradient with the gradient averaged over noisy copies.

    The same noise is added to both pictures; the clean ones are multiplied with the mean.

    Source: arXiv:2206.09753, baseline; SmoothGrad, arXiv:1706.03825.
    Differs: the noise follows the range of the pixels, as SmoothGrad defines it; the released
        code divides by it. Seeded. See docs/decisions/similarity-gradients.md.
    """
    first, second = pair.views
    if first.shape != second.shape:
        raise InvalidArgumentError(
            f"Both pictures get the same noise, so they must be of one size, got {pair.sizes}."
        )
    sigma = find_sigma(first, settings.noise, divides=settings.divides_by_range)
    numbers = torch.Generator().manual_seed(pair.effort.seed)
    slopes = [torch.zeros_like(first), torch.zeros_like(second)]
    sizes = split_count(settings.num_draws, pair.effort.batch_size)
    for size in show_progress(
        sizes, description="Noise", total=len(sizes), enabled=pair.effort.progress
    ):
        noise = draw_noise((size, *first.shape[1:]), sigma, numbers).to(first)
        found = differentiate(pair.model, first + noise, second + noise, guidance=settings.guidance)
        for total, part in zip(slopes, found, strict=True):
            total += part.sum(0, keepdim=True) / settings.num_draws
    return to_findings(pair, pair.views, (slopes[0], slopes[1]), blurs=settings.blurs)


def find_sigma(pixels: Tensor, noise: float, *, divides: bool = False) -> float:
    """Standard deviation of noise: ``noise`` times the range of the pixels, or divided by it.

    Raises:
        InvalidArgumentError: if it is divided by the range of a picture of one value.
    """
    span = float(pixels.max() - pixels.min())
    if divides and span == 0:
        raise InvalidArgumentError(
            "The published noise is divided by the range of the picture, and this picture is of "
            "one value. Use the default settings."
        )
    return noise / span if divides else noise * span


def draw_noise(shape: tuple[int, ...], sigma: float, numbers: Generator) -> Tensor:
    """Gaussian noise, on the CPU so that a seed gives the same everywhere."""
    return sigma * torch.randn(shape, generator=numbers)


def split_count(count: int, size: int) -> list[int]:
    """A count in batches of at most ``size``."""
    return [min(size, count - start) for start in range(0, count, size)]


def to_findings(
    pair: Pair, inputs: tuple[Tensor, Tensor], slopes: tuple[Tensor, Tensor], *, blurs: bool
) -> Findings:
    """Largest |input * slope| over the channels, for both pictures.

    Args:
        pair: the pictures.
        inputs: what gradients are multiplied with, (1, 3, height, width) each.
        slopes: gradients, likewise.
        blurs: whether the maps are blurred.
    """
    maps = []
    for view, pixels, slope in zip((1, 2), inputs, slopes, strict=True):
        values = (pixels * slope).abs().amax(1)[0].detach()
        if blurs:
            blurred: np.ndarray[Any, Any] = gaussian_blur(
                values.cpu().numpy(), BLUR_TAPS, BLUR_SIGMA
            )
            values = torch.from_numpy(blurred)
        maps.append(pair.map_of(view, values))
    return Findings(maps=tuple(maps))
