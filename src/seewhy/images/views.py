"""Random views of a picture, as the published self-supervised encoders were trained on them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.images import transforms
from seewhy.images.reading import as_image

if TYPE_CHECKING:
    from torch import Tensor

_TRIES = 10  # random boxes that are tried before one in the center is taken


@dataclass(frozen=True)
class View:
    """A view, and where in the picture it was taken from."""

    image: Image.Image | Tensor
    """A PIL picture; of a tensor, a tensor (3, height, width) of the same kind."""
    crop: tuple[float, float, float, float]
    """Top, left, height and width in pixels of the picture, edge to edge."""
    flipped: bool
    """Whether left and right were swapped after the crop."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the view."""
        if isinstance(self.image, Image.Image):
            return self.image.height, self.image.width
        return int(self.image.shape[1]), int(self.image.shape[2])

    def locate(self, points: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Where points of the view lie in the picture.

        Args:
            points: x and y in the view, (points, 2); whole numbers are the centers of pixels.

        Returns:
            x and y in the picture, (points, 2).

        Example:
            >>> view = View(Image.new("RGB", (4, 4)), (10.0, 20.0, 8.0, 8.0), True)
            >>> view.locate(np.array([[0.0, 0.0]])).tolist()  # first pixel, from the right end
            [[26.5, 10.5]]
        """
        (top, left, height, width), (rows, columns) = self.crop, self.size
        x, y = np.asarray(points, np.float64).T
        x = columns - 1 - x if self.flipped else x
        return np.stack(
            [left + (x + 0.5) * width / columns - 0.5, top + (y + 0.5) * height / rows - 0.5], 1
        )


@dataclass(frozen=True, kw_only=True)
class ViewRecipe:
    """How one view is drawn: crop, mirror, jitter, gray, blur, solarize, in this order."""

    size: int = 224
    """Height and width."""
    area: tuple[float, float] = (0.08, 1.0)
    """Share of the picture's area that the crop has."""
    aspect: tuple[float, float] = (3 / 4, 4 / 3)
    """Width by height of the crop."""
    resample: Image.Resampling = transforms.BILINEAR
    mirror_chance: float = 0.5
    jitter: tuple[float, float, float, float] = (0.4, 0.4, 0.4, 0.1)
    """Strengths of brightness, contrast and saturation (factors 1 ± strength, not below 0) and of
    hue (turns ± strength)."""
    jitter_chance: float = 0.8
    gray_chance: float = 0.2
    blur_chance: float = 0.5
    blur_sigma: tuple[float, float] = (0.1, 2.0)
    blur_taps: int | None = None
    """Taps of the blur; ``None`` for Pillow's."""
    solarize_chance: float = 0.0

    def __post_init__(self) -> None:
        chances = (self.mirror_chance, self.jitter_chance, self.gray_chance)
        if not all(0 <= c <= 1 for c in (*chances, self.blur_chance, self.solarize_chance)):
            raise InvalidArgumentError(f"Chances are from 0 to 1, got {self}.")
        if self.size < 1:
            raise InvalidArgumentError(f"size must be at least 1, got {self.size}.")
        if not 0 < self.area[0] <= self.area[1] or not 0 < self.aspect[0] <= self.aspect[1]:
            raise InvalidArgumentError(f"area and aspect go from low to high, got {self}.")
        if min(self.jitter) < 0 or self.jitter[3] > 0.5:
            raise InvalidArgumentError(
                f"jitter is at least 0, of hue at most 0.5, got {self.jitter}."
            )


_SIMCLR = ViewRecipe(
    resample=transforms.BICUBIC,
    jitter=(0.8, 0.8, 0.8, 0.2),
    blur_taps=23,  # a tenth of the height
)
_BARLOW = ViewRecipe(resample=transforms.BICUBIC, jitter=(0.4, 0.4, 0.2, 0.1), blur_chance=1.0)
_SIMSIAM = ViewRecipe(area=(0.2, 1.0))
_SMALL = replace(_SIMCLR, area=(0.2, 1.0), jitter=(0.4, 0.4, 0.4, 0.1), blur_chance=0.0)
_DINO = replace(_BARLOW, area=(0.4, 1.0))
_DINO_LOCAL = replace(_DINO, size=96, area=(0.05, 0.4), blur_chance=0.5)


def _second(first: ViewRecipe) -> ViewRecipe:
    """The other of two views, seldom blurred and sometimes solarized."""
    return replace(first, blur_chance=0.1, solarize_chance=0.2)


def _dino(split: float, smallest: float) -> tuple[ViewRecipe, ...]:
    """Two large views above ``split`` of the area, eight small ones below."""
    first = replace(_DINO, area=(split, 1.0))
    return first, _second(first), *[replace(_DINO_LOCAL, area=(smallest, split))] * 8


VIEW_RECIPES: dict[str, tuple[ViewRecipe, ...]] = {
    "simclr": (_SIMCLR, _SIMCLR),
    "simclr-small": (_SMALL, _SMALL),
    "simclr-world": (replace(_SMALL, area=(0.4, 1.0)),) * 2,
    "barlow-twins": (_BARLOW, _second(_BARLOW)),
    "simsiam": (_SIMSIAM, _SIMSIAM),
    "dino": _dino(0.4, 0.05),
    "dino-resnet50": _dino(0.14, 0.05),
    "explain-cl": (replace(_SIMCLR, resample=transforms.BILINEAR, blur_taps=21),) * 2,
}
"""Views that make up one training example, by encoder. ``simclr-small`` is what SimCLR draws of
pictures of 32 pixels, which a blur would leave nothing of: half the jitter, larger crops.
``simclr-world`` crops less still: things of the small world are small, and most crops should show
them.
``explain-cl`` is what the published explanations of arXiv:2206.09753 show every encoder."""


def make_views(
    image: Any,
    recipe: str | tuple[ViewRecipe, ...] = "simclr",
    *,
    generator: np.random.Generator | int = 0,
) -> tuple[View, ...]:
    """Draw the views of one picture.

    Args:
        image: whatever ``as_image`` takes. The views of a tensor are tensors of its kind; they
            went through bytes, as all views do.
        recipe: a name of ``VIEW_RECIPES``, or recipes of your own, one for each view.
        generator: of the random numbers, or a seed.

    Returns:
        One view for each recipe, in order.

    Raises:
        UnknownNameError: if there is no recipe of that name.
        ImageReadError, MissingFileError, ShapeError: as ``as_image``.

    Source: SimCLR arXiv:2002.05709 and 2006.10029, Barlow Twins arXiv:2103.03230, SimSiam
        arXiv:2011.10566, DINO arXiv:2104.14294.
    Differs: SimCLR's are drawn with Pillow's arithmetic, not TensorFlow's; SimSiam mirrors last,
        which gives the same views.
    """
    if isinstance(recipe, str):
        if recipe not in VIEW_RECIPES:
            raise UnknownNameError("view recipe", recipe, VIEW_RECIPES)
        recipe = VIEW_RECIPES[recipe]
    numbers = np.random.default_rng(generator)
    picture = as_image(image)
    return tuple(_draw_view(picture, one, numbers, like=image) for one in recipe)


def center_view(image: Any, *, size: int = 224, resize_to: int = 256) -> View:
    """The plain view: the shorter side brought to ``resize_to``, then the center cut out.

    Raises:
        InvalidArgumentError: if ``size`` is above ``resize_to`` or below 1.
    """
    if not 1 <= size <= resize_to:
        raise InvalidArgumentError(f"size must be from 1 to resize_to {resize_to}, got {size}.")
    picture = as_image(image)
    resized = transforms.resize_shorter(picture, resize_to)
    top, left = (round((side - size) / 2) for side in (resized.height, resized.width))
    cut = resized.crop((left, top, left + size, top + size))
    down, across = picture.height / resized.height, picture.width / resized.width
    box = (top * down, left * across, size * down, size * across)
    return View(_in_kind_of(image, cut), box, False)


def _draw_view(
    picture: Image.Image, recipe: ViewRecipe, numbers: np.random.Generator, *, like: Any
) -> View:
    box = draw_box(picture.size, recipe, numbers)
    view = transforms.crop_and_resize(picture, box, recipe.size, resample=recipe.resample)
    flipped = bool(numbers.random() < recipe.mirror_chance)
    view = transforms.mirror(view) if flipped else view
    if numbers.random() < recipe.jitter_chance:
        view = jitter_colors(view, recipe.jitter, numbers)
    if numbers.random() < recipe.gray_chance:
        view = transforms.remove_color(view)
    if numbers.random() < recipe.blur_chance:
        sigma = float(numbers.uniform(*recipe.blur_sigma))
        if recipe.blur_taps is None:
            view = transforms.blur_with_pillow(view, sigma)
        else:
            view = transforms.blur_with_taps(view, recipe.blur_taps, sigma)
    if numbers.random() < recipe.solarize_chance:
        view = transforms.solarize(view)
    top, left, height, width = map(float, box)
    return View(_in_kind_of(like, view), (top, left, height, width), flipped)


def draw_box(
    size: tuple[int, int], recipe: ViewRecipe, numbers: np.random.Generator
) -> transforms.Box:
    """A random box: area uniform, aspect uniform in its logarithm; the center if none fits.

    Args:
        size: width and height of the picture, as PIL has them.
        recipe: whose ``area`` and ``aspect`` count.
        numbers: of the random numbers.
    """
    width, height = size
    low, high = recipe.aspect
    for _ in range(_TRIES):
        area = width * height * numbers.uniform(*recipe.area)
        aspect = math.exp(numbers.uniform(math.log(low), math.log(high)))
        across, down = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < across <= width and 0 < down <= height:
            top = int(numbers.integers(0, height - down + 1))
            left = int(numbers.integers(0, width - across + 1))
            return top, left, down, across
    across, down = width, height
    if width / height < low:
        down = min(height, round(width / low))
    elif width / height > high:
        across = min(width, round(height * high))
    return (height - down) // 2, (width - across) // 2, down, across


def jitter_colors(
    image: Image.Image,
    strengths: tuple[float, float, float, float],
    numbers: np.random.Generator,
) -> Image.Image:
    """Change brightness, contrast, saturation and hue by chance, in random order."""
    *factors, hue = strengths
    drawn = [float(numbers.uniform(max(0.0, 1 - s), 1 + s)) for s in factors]
    drawn.append(float(numbers.uniform(-hue, hue)))
    steps = (
        transforms.adjust_brightness,
        transforms.adjust_contrast,
        transforms.adjust_saturation,
        transforms.adjust_hue,
    )
    for number in numbers.permutation(len(steps)):
        image = steps[number](image, drawn[number])
    return image


def _in_kind_of(given: Any, picture: Image.Image) -> Image.Image | Tensor:
    """A tensor where a tensor was given, with its device and kind of number."""
    if isinstance(given, Image.Image) or not hasattr(given, "detach"):
        return picture
    import torch

    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1).to(given.device)
    return (pixels / 255).to(given.dtype) if given.is_floating_point() else pixels.contiguous()
