"""Averaged transforms: gradients along the way from a picture to what a transform makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.images import transforms
from seewhy.images.views import jitter_colors
from seewhy.similarity.explanation import Findings, Picture
from seewhy.similarity.gradients import draw_noise, find_sigma, to_findings
from seewhy.similarity.guidance import Guidance, check_guidance, guiding
from seewhy.similarity.model import PairModel, cosine
from seewhy.similarity.pair import Pair

Transform = Literal["second", "color-jitter", "blur", "solarize", "grayscale", "combine"]
TRANSFORMS = ("second", "color-jitter", "blur", "solarize", "grayscale", "combine")


@dataclass(frozen=True, kw_only=True)
class AveragedSettings:
    """Where the way leads, and how gradients are taken on it."""

    transform: Transform = "second"
    """``second``: to the second picture; else to what becomes of the first, which then stands in
    for the second."""
    step: float = 0.1
    """How far two pictures on the way are apart, as a fraction of it."""
    reaches_end: bool = True
    """Whether the last picture is the end of the way; as published it is one step short."""
    guidance: Guidance = "none"
    blurs: bool = False
    noise: float = 0.0
    """Added to the pictures between the ends; a fraction of their range, 0.15 as published."""
    divides_by_range: bool = False
    """Whether ``noise`` is divided by the range instead, as published."""

    def __post_init__(self) -> None:
        check_guidance(self.guidance)
        if self.transform not in TRANSFORMS:
            raise InvalidArgumentError(
                f"transform must be one of {', '.join(TRANSFORMS)}, got {self.transform!r}."
            )
        if not 0 < self.step <= 0.5 or self.noise < 0:
            raise InvalidArgumentError(
                f"step is above 0 and at most 0.5, noise at least 0, got {self.step} and "
                f"{self.noise}."
            )


PUBLISHED_AVERAGED = AveragedSettings(transform="combine", reaches_end=False, divides_by_range=True)


def average_transforms(pair: Pair, settings: AveragedSettings) -> Findings:
    """Averaged transforms: input x gradient, averaged on the way from a picture to another.

        x_t = λ_t x_1 + (1 - λ_t) x_T,   λ = 1, 0.9, ...
        g1 = mean over t > 1 of ∂cos(f(x_1), f(x_t)) / ∂x_1,   g2 = ... / ∂x_t

    The maps are the largest |x_1 * g1| and |x_last * g2| over channels.

    Source: arXiv:2206.09753.
    Differs: by default the way leads to the second picture and reaches it; x_1 is encoded once.
        See docs/decisions/similarity-gradients.md.
    """
    first, last = pair.views
    replaced: Picture | None = None
    if settings.transform != "second":
        numbers = np.random.default_rng(pair.effort.seed)
        changed = transform_picture(
            Image.fromarray(pair.pictures()[0]), settings.transform, numbers
        )
        unit = torch.from_numpy(np.array(changed)).permute(2, 0, 1)[None].to(first.device) / 255
        last, replaced = pair.model.normalize(unit), np.array(changed)
    mixed = mix_pictures(first, last, find_shares(settings.step, settings.reaches_end))
    mixed = _add_noise(mixed, settings, torch.Generator().manual_seed(pair.effort.seed))
    slopes = average_gradients(
        pair.model, mixed, guidance=settings.guidance, batch_size=pair.effort.batch_size
    )
    found = to_findings(pair, (mixed[:1], mixed[-1:]), slopes, blurs=settings.blurs)
    changed_note = f"Picture 2 is what {settings.transform} makes of picture 1."
    notes = (changed_note,) if replaced is not None else ()
    return Findings(maps=found.maps, replaced=replaced, notes=notes)


def find_shares(step: float, reaches_end: bool) -> list[float]:
    """λ: shares of the first picture, from 1 down."""
    count = round(1 / step)
    return [1 - number * step for number in range(count)] + [0.0] * reaches_end


def mix_pictures(first: Tensor, last: Tensor, shares: list[float]) -> Tensor:
    """λ first + (1 - λ) last for each share λ, (shares, 3, height, width).

    Raises:
        InvalidArgumentError: if the pictures are not of one size.
    """
    if first.shape != last.shape:
        raise InvalidArgumentError(
            "Only pictures of one size have a way between them, got "
            f"{tuple(first.shape[2:])} and {tuple(last.shape[2:])}."
        )
    weights = first.new_tensor(shares).view(-1, 1, 1, 1)
    return weights * first + (1 - weights) * last


def average_gradients(
    model: PairModel, mixed: Tensor, *, guidance: Guidance = "none", batch_size: int = 32
) -> tuple[Tensor, Tensor]:
    """g1 and g2 of pictures on a way, (1, 3, height, width) each.

    Args:
        model: the encoder.
        mixed: the pictures, (steps, 3, height, width), at least two.
        guidance: which rectifiers are guided. Guided gradients of a sum are no sum of guided
            gradients, so that the first picture then takes a backward pass for each of the others.
        batch_size: pictures in one forward pass.
    """
    first = mixed[:1].detach().clone().requires_grad_()
    count = len(mixed) - 1
    with torch.enable_grad(), guiding(model.encoder.module, guidance):
        source = model.embed(first)
    start = source.detach().requires_grad_()
    second = torch.zeros_like(first)
    cotangents = []
    for chunk in mixed[1:].split(batch_size):
        others = chunk.detach().clone().requires_grad_()
        with torch.enable_grad(), guiding(model.encoder.module, guidance):
            starts = start.expand(len(chunk), -1)
            score = cosine(starts, model.embed(others)).sum()
        slope, by_start = torch.autograd.grad(score, [others, starts])
        second += slope.sum(0, keepdim=True) / count
        cotangents.append(by_start / count)
    rows = torch.cat(cotangents)
    rows = rows.sum(0, keepdim=True) if guidance == "none" else rows
    slopes = [torch.autograd.grad(source, first, row[None], retain_graph=True)[0] for row in rows]
    return torch.stack(slopes).sum(0), second


def transform_picture(
    picture: Image.Image, transform: Transform, numbers: np.random.Generator
) -> Image.Image:
    """What a published transform makes of a picture."""
    if transform == "color-jitter":
        return jitter_colors(picture, (0.8, 0.8, 0.8, 0.4), numbers)
    if transform == "blur":
        return transforms.blur_with_taps(picture, 11, 5.0)
    if transform == "solarize":
        return transforms.solarize(picture)
    if transform == "grayscale":
        return transforms.remove_color(picture)
    if numbers.random() < 0.8:
        picture = jitter_colors(picture, (0.8, 0.8, 0.8, 0.2), numbers)
    if numbers.random() < 0.2:
        picture = transforms.remove_color(picture)
    if numbers.random() < 0.5:
        picture = transforms.blur_with_taps(picture, 21, float(numbers.uniform(0.1, 2.0)))
    return picture


def _add_noise(mixed: Tensor, settings: AveragedSettings, numbers: Generator) -> Tensor:
    """Noise on all pictures but both ends of the way, one draw for each."""
    if not settings.noise:
        return mixed
    sigma = find_sigma(mixed[:1], settings.noise, divides=settings.divides_by_range)
    noise = draw_noise(tuple(mixed[1:-1].shape), sigma, numbers).to(mixed)
    return torch.cat([mixed[:1], mixed[1:-1] + noise, mixed[-1:]])
