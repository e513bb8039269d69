"""How Hugging Face's image processors say what a model wants of its pictures."""

from __future__ import annotations

from typing import Any, Literal

from seewhy.encoders.preprocessing import Preprocessing
from seewhy.errors import EncoderError

Sides = tuple[int, int]
ADVICE = "Load the model with transformers and give wrap_hugging_face a Preprocessing."
INTERPOLATIONS: dict[int, Literal["nearest", "lanczos", "bilinear", "bicubic"]] = {
    0: "nearest",
    1: "lanczos",
    2: "bilinear",
    3: "bicubic",
}


def translate_processor(processor: Any) -> Preprocessing:
    """Our preprocessing that gives what a transformers image processor gives.

    Raises:
        EncoderError: if the processor does something that ours cannot.
    """
    kind = type(processor).__name__
    if not processor.do_resize or getattr(processor, "do_pad", False):
        raise EncoderError(f"{kind} pads or does not resize, which is not supported. {ADVICE}")
    shortest, exact, crop = _read_sizes(processor)
    if crop is None and shortest is None:
        size, resize = exact, "exact"
    else:
        size, resize = crop, "shortest"
    if size is None or (resize == "shortest" and shortest is None):
        raise EncoderError(f"{kind} resizes to {processor.size}, crops to {crop}. {ADVICE}")
    return Preprocessing(
        size=size,
        resize=resize,
        resize_to=shortest,
        mean=_triple(processor.image_mean) if processor.do_normalize else (0.0, 0.0, 0.0),
        std=_read_std(processor),
        interpolation=INTERPOLATIONS[int(processor.resample)],
        crop="floor",
    )


def _read_sizes(processor: Any) -> tuple[int | None, Sides | None, Sides | None]:
    """Shorter side to resize to, both sides to resize to, and both sides to crop to."""
    shortest = _get(processor.size, "shortest_edge")
    exact = _get_sides(processor.size)
    crop = _get_sides(processor.crop_size) if getattr(processor, "do_center_crop", False) else None
    share = getattr(processor, "crop_pct", None)  # ConvNeXt's way to name a margin
    if share is not None and shortest is not None:
        if shortest >= 384:  # it cuts no margin off pictures this large
            return None, (shortest, shortest), None
        return int(shortest / share), None, (shortest, shortest)
    return shortest, exact, None if crop == exact else crop


def _read_std(processor: Any) -> tuple[float, float, float]:
    """Standard deviations, after a check that pixels become 0 to 1 first."""
    if not processor.do_rescale or abs(processor.rescale_factor * 255 - 1) > 1e-6:
        raise EncoderError(f"{type(processor).__name__} does not scale to 0..1. {ADVICE}")
    return _triple(processor.image_std) if processor.do_normalize else (1.0, 1.0, 1.0)


def _get(size: Any, name: str) -> int | None:
    """A side out of a processor's size, which is a dictionary or an object."""
    return size.get(name) if isinstance(size, dict) else getattr(size, name, None)


def _get_sides(size: Any) -> Sides | None:
    height, width = _get(size, "height"), _get(size, "width")
    return None if height is None or width is None else (height, width)


def _triple(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
