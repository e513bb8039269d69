"""Pixel invariance: which pixels keep a picture like itself when colors change and parts vanish."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Generator, Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.images import transforms
from seewhy.images.filters import gaussian_blur
from seewhy.images.views import jitter_colors
from seewhy.progress import show_progress
from seewhy.similarity.explanation import Findings, SimilarityMap
from seewhy.similarity.linear_surrogate import (
    DescentSettings,
    Surrogate,
    descend_surrogate,
    solve_surrogate,
)
from seewhy.similarity.model import cosine
from seewhy.similarity.pair import Pair
from seewhy.similarity.random_boxes import BoxSettings, draw_box

JITTER = (0.8, 0.8, 0.8, 0.2)
JITTER_CHANCE, GRAY_CHANCE = 0.8, 0.2
ERASING = BoxSettings(area=(0.02, 0.33), aspect=(0.3, 3.3), chance=0.5)
BLUR_TAPS, BLUR_SIGMA = 11, 5.0


@dataclass(frozen=True, kw_only=True)
class InvarianceSettings:
    """What copies are made, and how the map is read from them."""

    num_copies: int = 1000
    size: int = 64
    """Side of the pictures that the linear unit sees, and of the map."""
    descends: bool = False
    """Whether the unit is fitted by plain gradient descent, as published, whose steps are so long
    that it diverges; else the convex problem is solved."""
    ridge: float = 0.1
    """Weight against long weights, where the problem is solved."""
    descent: DescentSettings = field(default_factory=DescentSettings)
    """Where it is not."""
    num_components: int = 10
    """Of the factorization of the embeddings, where ``descent.invariance`` weighs it."""
    cuts_small: bool = False
    """Whether the lower half of the published map is set to 0."""
    blurs: bool = False
    """Whether the map is blurred, 11 taps, σ 5."""

    def __post_init__(self) -> None:
        if self.num_copies < 2 or self.size < 1 or self.num_components < 1:
            raise InvalidArgumentError(
                "num_copies is at least 2, size and num_components at least 1, got "
                f"{self.num_copies}, {self.size} and {self.num_components}."
            )


PUBLISHED_INVARIANCE = InvarianceSettings(descends=True, cuts_small=True, blurs=True)


@dataclass(frozen=True, eq=False)
class Copies:
    """Changed copies of one picture, as the linear unit sees them."""

    clean: Tensor
    """The picture itself, (1, 3, size, size)."""
    changed: Tensor
    """(copies, 3, size, size)."""
    likeness: Tensor
    """Cosine of each copy with the picture, (copies,)."""
    features: Tensor
    """Embeddings of the copies, (copies, dim)."""


def map_invariance(pair: Pair, settings: InvarianceSettings) -> Findings:
    """Pixel invariance, of each picture by itself.

    Copies with changed colors and erased rectangles are compared with the picture, and a linear
    unit on the mean of both learns how alike they are; its weights are the map.

        z_n = w · (x + x_n) / 2 + b,   σ(z_n) ≈ cos(f(x), f(x_n))

    The default map is what a pixel adds to z, w · x summed over channels.

    Source: arXiv:2206.09753.
    Differs: by default cosines are brought to (1 + cos) / 2, since they may be negative; the
        convex problem is solved, and whether that converged is in ``facts``; the map keeps signs.
        The published one takes the largest weight over channels, from 0 to 1, of a fit that
        diverged. The picture is encoded once, and copies are seeded.
        See docs/decisions/pixel-invariance.md.
    """
    numbers = torch.Generator().manual_seed(pair.effort.seed)
    facts: dict[str, float | bool | str] = {}
    maps = []
    for view in (1, 2):
        copies = make_copies(pair, view, settings, numbers)
        found = fit_copies(copies, settings, seed=pair.effort.seed)
        facts |= {
            f"converged_{view}": found.has_converged,
            f"loss_{view}": found.loss,
            f"steps_{view}": float(found.steps),
        }
        maps.append(_read_map(pair, view, copies, found, settings))
    failed = [view for view in (1, 2) if not facts[f"converged_{view}"]]
    notes = tuple(f"The fit to picture {view} did not converge." for view in failed)
    return Findings(maps=tuple(maps), facts=facts, notes=notes)


def make_copies(pair: Pair, view: int, settings: InvarianceSettings, numbers: Generator) -> Copies:
    """Draw the copies of a picture and compare them with it; one batch is in memory at a time."""
    picture = Image.fromarray(pair.pictures()[view - 1])
    source, target = pair.views[view - 1], pair.embeddings[view - 1]
    colors = np.random.default_rng(int(torch.randint(0, 2**31, (1,), generator=numbers)))
    size, batch = settings.size, pair.effort.batch_size
    small, likeness, features = [], [], []
    for start in show_progress(
        range(0, settings.num_copies, batch),
        description=f"Copies of picture {view}",
        total=-(-settings.num_copies // batch),
        enabled=pair.effort.progress,
    ):
        count = min(batch, settings.num_copies - start)
        units = [change_colors(picture, colors) for _ in range(count)]
        changed = pair.model.normalize(torch.stack(units).to(source.device))
        for copy in changed:
            top, left, height, width = draw_box(pair.sizes[view - 1], ERASING, numbers)
            copy[:, top : top + height, left : left + width] = 0
        with torch.no_grad():
            embeddings = pair.model.embed(changed).float()
        small.append(shrink(changed, size))
        likeness.append(cosine(embeddings, target))
        features.append(embeddings)
    return Copies(shrink(source, size), torch.cat(small), torch.cat(likeness), torch.cat(features))


def shrink(pixels: Tensor, size: int) -> Tensor:
    """Pixels resized to ``size`` x ``size``, bilinear with antialiasing."""
    return F.interpolate(pixels, (size, size), mode="bilinear", antialias=True)


def change_colors(picture: Image.Image, numbers: np.random.Generator) -> Tensor:
    """A copy with other colors, nothing moved; (3, height, width), 0 to 1."""
    if numbers.random() < JITTER_CHANCE:
        picture = jitter_colors(picture, JITTER, numbers)
    if numbers.random() < GRAY_CHANCE:
        picture = transforms.remove_color(picture)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1) / 255


def fit_copies(copies: Copies, settings: InvarianceSettings, *, seed: int) -> Surrogate:
    """The linear unit that knows how alike copies are."""
    inputs = ((copies.clean + copies.changed) / 2).flatten(1)
    if not settings.descends:
        return solve_surrogate(inputs, (1 + copies.likeness) / 2, ridge=settings.ridge)
    invariance = None
    if settings.descent.invariance:
        invariance = factorize(copies.features, settings.num_components, seed=seed)
    numbers = torch.Generator().manual_seed(seed)
    bound = inputs.shape[1] ** -0.5  # as torch begins a linear layer
    start = torch.empty(inputs.shape[1] + 1).uniform_(-bound, bound, generator=numbers)
    return descend_surrogate(
        inputs,
        copies.likeness,
        settings.descent,
        start=start.to(inputs),
        invariance=invariance,
    )


def factorize(features: Tensor, num_components: int, *, seed: int) -> Tensor:
    """How much of the components of rectified embeddings each copy has, its mean, (copies,)."""
    from sklearn.decomposition import NMF

    count: Any = num_components  # scikit-learn's own type hint knows no number
    model = NMF(n_components=count, init="random", random_state=seed, max_iter=1000, tol=1e-3)
    parts = model.fit_transform(features.relu().cpu().numpy())
    return torch.from_numpy(parts.mean(1)).to(features)


def read_weights(weights: Tensor, settings: InvarianceSettings) -> Tensor:
    """The published map: largest weight over channels, from 0 to 1, (size, size).

    Args:
        weights: (3, size, size).
        settings: whether the lower half is cut and the map blurred.
    """
    largest = weights.amax(0)
    scaled = (largest - largest.min()) / (largest.max() - largest.min())
    if settings.cuts_small:
        scaled = torch.where(scaled < 0.5, 0.0, scaled)
    return blur(scaled) if settings.blurs else scaled


def blur(values: Tensor) -> Tensor:
    """A map blurred with 11 taps, σ 5."""
    blurred = gaussian_blur(values.cpu().numpy(), BLUR_TAPS, BLUR_SIGMA)
    return torch.from_numpy(blurred)


def _read_map(
    pair: Pair, view: int, copies: Copies, found: Surrogate, settings: InvarianceSettings
) -> SimilarityMap:
    weights = found.weights.view(copies.clean.shape[1:])
    if settings.descends:
        return pair.map_of(view, read_weights(weights, settings))
    gained = (weights * copies.clean[0]).sum(0)
    return pair.map_of(view, blur(gained) if settings.blurs else gained)
