"""Training of our own dual encoder: the task that the loop steps on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from seewhy.encoders.dual_encoder import DualEncoderModel
from seewhy.errors import InvalidArgumentError
from seewhy.training.datasets import CaptionedImages
from seewhy.training.distillation import Teacher
from seewhy.training.evaluation import retrieval_recall, zero_shot_accuracy
from seewhy.training.losses import info_nce, siglip
from seewhy.training.pairs import PairBatch, PairSampler, normalize, tokenize
from seewhy.training.processes import Share, gather_rows

LossName = Literal["infonce", "siglip"]
CLASS_PROMPT = "a picture of a {}"


@dataclass(frozen=True)
class Companion:
    """A further loss, and what it is multiplied with."""

    module: nn.Module
    weight: float = 1.0


class EncodedPictures(NamedTuple):
    """What the image tower says of a batch."""

    embeddings: Tensor
    """(batch, dim), not of unit length."""
    patches: Tensor
    """Its last tokens, (batch, patches, width)."""


@dataclass(frozen=True)
class Validation:
    """What a model is judged by while it is trained."""

    data: CaptionedImages
    captions_per_image: int = 1
    """How many of each picture's captions take part in retrieval."""


class Learner(nn.Module):
    """A dual encoder and its companions: further losses on what its image tower says.

    A companion is a module that is called with ``EncodedPictures`` and the ``PairBatch`` they
    are of, and gives a scalar. What it learns itself, such
    as a map to a teacher's features, is trained along, and thrown away in the end.
    """

    def __init__(
        self,
        encoder: DualEncoderModel,
        companions: Mapping[str, Companion],
        teacher: Teacher | None = None,
    ) -> None:
        super().__init__()
        self.encoder, self.teacher = encoder, teacher
        self.companions = nn.ModuleDict({name: c.module for name, c in companions.items()})
        self.weights = {name: companion.weight for name, companion in companions.items()}

    def forward(self, batch: PairBatch, share: Share) -> dict[str, Tensor]:
        """The contrastive loss over all processes' pairs, the companions', and their sum."""
        embeddings, patches = self.encoder.image.encode_with_patches(batch.pixels)
        embeddings = embeddings.float()
        with torch.autocast("cpu", enabled=False):  # there bfloat16 speeds up convolutions only
            own_texts = F.normalize(self.encoder.encode_tokens(batch.tokens).float(), dim=-1)
        images = gather_rows(F.normalize(embeddings, dim=-1), share)
        texts, groups = gather_rows(own_texts, share), gather_rows(batch.groups, share)
        scale, bias = self.encoder.logit_scale, self.encoder.logit_bias
        if bias is None:
            losses = {"contrast": info_nce(images, texts, scale, groups=groups)}
        else:
            losses = {"contrast": siglip(images, texts, scale, bias, groups=groups)}
        total = losses["contrast"]
        if self.teacher is not None:
            weights = self.teacher.weights
            taught = self.teacher(embeddings, own_texts, batch.indices, batch.groups)
            losses |= taught
            total = weights.contrast * total + weights.guide * taught["guide"]
            total = total + weights.imitation * taught["imitation"]
        for name, companion in self.companions.items():
            losses[name] = companion(EncodedPictures(embeddings, patches), batch)
            total = total + self.weights[name] * losses[name]
        return {"loss": total, **losses, "scale": scale}


class DualEncoderTask:
    """One dual encoder, the pairs it learns from, its losses, and what it is judged by."""

    def __init__(
        self,
        encoder: DualEncoderModel,
        sampler: PairSampler,
        tokenizer: Tokenizer,
        *,
        loss: LossName = "infonce",
        validation: Validation | None = None,
        companions: Mapping[str, Companion] | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        if (loss == "siglip") != encoder.config.has_logit_bias:
            raise InvalidArgumentError(
                f"The loss siglip wants a model with a logit bias, infonce one without: got {loss} "
                f"and has_logit_bias={encoder.config.has_logit_bias}."
            )
        self.encoder, self.sampler, self.tokenizer = encoder, sampler, tokenizer
        self.validation = validation
        self.model: nn.Module = Learner(encoder, companions or {}, teacher)

    def compute_losses(self, model: nn.Module, step: int, share: Share) -> dict[str, Tensor]:
        """The losses of one step on this process's share of the batch."""
        return model(self.sampler.draw(step, share), share)

    def evaluate(self) -> dict[str, float]:
        """Retrieval and, where classes are known, zero-shot accuracy on the validation data."""
        if self.validation is None:
            return {}
        return score(self.encoder, self.tokenizer, self.validation)


def score(
    model: DualEncoderModel, tokenizer: Tokenizer, validation: Validation
) -> dict[str, float]:
    """``retrieval_recall`` of pictures and captions, and ``zero_shot`` over all their classes.

    Args:
        model: in evaluation mode.
        tokenizer: its own.
        validation: pictures it has not seen.
    """
    data = validation.data
    images = embed_images(model, data)
    texts = [c for captions in data.captions for c in captions[: validation.captions_per_image]]
    counts = [len(captions[: validation.captions_per_image]) for captions in data.captions]
    owners = torch.arange(len(data)).repeat_interleave(torch.tensor(counts))
    scores = retrieval_recall(images, embed_texts(model, tokenizer, texts), owners)
    if data.classes is not None:
        scores["zero_shot"] = score_zero_shot(model, tokenizer, images, data.classes)
    return scores


def score_zero_shot(
    model: DualEncoderModel,
    tokenizer: Tokenizer,
    images: Tensor,
    labels: Sequence[str],
    *,
    classes: Sequence[str] | None = None,
    prompt: str = CLASS_PROMPT,
) -> float:
    """Zero-shot accuracy of embedded pictures, with one prompt a class.

    Args:
        model: in evaluation mode.
        tokenizer: its own.
        images: embeddings, unit length, (images, dim).
        labels: class of each picture.
        classes: what to choose from; ``None``: the classes that occur.
        prompt: with ``{}`` where the class goes.
    """
    classes = sorted(set(labels) if classes is None else classes)
    prompts = embed_texts(model, tokenizer, [prompt.format(name) for name in classes])
    numbers = torch.tensor([classes.index(label) for label in labels])
    return zero_shot_accuracy(images, prompts, numbers)


@torch.no_grad()
def embed_images(
    model: DualEncoderModel, data: CaptionedImages, *, batch_size: int = 128
) -> Tensor:
    """Embeddings of pictures, unit length, (images, dim), on the CPU."""
    device, size = model.log_scale.device, model.config.image.size
    parts = []
    for start in range(0, len(data), batch_size):
        pixels = torch.from_numpy(data.images[start : start + batch_size]).to(device)
        pixels = pixels.permute(0, 3, 1, 2).float() / 255  # (batch, 3, height, width)
        if pixels.shape[2:] != (size, size):
            pixels = F.interpolate(pixels, (size, size), mode="bilinear", antialias=True)
        embeddings = model.encode_pixels(normalize(pixels, model.config))
        parts.append(F.normalize(embeddings.float(), dim=-1).cpu())
    return torch.cat(parts)


@torch.no_grad()
def embed_texts(
    model: DualEncoderModel, tokenizer: Tokenizer, texts: list[str], *, batch_size: int = 256
) -> Tensor:
    """Embeddings of texts, unit length, (texts, dim), on the CPU."""
    tokens = torch.from_numpy(tokenize(tokenizer, texts)).long().to(model.log_scale.device)
    parts = [model.encode_tokens(part).float() for part in tokens.split(batch_size)]
    return F.normalize(torch.cat(parts), dim=-1).cpu()
