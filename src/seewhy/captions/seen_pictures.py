"""Pictures as captioning models are given them: vectors of places, and where those lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.captions.inputs import CaptionInputs
from seewhy.datasets.picture_features import PictureFeatures, grid_boxes
from seewhy.encoders.base import TorchImageEncoder
from seewhy.errors import InvalidArgumentError, ShapeError

Picture = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class SeenPicture:
    """One picture as a model sees it."""

    values: Tensor
    """(boxes, channels)."""
    grid: tuple[int, int] | None = None
    """Rows and columns, where the vectors lie on a grid."""
    boxes: NDArray[np.float32] | None = None
    """Left, top, right and bottom as fractions of the picture, (boxes, 4)."""
    image: Picture | None = None
    """(height, width, 3); ``None`` where only features were given."""


@torch.no_grad()
def see_pictures(encoder: TorchImageEncoder, images: Sequence[Any]) -> list[SeenPicture]:
    """Features of pictures on an encoder's grid, with the pictures as it sees them.

    Raises:
        ImageReadError: if a picture cannot be read.
        EncoderError: if the encoder has no grid.
    """
    if not images:
        return []
    pixels = encoder.preprocess(list(images))
    found = encoder.features(pixels)
    boxes = grid_boxes(found.grid)
    wanted = encoder.preprocessing
    mean, std = (pixels.new_tensor(values).view(3, 1, 1) for values in (wanted.mean, wanted.std))
    shown = ((pixels * std + mean).clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu()
    return [
        SeenPicture(values, found.grid, boxes, image)
        for values, image in zip(found.values.float().cpu(), shown.numpy(), strict=True)
    ]


def take_features(features: Any, image: Any = None) -> SeenPicture:
    """Features that were made elsewhere.

    Args:
        features: ``PictureFeatures``, or an array or tensor (boxes, channels).
        image: a picture to show them on, if there is one.

    Raises:
        ShapeError: if they are not (boxes, channels).
        ImageReadError: if the picture cannot be read.
    """
    from seewhy.images.reading import as_image

    shown = None if image is None else np.asarray(as_image(image))
    if isinstance(features, PictureFeatures):
        boxes = features.boxes
        if boxes is None and features.grid is not None:
            boxes = grid_boxes(features.grid)
        values = torch.from_numpy(np.ascontiguousarray(features.values, np.float32))
        return SeenPicture(values, features.grid, boxes, shown)
    values = torch.as_tensor(features).float()
    if values.ndim != 2 or not len(values):
        raise ShapeError(f"features must be (boxes, channels), got {tuple(values.shape)}.")
    return SeenPicture(values, image=shown)


def batch_pictures(pictures: Sequence[SeenPicture | None]) -> CaptionInputs:
    """Features of several pictures as one batch, padded where they differ in number.

    Raises:
        InvalidArgumentError: if some pictures have features and others none.
        ShapeError: if their widths differ.
    """
    seen = [picture for picture in pictures if picture is not None]
    if not seen:
        return CaptionInputs()
    if len(seen) < len(pictures):
        raise InvalidArgumentError("Some pictures have features and others none.")
    widths = sorted({picture.values.shape[1] for picture in seen})
    if len(widths) > 1:
        raise ShapeError(f"Features of one batch must have one width, got {widths}.")
    counts = torch.tensor([len(picture.values) for picture in seen])
    rows = torch.nn.utils.rnn.pad_sequence([p.values for p in seen], batch_first=True)
    is_full = bool((counts == rows.shape[1]).all())
    return CaptionInputs(features=rows, num_boxes=None if is_full else counts)


def paint_attention(picture: SeenPicture, weights: NDArray[np.floating[Any]]) -> Picture:
    """A picture under the attention to its places.

    Args:
        picture: with its image.
        weights: (boxes,), from 0 to 1.

    Raises:
        InvalidArgumentError: if there is no image, or nobody knows where the places lie.
    """
    from seewhy.images.heatmaps import lay_heat

    if picture.image is None or (picture.grid is None and picture.boxes is None):
        raise InvalidArgumentError("There is no picture, or no boxes, to show attention on.")
    if picture.grid is not None and len(weights) == picture.grid[0] * picture.grid[1]:
        return lay_heat(picture.image, np.asarray(weights, np.float64).reshape(picture.grid))
    assert picture.boxes is not None  # noqa: S101  else there is a grid
    return lay_heat(picture.image, spread_over_boxes(picture.boxes, weights))


def spread_over_boxes(
    boxes: NDArray[np.floating[Any]], weights: NDArray[np.floating[Any]], *, cells: int = 56
) -> NDArray[np.float64]:
    """Attention to boxes as a map: each cell has the weights of the boxes it lies in.

    Args:
        boxes: left, top, right and bottom as fractions of the picture, (boxes, 4).
        weights: (boxes,).
        cells: of the map on each side.

    Returns:
        (cells, cells).
    """
    centers = (np.arange(cells) + 0.5) / cells
    left, top, right, bottom = (side[:, None] for side in np.asarray(boxes, np.float64).T)
    in_column = (left <= centers) & (centers < right)  # (boxes, cells)
    in_row = (top <= centers) & (centers < bottom)
    return np.einsum("b,br,bc->rc", np.asarray(weights, np.float64), in_row, in_column)
