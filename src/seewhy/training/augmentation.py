"""Random crops, mirroring and light for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.errors import InvalidArgumentError


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How much the pictures of a batch are varied."""

    min_area: float = 1.0
    """Smallest crop, as a share of the picture, from above 0 to 1; 1 crops nothing."""
    use_mirror: bool = False
    """Whether half of the pictures are mirrored: not where texts say left and right."""
    brightness: float = 0.0
    """Largest factor, as a logarithm to base 2, by which light changes."""
    contrast: float = 0.0
    """Largest factor, as a logarithm to base 2, by which contrast changes."""

    def __post_init__(self) -> None:
        if not 0 < self.min_area <= 1:
            raise InvalidArgumentError(f"min_area is from above 0 to 1, got {self.min_area}.")


def augment(
    pixels: Tensor, size: int, settings: Augmentation, generator: torch.Generator
) -> Tensor:
    """Vary every picture of a batch in its own way.

    Args:
        pixels: from 0 to 1, (batch, 3, height, width).
        size: height and width that come out.
        settings: how much.
        generator: of the random numbers.

    Returns:
        From 0 to 1, (batch, 3, size, size).
    """
    pixels = crop(pixels, size, settings, generator)
    batch = len(pixels)

    def factor(strength: float) -> Tensor:
        exponents = torch.rand(batch, 1, 1, 1, generator=generator) * 2 - 1
        return 2 ** (strength * exponents).to(pixels.device)

    if settings.brightness:
        pixels = pixels * factor(settings.brightness)
    if settings.contrast:
        mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
        pixels = mean + (pixels - mean) * factor(settings.contrast)
    return pixels.clamp(0, 1)


def crop(pixels: Tensor, size: int, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """A random square of each picture, mirrored or not, resized to ``size``."""
    if settings.min_area == 1 and not settings.use_mirror and pixels.shape[2:] == (size, size):
        return pixels
    batch = len(pixels)
    area = torch.rand(batch, generator=generator) * (1 - settings.min_area) + settings.min_area
    scale = area.sqrt()
    shift = (torch.rand(batch, 2, generator=generator) * 2 - 1) * (1 - scale)[:, None]
    mirror = torch.ones(batch)
    if settings.use_mirror:
        mirror -= 2 * (torch.rand(batch, generator=generator) < 0.5).float()
    maps = torch.zeros(batch, 2, 3)  # from output to input coordinates, both from -1 to 1
    maps[:, 0, 0], maps[:, 1, 1], maps[:, :, 2] = scale * mirror, scale, shift
    grid = F.affine_grid(maps, [batch, 3, size, size], align_corners=False)
    return F.grid_sample(
        pixels, grid.to(pixels.device), padding_mode="reflection", align_corners=False
    )
