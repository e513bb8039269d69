"""Distillation: a small image tower learns from what a trained one says of the same pictures.

The texts are matched with the teacher first: its features, mapped into the shared space by a
head that is learned along, are contrasted with the texts. The student is drawn towards what the
head makes of its teacher's features, and contrasted with the texts itself. So the text side
learns from features that mean something from the first step on, and the student from more than
captions. Teacher and head are thrown away in the end.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.preprocessing import preprocess_images
from seewhy.encoders.text_cache import find_cache_folder
from seewhy.errors import ShapeError
from seewhy.progress import show_progress
from seewhy.training.losses import info_nce

KEY = "features"


def encode_for_teaching(
    teacher: TorchImageEncoder,
    images: NDArray[np.uint8],
    *,
    batch_size: int = 64,
    progress: bool = False,
) -> Tensor:
    """What a teacher says of pictures, kept on disk in half precision.

    The file is named after the teacher's weights and the pictures: other ones never share it.

    Args:
        teacher: any image encoder.
        images: (images, height, width, 3).
        batch_size: pictures in one forward pass.
        progress: whether a bar counts them.

    Returns:
        (images, dim), unit length, float16.
    """
    side = max(images.shape[1:3])
    wanted = teacher.preprocessing
    if side < max(wanted.size):  # nothing is gained by enlarging
        wanted = replace(wanted, size=(side, side), resize="exact")
    key = hashlib.sha256(f"{teacher.digest} {wanted}".encode())
    key.update(np.ascontiguousarray(images).data)
    path = find_cache_folder() / "teachers" / f"{key.hexdigest()[:32]}.safetensors"
    if path.is_file():
        return load_file(path)[KEY]
    rows = []
    starts = range(0, len(images), batch_size)
    for start in show_progress(starts, description="Teacher", total=len(starts), enabled=progress):
        pixels = preprocess_images(list(images[start : start + batch_size]), wanted)
        with torch.no_grad():
            rows.append(F.normalize(teacher.encode_pixels(pixels).float(), dim=-1).half().cpu())
    features = torch.cat(rows)
    _write(path, features)
    return features


def _write(path: Path, features: Tensor) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    save_file({KEY: features}, unfinished)
    unfinished.replace(path)  # whole or not at all


@dataclass(frozen=True, kw_only=True)
class DistillationWeights:
    """What each loss is multiplied with."""

    contrast: float = 0.3
    """Of student and texts."""
    guide: float = 1.0
    """Of teacher and texts."""
    imitation: float = 6.0
    """Of student and teacher."""


class Teacher(nn.Module):
    """A teacher's features of all pictures, and the head that maps them into the shared space."""

    def __init__(
        self,
        features: Tensor,
        dim: int,
        weights: DistillationWeights | None = None,
        *,
        dropout: float = 0.3,
    ) -> None:
        """Hold features and make a head.

        Args:
            features: of all pictures, (images, teacher dim).
            dim: of the shared space.
            weights: of the losses.
            dropout: of the features, so that the head does not learn pictures by heart.
        """
        super().__init__()
        self.register_buffer("features", features, persistent=False)
        self.head = nn.Linear(features.shape[1], dim)
        self.dropout = nn.Dropout(dropout)
        self.weights = weights or DistillationWeights()
        # own temperature: a head on good features is surer than a student that begins
        self.log_scale = nn.Parameter(torch.tensor(2.66))

    def forward(
        self, students: Tensor, texts: Tensor, indices: Tensor, groups: Tensor
    ) -> dict[str, Tensor]:
        """Losses of a batch.

        Args:
            students: the student's embeddings, (batch, dim).
            texts: embeddings of the pictures' texts, unit length, (batch, dim).
            indices: number of each picture, (batch,).
            groups: number of each text, (batch,).

        Returns:
            ``guide`` and ``imitation``, both scalars.
        """
        features: Tensor = self.features[indices].float()  # type: ignore[index]
        features = F.normalize(features, dim=-1) * features.shape[1] ** 0.5
        guided = F.normalize(self.head(self.dropout(features)), dim=-1)
        with torch.no_grad():
            targets = F.normalize(self.head(features), dim=-1)
        scale = self.log_scale.clamp(max=4.6).exp()
        return {
            "guide": info_nce(guided, texts, scale, groups=groups),
            "imitation": imitate(F.normalize(students, dim=-1), targets),
        }


def imitate(students: Tensor, targets: Tensor) -> Tensor:
    """How far a student is from its targets, in direction and in relations between pictures.

        mean(1 - cos(s_i, t_i)) + mean((S Sᵀ - T Tᵀ)²)

    Args:
        students: (batch, dim), unit length.
        targets: (batch, dim), unit length.

    Returns:
        A scalar, from 0.

    Raises:
        ShapeError: if the two shapes differ.

    Source: relations: Park et al., Relational Knowledge Distillation (CVPR 2019),
        arXiv:1904.05068.
    """
    if students.shape != targets.shape:
        raise ShapeError(
            f"Students and targets must have one shape, got {tuple(students.shape)} and "
            f"{tuple(targets.shape)}."
        )
    direction = (1 - (students * targets).sum(-1)).mean()
    relations = (students @ students.T - targets @ targets.T).square().mean()
    return direction + relations
