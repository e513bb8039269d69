"""The building blocks of views: light, color, blur, crops, as published training code has them.

Each takes and gives an RGB picture of bytes, with the numbers of torchvision's transforms of PIL
pictures; torchvision itself is not needed.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from seewhy.errors import InvalidArgumentError
from seewhy.images import filters

Box = tuple[int, int, int, int]
"""Top, left, height and width of a crop, in pixels."""

BILINEAR, BICUBIC = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC


def adjust_brightness(image: Image.Image, factor: float) -> Image.Image:
    """Blend with black: 0 is black, 1 the picture itself, above 1 brighter."""
    return ImageEnhance.Brightness(image).enhance(_check_factor(factor))


def adjust_contrast(image: Image.Image, factor: float) -> Image.Image:
    """Blend with the mean gray of the picture: 0 is plain gray, 1 the picture itself."""
    return ImageEnhance.Contrast(image).enhance(_check_factor(factor))


def adjust_saturation(image: Image.Image, factor: float) -> Image.Image:
    """Blend with the picture in gray: 0 is gray, 1 the picture itself, above 1 more colorful."""
    return ImageEnhance.Color(image).enhance(_check_factor(factor))


def adjust_hue(image: Image.Image, turn: float) -> Image.Image:
    """Turn the circle of hues, in 256 steps; the step is cut off, not rounded.

    Args:
        image: in RGB.
        turn: as a fraction of the circle, from -0.5 to 0.5; 0 changes nothing.

    Raises:
        InvalidArgumentError: if ``turn`` is outside.
    """
    if not -0.5 <= turn <= 0.5:
        raise InvalidArgumentError(f"turn must be from -0.5 to 0.5, got {turn}.")
    hue, saturation, value = image.convert("HSV").split()
    turned = (np.asarray(hue).astype(np.int64) + int(turn * 255)) % 256
    hue = Image.fromarray(turned.astype(np.uint8))
    return Image.merge("HSV", (hue, saturation, value)).convert("RGB")


def remove_color(image: Image.Image) -> Image.Image:
    """The picture in gray, still with three channels."""
    return image.convert("L").convert("RGB")


def solarize(image: Image.Image, threshold: int = 128) -> Image.Image:
    """Invert all values from ``threshold`` on."""
    return ImageOps.solarize(image, threshold)


def blur_with_taps(image: Image.Image, size: int, sigma: float) -> Image.Image:
    """Blur with a Gaussian of ``size`` taps, an odd number.

    Differs: torchvision sums in float32; a value midway between two levels may fall on the other.
    """
    blurred = filters.gaussian_blur(np.asarray(image, np.float64), size, sigma)
    return Image.fromarray(np.floor(blurred + 0.5).astype(np.uint8))


def blur_with_pillow(image: Image.Image, sigma: float) -> Image.Image:
    """Blur as Pillow does, which imitates a Gaussian by three box filters."""
    return image.filter(ImageFilter.GaussianBlur(sigma))


def crop_and_resize(
    image: Image.Image, box: Box, size: int, *, resample: Image.Resampling = BILINEAR
) -> Image.Image:
    """Cut a box out and make it ``size`` high and wide."""
    top, left, height, width = box
    cut = image.crop((left, top, left + width, top + height))
    return cut.resize((size, size), resample)


def resize_shorter(
    image: Image.Image, size: int, *, resample: Image.Resampling = BILINEAR
) -> Image.Image:
    """Resize so that the shorter side is ``size``; the longer is cut down to whole pixels."""
    shorter = min(image.size)
    width, height = (int(size * side / shorter) for side in image.size)
    return image.resize((width, height), resample)


def mirror(image: Image.Image) -> Image.Image:
    """Swap left and right."""
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _check_factor(factor: float) -> float:
    if not factor >= 0:
        raise InvalidArgumentError(f"A factor must be at least 0, got {factor}.")
    return factor
