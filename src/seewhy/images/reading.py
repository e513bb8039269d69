"""Reading pictures safely: whatever is in the file, an RGB picture or one clear error."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from seewhy.errors import ImageReadError, InvalidArgumentError, MissingFileError, ShapeError
from seewhy.images.depths import gray_to_eight_bits, to_eight_bits

if TYPE_CHECKING:
    from torch import Tensor

MAX_PIXELS = 100_000_000
ImageSource = str | Path | bytes | BinaryIO

# Formats that only hold pixels. Pillow knows more, some of which start other programs.
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF")
_TRANSPARENT = ("RGBA", "RGBa", "LA", "PA")
_ONE_AT_A_TIME = threading.RLock()


def read_image(source: ImageSource, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Read a picture as RGB.

    The first frame of an animation; turned as its EXIF orientation says; 16-bit gray scaled to
    8 bits; transparency laid on white. JPEG, PNG, WebP, GIF, BMP, TIFF, PPM and JPEG 2000 are
    read, and AVIF where Pillow can.

    Args:
        source: a path, the bytes of a file, or an open binary file.
        max_pixels: larger pictures are refused from their header, before they are decoded.

    Raises:
        MissingFileError: if the path does not exist or is a folder.
        ImageReadError: if the content is no readable picture, is cut off, or is too large.
        InvalidArgumentError: if ``source`` is none of these.
    """
    name, opened = _open(source)
    head = b""
    try:
        with opened, _reading_pillow():
            head = opened.read(64)
            opened.seek(0)
            with _open_header(opened) as image:
                _refuse_large(name, image.size, max_pixels)
                image.seek(0)
                ImageOps.exif_transpose(image, in_place=True)
                return _to_rgb(image, name)
    except ImageReadError:
        raise
    except UnidentifiedImageError as error:
        raise ImageReadError(
            f"{name} is not a picture: {_describe(head)}. Expected JPEG, PNG, WebP, GIF, BMP, "
            "TIFF, PPM or JPEG 2000."
        ) from error
    except Exception as error:  # a damaged file makes Pillow raise almost anything
        raise ImageReadError(f"{name} {_say_damaged(error)}") from error


def as_image(image: Any) -> Image.Image:
    """Make an RGB picture of a path, a PIL picture, an array or a tensor.

    Args:
        image: a path, file or bytes; a PIL picture, which is taken as it stands, its EXIF
            orientation included; an array (height, width, 3), (height, width, 4) or (height,
            width), of bytes, of 16-bit numbers or of floats from 0 to 1; a tensor (3, height,
            width) or (1, height, width), likewise.

    Returns:
        A picture of its own, in RGB.

    Raises:
        ShapeError: if an array or tensor has another shape, or values outside its range.
        ImageReadError: as ``read_image``.
        MissingFileError: as ``read_image``.
    """
    if isinstance(image, Image.Image):
        return _finish_reading(image)
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


def _open(source: ImageSource) -> tuple[str, BinaryIO]:
    """What to call the picture, and its bytes."""
    if isinstance(source, bytes):
        return f"The picture of {len(source):,} bytes", io.BytesIO(source)
    if isinstance(source, (str, Path)):
        return str(source), _open_file(Path(source))
    if hasattr(source, "read"):
        content = source.read()
        if isinstance(content, bytes):
            return str(getattr(source, "name", "The open file")), io.BytesIO(content)
    raise InvalidArgumentError(
        f"source must be a path, bytes or a file opened in binary mode, got {source!r:.80}."
    )


def _open_file(path: Path) -> BinaryIO:
    if path.is_dir():
        raise MissingFileError(f"{path} is a folder; name a picture, or give it to find_images.")
    if not path.exists():
        raise MissingFileError(f"No picture at {path}. Check the path.")
    if not path.is_file():
        raise ImageReadError(f"{path} is no ordinary file; name a picture.")
    try:
        return path.open("rb")
    except OSError as error:
        raise ImageReadError(
            f"{path} cannot be opened ({error.strerror}). Check its permissions."
        ) from error


@contextmanager
def _reading_pillow() -> Iterator[None]:
    """Pillow silent: size is our own affair, oddities of metadata are nobody's.

    The filters of warnings belong to the process, hence one picture at a time.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _open_header(file: BinaryIO) -> Image.Image:
    """The picture, not yet decoded; Pillow's limit of size is put aside, ours follows."""
    Image.init()
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        return Image.open(file, formats=[name for name in _FORMATS if name in Image.OPEN])
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _finish_reading(image: Image.Image) -> Image.Image:
    """A picture someone opened, perhaps without reading it yet."""
    name = str(getattr(image, "filename", "") or "The picture")
    try:
        with _reading_pillow():
            return _to_rgb(image, name)
    except ImageReadError:
        raise
    except Exception as error:  # as in read_image
        raise ImageReadError(f"{name} {_say_damaged(error)}") from error


def _say_damaged(error: Exception) -> str:
    return (
        f"cannot be read to its end ({error}). The file is damaged or cut off; get it again or "
        "leave it out."
    )


def _channels_last(tensor: Tensor) -> np.ndarray:
    if tensor.ndim != 3 or tensor.shape[0] not in (1, 3):
        raise ShapeError(
            f"A picture as a tensor must be (3, height, width), got {tuple(tensor.shape)}."
        )
    tensor = tensor.detach().cpu()
    if tensor.is_floating_point():
        tensor = tensor.float()  # NumPy knows no bfloat16
    return tensor.permute(1, 2, 0).numpy()


def _from_array(array: np.ndarray) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ShapeError(
            "A picture as an array must be (height, width, 3) or (height, width), got "
            f"{array.shape}."
        )
    if array.size == 0:
        raise ShapeError(f"A picture must have at least one pixel, got {array.shape}.")
    if array.dtype == np.uint16:
        array = to_eight_bits(array, 65535)
    if array.dtype != np.uint8:
        values = array.astype(np.float64)
        low, high = float(values.min()), float(values.max())
        if not (low >= -1e-6 and high <= 1 + 1e-6):  # also not if they are not numbers
            raise ShapeError(
                f"A picture of {array.dtype} must have values from 0 to 1, got {low:.3g} to "
                f"{high:.3g}; bytes go from 0 to 255."
            )
        array = to_eight_bits(values, 1)
    return _to_rgb(Image.fromarray(np.ascontiguousarray(array)), "The array")


def _refuse_large(name: str, size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise ImageReadError(
            f"{name} has {width} x {height} = {width * height:,} pixels; at most {max_pixels:,} "
            "are read. Make it smaller, or raise max_pixels if you trust it."
        )


def _to_rgb(image: Image.Image, name: str) -> Image.Image:
    if image.mode == "F" or image.mode.startswith("I"):
        image = gray_to_eight_bits(image, name)
    if image.mode == "LAB":
        raise ImageReadError(f"{name} is in CIE Lab, which is not read. Save it in RGB.")
    if image.mode == "La":  # Pillow knows no direct way
        image = image.convert("LA")
    if image.mode in _TRANSPARENT or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.copy() if image.mode == "RGB" else image.convert("RGB")


def _describe(head: bytes) -> str:
    """What the file seems to be instead."""
    if not head:
        return "it is empty"
    try:
        return f"it begins with the text {head.decode('ascii')[:24]!r}"
    except UnicodeDecodeError:
        return f"it begins with the bytes {head[:8].hex(' ')}"
