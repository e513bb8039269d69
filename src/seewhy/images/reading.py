"""Reading pictures safely: whatever is in the file, an RGB picture or one clear error."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from seewhy.errors import ImageReadError, MissingFileError, ShapeError

if TYPE_CHECKING:
    from torch import Tensor

MAX_PIXELS = 100_000_000
ImageSource = str | Path | bytes | BinaryIO


def read_image(source: ImageSource, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Read a picture as RGB.

    The first frame of an animation; turned as its EXIF orientation says; 16-bit gray scaled to
    8 bits; transparency laid on white.

    Args:
        source: a path, the bytes of a file, or an open binary file.
        max_pixels: larger pictures are refused from their header, before they are decoded.

    Raises:
        MissingFileError: if the path does not exist or is a folder.
        ImageReadError: if the content is no readable picture, is cut off, or is too large.
    """
    name = _name_of(source)
    if isinstance(source, (str, Path)):
        path = Path(source)
        if path.is_dir():
            raise MissingFileError(f"{path} is a folder; a picture was expected.")
        if not path.is_file():
            raise MissingFileError(f"No picture at {path}.")
    opened = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        # Pillow warns of bombs and of odd metadata; size is our own affair, oddities nobody's
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(opened) as image:
                _refuse_large(name, image.size, max_pixels)
                image.seek(0)
                return _to_rgb(ImageOps.exif_transpose(image))
    except ImageReadError:
        raise
    except UnidentifiedImageError as error:
        raise ImageReadError(
            f"{name} is not a picture: {_describe(source)}. Expected JPEG, PNG, WebP, GIF, BMP "
            "or TIFF."
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageReadError(
            f"{name} is too large: {error} At most {max_pixels:,} pixels are read; make it smaller."
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError) as error:
        raise ImageReadError(
            f"{name} cannot be read to its end ({error}). The file is damaged or cut off; "
            "get it again or leave it out."
        ) from error


def as_image(image: Any) -> Image.Image:
    """Make an RGB picture of a path, a PIL picture, an array or a tensor.

    Args:
        image: a path, file or bytes; a PIL picture; an array (height, width, 3) or (height,
            width), of bytes or of floats from 0 to 1; a tensor (3, height, width), likewise.

    Raises:
        ShapeError: if an array or tensor has another shape, or values outside its range.
        ImageReadError: as ``read_image``.
        MissingFileError: as ``read_image``.
    """
    if isinstance(image, Image.Image):
        return _to_rgb(image)
    if isinstance(image, np.ndarray):
        return _from_array(image)
    if isinstance(image, (str, Path, bytes)) or hasattr(image, "read"):
        return read_image(image)
    if hasattr(image, "detach"):
        return _from_array(_channels_last(image))
    raise ShapeError(
        "A picture must be a path, a PIL picture, an array or a tensor, got "
        f"{type(image).__name__}."
    )


def _channels_last(tensor: Tensor) -> np.ndarray:
    if tensor.ndim != 3 or tensor.shape[0] not in (1, 3):
        raise ShapeError(
            f"A picture as a tensor must be (3, height, width), got {tuple(tensor.shape)}."
        )
    array = tensor.detach().cpu().permute(1, 2, 0).numpy()
    return array if array.shape[2] == 3 else array[:, :, 0]


def _from_array(array: np.ndarray) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ShapeError(
            f"A picture as an array must be (height, width, 3) or (height, width), got "
            f"{array.shape}."
        )
    if array.dtype != np.uint8:
        values = array.astype(np.float64)
        low, high = float(values.min()), float(values.max())
        if not (low >= -1e-6 and high <= 1 + 1e-6):  # also not if they are not numbers
            raise ShapeError(
                f"A picture of {array.dtype} must have values from 0 to 1, got {low:.3g} to "
                f"{high:.3g}; bytes go from 0 to 255."
            )
        array = (values.clip(0, 1) * 255).round().astype(np.uint8)
    return _to_rgb(Image.fromarray(array))


def _refuse_large(name: str, size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise ImageReadError(
            f"{name} has {width} x {height} = {width * height:,} pixels; at most {max_pixels:,} "
            "are read. Make it smaller, or raise max_pixels if you trust it."
        )


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        image = _to_eight_bits(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.copy() if image.mode == "RGB" else image.convert("RGB")


def _to_eight_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image, dtype=np.float64)
    top = 65535.0 if image.mode != "F" or values.max(initial=0) > 1 else 1.0
    if image.mode in ("I", "F") and 1 < values.max(initial=0) <= 255:
        top = 255.0  # 32 bits of which only eight are used
    return Image.fromarray(((values / top).clip(0, 1) * 255).round().astype(np.uint8))


def _name_of(source: ImageSource) -> str:
    if isinstance(source, (str, Path)):
        return str(source)
    return str(getattr(source, "name", "The picture"))


def _describe(source: ImageSource) -> str:
    """What the file seems to be instead."""
    if isinstance(source, (str, Path)):
        with Path(source).open("rb") as file:
            head = file.read(64)
    else:
        head = source[:64] if isinstance(source, bytes) else b""
    if not head:
        return "it is empty"
    try:
        return f"it begins with the text {head.decode('ascii')[:24]!r}"
    except UnicodeDecodeError:
        return f"it begins with the bytes {head[:8].hex(' ')}"
