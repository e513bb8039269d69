"""How an encoder wants its pictures: resize, crop, scale, normalize."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.images.reading import as_image

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """From a PIL picture to the numbers an encoder was trained on.

    Resizes, crops the center where ``resize`` is ``"shortest"``, divides by 255, subtracts
    ``mean`` and divides by ``std``.
    """

    size: tuple[int, int]
    """Height and width that come out."""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize: Literal["shortest", "exact", "longest"] = "shortest"
    """``shortest``: the shorter side to ``resize_to``, then a center crop; ``exact``: both
    sides, aspect not kept; ``longest``: as large as fits into ``size``, then padded."""
    resize_to: int | None = None
    """Length of the shorter side before the crop; ``None``: the larger of ``size``."""
    interpolation: Literal["bilinear", "bicubic", "lanczos", "nearest"] = "bicubic"
    crop: Literal["round", "floor"] = "round"
    """Where a crop starts when the margins differ by one pixel: torchvision rounds half a
    pixel to the even number, Hugging Face always cuts less at the top and left."""
    fill: tuple[int, int, int] = (0, 0, 0)
    """Color that ``longest`` pads with, each from 0 to 255."""

    def __post_init__(self) -> None:
        if min(self.size) < 1:
            raise InvalidArgumentError(f"size must be positive, got {self.size}.")
        if min(self.std) <= 0:
            raise InvalidArgumentError(f"std must be above 0, got {self.std}.")
        if self.resize == "shortest" and self.shorter_side < max(self.size):
            raise InvalidArgumentError(
                f"resize_to must be at least {max(self.size)}, or the crop to {self.size} would "
                f"leave the picture; got {self.resize_to}."
            )

    @property
    def shorter_side(self) -> int:
        """Length of the shorter side before the crop."""
        return max(self.size) if self.resize_to is None else self.resize_to


def preprocess_images(images: Any, preprocessing: Preprocessing) -> Tensor:
    """Pictures as an encoder wants them: (images, 3, height, width), float32.

    Equal to torchvision's transforms and to Hugging Face's PIL image processors to 1e-5.

    Args:
        images: one or several paths, PIL pictures, arrays (height, width, 3) or tensors
            (3, height, width), in any iterable.
        preprocessing: what the encoder asks for.

    Raises:
        ImageReadError: if a picture cannot be read; names it.

    Example:
        >>> gray = Image.new("RGB", (5, 3), (51, 51, 51))
        >>> wanted = Preprocessing(size=(2, 2), mean=(0.1, 0.2, 0.3), std=(0.5, 0.5, 0.5))
        >>> preprocess_images(gray, wanted)[0, :, 0, 0]
        tensor([ 0.2000,  0.0000, -0.2000])
    """
    arrays = [
        np.asarray(fit_image(as_image(image), preprocessing)) for image in iterate_images(images)
    ]
    if not arrays:
        return torch.zeros(0, 3, *preprocessing.size)
    return normalize_pixels(torch.from_numpy(np.stack(arrays)), preprocessing)


def normalize_pixels(pictures: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Map pictures (batch, height, width, 3), uint8 → (batch, 3, height, width), normalized."""
    pixels = pictures.permute(0, 3, 1, 2).float() / 255
    mean = torch.tensor(preprocessing.mean, device=pixels.device).view(3, 1, 1)
    std = torch.tensor(preprocessing.std, device=pixels.device).view(3, 1, 1)
    return ((pixels - mean) / std).contiguous()


def restore_pictures(pixels: Tensor, preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Map normalized pixels back to pictures, as the released code of mutual knowledge does.

    The reverse of ``normalize_pixels`` in float64, its fractions cut off and not rounded: what was
    150 may come back as 149.

    Args:
        pixels: (batch, 3, height, width), normalized.
        preprocessing: whose mean and standard deviation they were normalized with.

    Returns:
        (batch, height, width, 3), bytes.

    Source: CLIP mutual knowledge (NeurIPS 2024), arXiv:2410.13016, released code.

    Example:
        >>> wanted = Preprocessing(size=(1, 1), mean=(0.5,) * 3, std=(0.25,) * 3)
        >>> restore_pictures(torch.tensor([0.0, 1.0, 2.0]).view(1, 3, 1, 1), wanted).tolist()
        [[[[127, 191, 255]]]]
    """
    shares = pixels.permute(0, 2, 3, 1).cpu().numpy() * np.array(preprocessing.std)
    shares += np.array(preprocessing.mean)
    return (shares * 255).clip(0, 255).astype(np.uint8)


def fit_image(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """The picture as the encoder sees it, before it becomes numbers: resized and cropped."""
    height, width = preprocessing.size
    image = image if image.mode == "RGB" else image.convert("RGB")
    resample = FILTERS[preprocessing.interpolation]
    if preprocessing.resize == "exact":
        return _resize(image, (width, height), resample)
    if preprocessing.resize == "longest":
        ratio = max(image.height / height, image.width / width)
        size = (max(1, round(image.width / ratio)), max(1, round(image.height / ratio)))
        return _pad(_resize(image, size, resample), preprocessing)
    # The longer side is cut down to whole pixels, as torchvision and Hugging Face do.
    shorter = min(image.size)
    size = tuple(int(preprocessing.shorter_side * side / shorter) for side in image.size)
    return _crop(_resize(image, (size[0], size[1]), resample), preprocessing)


def iterate_images(images: Any) -> Iterator[Any]:
    """Each picture of one picture, a batch of them, or any iterable."""
    is_one = isinstance(images, (str, Path, bytes, Image.Image))
    if is_one or (isinstance(images, (np.ndarray, Tensor)) and images.ndim <= 3):
        yield images
    elif isinstance(images, Iterable):
        yield from images
    else:
        raise InvalidArgumentError(
            "images must be paths, PIL pictures, arrays or a tensor, got "
            f"{type(images).__name__}. Give one picture or an iterable of pictures."
        )


def _resize(image: Image.Image, size: tuple[int, int], resample: Image.Resampling) -> Image.Image:
    """Resize to (width, height); a picture that has that size stays as it is."""
    return image if image.size == size else image.resize(size, resample)


def _crop(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """Cut the center out."""
    height, width = preprocessing.size
    margins = (image.width - width, image.height - height)
    if preprocessing.crop == "floor":
        left, top = (margin // 2 for margin in margins)
    else:
        left, top = (round(margin / 2) for margin in margins)
    return image.crop((left, top, left + width, top + height))


def _pad(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """Put the picture into the middle of a plain one of the right size."""
    height, width = preprocessing.size
    canvas = Image.new("RGB", (width, height), preprocessing.fill)
    canvas.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return canvas
