"""Random views of a whole batch at once, by the recipes of ``images.views``."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from seewhy.images.views import VIEW_RECIPES, ViewRecipe, draw_box

PUBLISHED_SIZE = 224  # pixels, for which the widths of the blurs were published
GRAY = torch.tensor([0.299, 0.587, 0.114])
TO_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def fit_recipes(name: str, size: int) -> tuple[ViewRecipe, ViewRecipe]:
    """The two views of a recipe for pictures of another size; blurs shrink along.

    Args:
        name: of ``VIEW_RECIPES``, one with two views.
        size: height and width, in pixels.
    """
    first, second = (
        replace(
            recipe,
            size=size,
            blur_sigma=tuple(sigma * size / PUBLISHED_SIZE for sigma in recipe.blur_sigma),
        )
        for recipe in VIEW_RECIPES[name]
    )
    return first, second


def draw_views(pixels: Tensor, recipe: ViewRecipe, numbers: np.random.Generator) -> Tensor:
    """One random view of every picture.

    Crop, resize, mirror and blur are two matrices, left and right of the picture; light, color
    and gray are a third, between its channels. So a view costs a few small products.

    Args:
        pixels: from 0 to 1, (batch, 3, height, width).
        recipe: how views are drawn.
        numbers: of the random numbers.

    Returns:
        From 0 to 1, (batch, 3, size, size).

    Differs: from ``images.views.make_views``, which draws the same with bytes: hue turns in the
        plane of the television signal (YIQ) instead of the hexagon of HSV, values are cut off
        once at the end instead of after each step, the contrast's mean gray is that of the whole
        picture, and blurs are full Gaussians.
    """
    rows, columns = make_frames(pixels, recipe, numbers)
    color, shift = make_colors(pixels, recipe, numbers)
    views = torch.einsum("bij,bcjk->bcik", rows, pixels)
    views = torch.einsum("bcik,blk->bcil", views, columns)
    views = torch.einsum("bdc,bcil->bdil", color, views) + shift[:, :, None, None]
    views = views.clamp(0, 1)
    solarized = torch.from_numpy(numbers.random(len(pixels)) < recipe.solarize_chance)
    turned = torch.where(views >= 128 / 255, 1 - views, views)
    return torch.where(solarized.to(views.device)[:, None, None, None], turned, views)


def make_frames(
    pixels: Tensor, recipe: ViewRecipe, numbers: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """The matrices that crop, resize, mirror and blur.

    Returns:
        What to multiply the rows with, (batch, size, height), and the columns, (batch, size,
        width).
    """
    batch, _, height, width = pixels.shape
    boxes = np.array([draw_box((width, height), recipe, numbers) for _ in range(batch)])
    is_mirrored = numbers.random(batch) < recipe.mirror_chance
    sigmas = numbers.uniform(*recipe.blur_sigma, batch)
    sigmas[numbers.random(batch) >= recipe.blur_chance] = 0.0
    blurs = make_blurs(sigmas, recipe.size)
    is_cubic = recipe.resample == Image.Resampling.BICUBIC
    rows = make_resizing(boxes[:, 0], boxes[:, 2], height, recipe.size, is_cubic=is_cubic)
    columns = make_resizing(boxes[:, 1], boxes[:, 3], width, recipe.size, is_cubic=is_cubic)
    mirrored = torch.from_numpy(is_mirrored)[:, None, None]
    columns = torch.where(mirrored, columns.flip(1), columns)
    return (blurs @ rows).to(pixels.device), (blurs @ columns).to(pixels.device)


def make_resizing(
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    before: int,
    after: int,
    *,
    is_cubic: bool,
) -> Tensor:
    """Matrices that cut a piece out of a row of pixels and resize it, as Pillow does.

    Where the piece shrinks, the filter widens, so that nothing is skipped.

    Args:
        starts: first pixel of each piece, (batch,).
        lengths: pixels of each piece, (batch,).
        before: length of the row.
        after: length that each piece gets.
        is_cubic: by cubic interpolation, else linear.

    Returns:
        (batch, after, before), each row of which sums to 1.
    """
    start, length = (torch.from_numpy(v).float()[:, None, None] for v in (starts, lengths))
    scale = length / after
    centers = start + (torch.arange(after)[None, :, None] + 0.5) * scale  # (batch, after, 1)
    places = torch.arange(before)[None, None, :] + 0.5
    far = (places - centers).abs() / scale.clamp(min=1)  # (batch, after, before)
    weights = cubic(far) if is_cubic else (1 - far).clamp(min=0)
    weights = weights * ((places > start) & (places < start + length))
    return weights / weights.sum(dim=2, keepdim=True)


def cubic(far: Tensor) -> Tensor:
    """Keys' cubic filter with a = -1/2, as Pillow's, at distances of at least 0."""
    near = (1.5 * far - 2.5) * far.pow(2) + 1
    outer = ((-0.5 * far + 2.5) * far - 4) * far + 2
    return torch.where(far < 1, near, torch.where(far < 2, outer, torch.zeros_like(far)))


def make_blurs(sigmas: NDArray[np.float64], size: int) -> Tensor:
    """Matrices that blur a row of pixels, (batch, size, size); identities where sigma is 0."""
    sigma = torch.from_numpy(sigmas).float()[:, None, None]
    steps = torch.arange(size)
    far = (steps[:, None] - steps[None, :])[None].float()
    weights = torch.exp(-(far**2) / (2 * sigma.clamp(min=1e-6) ** 2))
    return weights / weights.sum(dim=2, keepdim=True)


def make_colors(
    pixels: Tensor, recipe: ViewRecipe, numbers: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """The matrices between channels that change light and color, and what is added.

    Returns:
        (batch, 3, 3) and (batch, 3).
    """
    batch = len(pixels)
    *strengths, hue = recipe.jitter
    factors = [numbers.uniform(max(0.0, 1 - s), 1 + s, batch) for s in strengths]
    brightness, contrast, saturation = (torch.from_numpy(f).float() for f in factors)
    turns = torch.from_numpy(numbers.uniform(-hue, hue, batch)).float()
    is_jittered = torch.from_numpy(numbers.random(batch) < recipe.jitter_chance)
    is_gray = torch.from_numpy(numbers.random(batch) < recipe.gray_chance)
    means = pixels.mean(dim=(2, 3)).cpu()  # (batch, 3), of the whole picture
    one, to_gray = torch.eye(3), GRAY.expand(3, 3)
    color, shift = one.expand(batch, 3, 3), torch.zeros(batch, 3)
    steps = (
        (brightness[:, None, None] * one, None),
        (contrast[:, None, None] * one, 1 - contrast),
        (saturation[:, None, None] * one + (1 - saturation)[:, None, None] * to_gray, None),
        (turn_hues(turns), None),
    )
    for number in numbers.permutation(len(steps)):
        matrix, share_of_gray = steps[number]
        gray = ((color @ means[:, :, None]).squeeze(2) + shift) @ GRAY  # as of this step
        color, shift = matrix @ color, (matrix @ shift[:, :, None]).squeeze(2)
        if share_of_gray is not None:
            shift = shift + (share_of_gray * gray)[:, None]
    color = torch.where(is_jittered[:, None, None], color, one)
    shift = torch.where(is_jittered[:, None], shift, torch.zeros_like(shift))
    color = torch.where(is_gray[:, None, None], to_gray @ color, color)
    shift = torch.where(is_gray[:, None], (shift @ GRAY)[:, None], shift)
    return color.to(pixels.device), shift.to(pixels.device)


def turn_hues(turns: Tensor) -> Tensor:
    """Matrices that turn colors about gray, by fractions of the circle, (batch, 3, 3)."""
    angles = 2 * math.pi * turns
    turned = torch.zeros(len(turns), 3, 3)
    turned[:, 0, 0] = 1
    turned[:, 1, 1] = turned[:, 2, 2] = angles.cos()
    turned[:, 1, 2], turned[:, 2, 1] = -angles.sin(), angles.sin()
    return torch.linalg.inv(TO_YIQ) @ turned @ TO_YIQ
