"""Training without labels: two views of each picture, and a loss that brings them together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seewhy.encoders.image_model import ImageModel, ImageModelConfig
from seewhy.errors import InvalidArgumentError
from seewhy.images.views import ViewRecipe
from seewhy.training.batched_views import draw_views
from seewhy.training.epochs import EpochOrder
from seewhy.training.picture_folders import LabeledImages
from seewhy.training.probes import LabeledFeatures, knn_accuracy, linear_probe_accuracy
from seewhy.training.processes import Share, gather_rows
from seewhy.training.view_losses import barlow_twins, nt_xent, simsiam


@dataclass(frozen=True)
class Judges:
    """Pictures with labels, which take no part in training but by being judged with."""

    known: LabeledImages
    """Whose labels are known."""
    asked: LabeledImages
    """Whose labels are to be found."""

    def __post_init__(self) -> None:
        if self.known.labels is None or self.asked.labels is None:
            raise InvalidArgumentError("Judges need pictures with labels, in sub-folders.")


class ViewSampler:
    """Every picture once an epoch, in a new order, by two views drawn anew each time."""

    def __init__(
        self,
        images: NDArray[np.uint8],
        config: ImageModelConfig,
        views: tuple[ViewRecipe, ViewRecipe],
        *,
        batch_size: int,
        seed: int = 0,
        others: NDArray[np.uint8] | None = None,
    ) -> None:
        """Draw views of pictures for a model.

        Args:
            images: (images, height, width, 3).
            config: of the model.
            views: how each of both views is drawn.
            batch_size: over all processes together.
            seed: of the order and of the views.
            others: what second views are drawn of, where not of ``images`` too; same shape.
        """
        self.images, self.config, self.views, self.seed = images, config, views, seed
        self.sources = (images, images if others is None else others)
        self.epochs = EpochOrder(len(images), batch_size, seed)

    def draw(self, step: int, share: Share) -> tuple[Tensor, Tensor]:
        """Both views of this process's share of a step's batch, each (batch, 3, size, size)."""
        indices = self.epochs.find_batch(step)[share.slice_of(self.epochs.batch_size)]
        pixels = [
            scale_bytes(torch.from_numpy(source[indices]).to(share.device))
            for source in self.sources
        ]
        numbers = np.random.default_rng([self.seed, step, share.rank, 0x71E5])
        with torch.autocast(share.device.type, enabled=False):  # bytes need all their digits
            first, second = (
                normalize(draw_views(shown, recipe, numbers), self.config)
                for shown, recipe in zip(pixels, self.views, strict=True)
            )
        return first, second


class ViewLearner(nn.Module):
    """A model and the loss of its objective, over all processes' views."""

    def __init__(self, encoder: ImageModel, *, temperature: float, redundancy: float) -> None:
        super().__init__()
        self.encoder, self.temperature, self.redundancy = encoder, temperature, redundancy

    def forward(self, views: tuple[Tensor, Tensor], share: Share) -> dict[str, Tensor]:
        """The loss of two views, and how widely the embeddings are spread.

        ``spread`` is the mean standard deviation of the numbers of unit embeddings, times the
        root of their count: 1 where they fill the sphere evenly, 0 where all have become one.
        """
        pooled = [self.encoder.pool(view).float() for view in views]
        with torch.autocast(pooled[0].device.type, enabled=False):  # only convolutions gain by it
            return self.compare(pooled, share)

    def compare(self, pooled: list[Tensor], share: Share) -> dict[str, Tensor]:
        """The same, of pooled features."""
        head, objective = self.encoder.head, self.encoder.config.objective
        assert isinstance(head, nn.Sequential)  # noqa: S101  make_head gives nothing else
        if objective == "simsiam":
            projector, predictor = head
            one, other = (projector(features) for features in pooled)
            loss = simsiam((predictor(one), predictor(other)), (one, other))
        else:
            one, other = (gather_rows(head(features), share) for features in pooled)
            loss = (
                nt_xent(one, other, self.temperature)
                if objective == "simclr"
                else barlow_twins(one, other, self.redundancy)
            )
        return {"loss": loss, "spread": measure_spread(one)}


@torch.no_grad()
def measure_spread(embeddings: Tensor) -> Tensor:
    """How widely embeddings (batch, dim) are spread over the sphere: from 0 to about 1."""
    units = nn.functional.normalize(embeddings, dim=-1)
    return units.std(dim=0, correction=0).mean() * units.shape[1] ** 0.5


class SelfSupervisedTask:
    """One image model, the views it learns from, its loss, and what it is judged by."""

    def __init__(
        self,
        encoder: ImageModel,
        sampler: ViewSampler,
        *,
        temperature: float = 0.5,
        redundancy: float = 0.0051,
        judges: Judges | None = None,
    ) -> None:
        self.encoder, self.sampler, self.judges = encoder, sampler, judges
        self.model: nn.Module = ViewLearner(encoder, temperature=temperature, redundancy=redundancy)

    def compute_losses(self, model: nn.Module, step: int, share: Share) -> dict[str, Tensor]:
        """The losses of one step on this process's share of the batch."""
        return model(self.sampler.draw(step, share), share)

    def evaluate(self) -> dict[str, float]:
        """Score ``knn`` and ``linear_probe`` of pooled features, where labels are known."""
        return {} if self.judges is None else score_features(self.encoder, self.judges)


def score_features(model: ImageModel, judges: Judges) -> dict[str, float]:
    """How well a model's pooled features tell classes that it was never told.

    Args:
        model: in evaluation mode.
        judges: pictures with labels.

    Returns:
        ``knn`` and ``linear_probe``, from 0 to 1.
    """
    names = sorted({*(judges.known.labels or ()), *(judges.asked.labels or ())})
    known, asked = (
        LabeledFeatures(
            embed_pictures(model, part.images),
            torch.tensor([names.index(label) for label in part.labels or ()]),
        )
        for part in (judges.known, judges.asked)
    )
    return {
        "knn": knn_accuracy(known, asked),
        "linear_probe": linear_probe_accuracy(known, asked),
    }


@torch.no_grad()
def embed_pictures(
    model: ImageModel, images: NDArray[np.uint8], *, batch_size: int = 256
) -> Tensor:
    """Pooled features of whole pictures, (images, channels), on the CPU."""
    size, device = model.config.image.size, next(model.parameters()).device
    parts = []
    for start in range(0, len(images), batch_size):
        pixels = scale_bytes(torch.from_numpy(images[start : start + batch_size]).to(device))
        if pixels.shape[2:] != (size, size):
            pixels = nn.functional.interpolate(
                pixels, (size, size), mode="bilinear", antialias=True
            )
        parts.append(model.pool(normalize(pixels, model.config)).float().cpu())
    return torch.cat(parts)


def scale_bytes(pictures: Tensor) -> Tensor:
    """Map pictures (batch, height, width, 3), uint8 → (batch, 3, height, width), 0 to 1."""
    return pictures.permute(0, 3, 1, 2).float() / 255


def normalize(pixels: Tensor, config: ImageModelConfig) -> Tensor:
    """Pixels from 0 to 1 as a model wants them, channels last in memory."""
    mean = torch.tensor(config.mean, device=pixels.device)[:, None, None]
    std = torch.tensor(config.std, device=pixels.device)[:, None, None]
    return ((pixels - mean) / std).contiguous(memory_format=torch.channels_last)
