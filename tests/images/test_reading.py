"""One reader for every kind of picture, and one clear error for everything else."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seewhy.errors import ImageReadError, MissingFileError, ShapeError
from seewhy.images.reading import as_image, read_image

GRADIENT = np.linspace(0, 255, 12 * 8 * 3).reshape(8, 12, 3).astype(np.uint8)


def png_of_size(width: int, height: int) -> bytes:
    """The beginning of a PNG, which is enough to tell its size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64))


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "CMYK", "YCbCr"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode in ("CMYK", "YCbCr") else "a.png")
    Image.fromarray(GRADIENT).convert(mode).save(path)
    image = read_image(path)
    assert image.mode == "RGB"
    assert image.size == (12, 8)


def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path) -> None:
    values = np.array([[0, 16384, 32768, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    assert np.asarray(read_image(tmp_path / "a.png"))[0, :, 0].tolist() == [0, 64, 128, 255]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_becomes_white(tmp_path: Path, mode: str) -> None:
    clear = Image.new("RGBA", (4, 4), (200, 0, 0, 0)).convert(mode)
    clear.save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").getpixel((0, 0)) == (255, 255, 255)


def test_a_transparent_palette_becomes_white(tmp_path: Path) -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.save(tmp_path / "a.gif", transparency=1)
    assert read_image(tmp_path / "a.gif").getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(("orientation", "size"), [(1, (12, 8)), (6, (8, 12)), (3, (12, 8))])
def test_the_camera_is_turned_upright(
    tmp_path: Path, orientation: int, size: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(GRADIENT).save(tmp_path / "a.png", exif=exif)
    assert read_image(tmp_path / "a.png").size == size


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert read_image(tmp_path / "a.gif").getpixel((1, 1)) == (255, 0, 0)


def test_bytes_and_open_files_are_read_like_paths(tmp_path: Path) -> None:
    Image.fromarray(GRADIENT).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    expected = np.asarray(read_image(tmp_path / "a.png"))
    np.testing.assert_array_equal(np.asarray(read_image(content)), expected)
    np.testing.assert_array_equal(np.asarray(read_image(io.BytesIO(content))), expected)


def test_a_huge_picture_is_refused_from_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_of_size(11_000, 10_000))
    with pytest.raises(ImageReadError, match=r"a\.png has 11000 x 10000.*at most"):
        read_image(tmp_path / "a.png")


def test_pillows_own_bomb_check_becomes_our_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_of_size(30_000, 30_000))
    with pytest.raises(ImageReadError, match=r"a\.png is too large.*900000000 pixels"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"just some words", "'just some words'"),
        (b"\xff\xfe\x00", "bytes ff fe"),
    ],
)
def test_what_is_no_picture_is_told_with_what_it_is(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(ImageReadError, match=rf"a\.jpg is not a picture: .*{said}"):
        read_image(tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_a_cut_off_picture_is_an_error_and_not_half_a_picture(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ImageReadError, match=rf"a\.{suffix}"):
        read_image(path)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"gone\.jpg"):
        read_image(tmp_path / "gone.jpg")
    with pytest.raises(MissingFileError, match="folder"):
        read_image(tmp_path)


def test_arrays_tensors_and_pictures_are_the_same_picture() -> None:
    expected = Image.fromarray(GRADIENT)
    tensor = torch.from_numpy(GRADIENT).permute(2, 0, 1)
    for given in (GRADIENT, GRADIENT / 255.0, tensor, tensor.float() / 255, expected):
        np.testing.assert_array_equal(np.asarray(as_image(given)), GRADIENT)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((2, 3, 5)),
        np.full((4, 4, 3), 255.0),
        np.full((4, 4), np.nan),
        torch.zeros(4, 5, 5),
        7,
    ],
)
def test_what_cannot_be_a_picture_is_told(wrong: object) -> None:
    with pytest.raises(ShapeError):
        as_image(wrong)
