"""One reader for every kind of picture, and one clear error for everything else."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from seewhy.errors import ImageReadError, InvalidArgumentError, MissingFileError, ShapeError
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


@pytest.mark.parametrize("suffix", ["png", "tif", "ppm"])
@pytest.mark.parametrize("values", [[0, 16384, 32768, 65535], [0, 1, 200, 255]])
def test_sixteen_bits_are_scaled_and_neither_clipped_nor_stretched(
    tmp_path: Path, suffix: str, values: list[int]
) -> None:
    Image.fromarray(np.array([values], np.uint16)).save(tmp_path / f"a.{suffix}")
    found = np.asarray(read_image(tmp_path / f"a.{suffix}"))[0, :, 0].tolist()
    assert found == [round(value / 257) for value in values]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 9.0, 255.0], [0, 9, 255]),
        ([257.0, 65535.0], [1, 255]),
    ],
)
def test_floats_are_scaled_by_the_white_they_fit_under(
    tmp_path: Path, values: list[float], expected: list[int]
) -> None:
    Image.fromarray(np.array([values], np.float32)).save(tmp_path / "a.tif")
    assert np.asarray(read_image(tmp_path / "a.tif"))[0, :, 0].tolist() == expected


@pytest.mark.parametrize("values", [[-1.0, 1.0], [0.0, 1e6], [0.0, np.nan]])
def test_gray_beyond_every_white_is_told_and_not_cut_off(
    tmp_path: Path, values: list[float]
) -> None:
    Image.fromarray(np.array([values], np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(ImageReadError, match=r"a\.tif has gray values from"):
        read_image(tmp_path / "a.tif")


def test_cmyk_keeps_its_colors(tmp_path: Path) -> None:
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "a.tif")
    assert read_image(tmp_path / "a.tif").getpixel((0, 0)) == (255, 0, 0)


def test_half_transparent_is_half_white(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (0, 0, 0, 128)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").getpixel((0, 0)) == (127, 127, 127)


@pytest.mark.parametrize("mode", ["PA", "La", "RGBa", "HSV", "RGBX", "I;16"])
def test_pictures_in_odd_modes_become_rgb(mode: str) -> None:
    assert as_image(Image.new(mode, (3, 2))).mode == "RGB"


def test_lab_is_told_and_not_guessed() -> None:
    with pytest.raises(ImageReadError, match="CIE Lab"):
        as_image(Image.new("LAB", (3, 2)))


def test_a_palette_with_transparency_in_bytes_warns_nobody(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "a.png", transparency=bytes([255, 0]))
    read = read_image(tmp_path / "a.png")
    assert [read.getpixel((x, 0)) for x in (0, 1)] == [(255, 0, 0), (255, 255, 255)]


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


UPRIGHT = {  # what is done to the stored pixels, by EXIF orientation
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_the_camera_is_turned_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(GRADIENT).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(
        np.asarray(read_image(tmp_path / "a.png")), UPRIGHT[orientation](GRADIENT)
    )


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


def test_a_bomb_is_refused_by_our_limit_and_pillows_own_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_of_size(30_000, 30_000))
    limit = Image.MAX_IMAGE_PIXELS
    with pytest.raises(ImageReadError, match=r"a\.png has 30000 x 30000 = 900,000,000 pixels"):
        read_image(tmp_path / "a.png")
    assert limit == Image.MAX_IMAGE_PIXELS


def test_the_limit_is_the_callers_and_is_itself_allowed(tmp_path: Path) -> None:
    Image.new("RGB", (10, 10)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png", max_pixels=100).size == (10, 10)
    with pytest.raises(ImageReadError, match="100 pixels; at most 99 are read"):
        read_image(tmp_path / "a.png", max_pixels=99)


def test_a_picture_larger_than_pillow_warns_of_is_read_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (30, 30)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # Pillow would raise from 200 on
    assert read_image(tmp_path / "a.png", max_pixels=900).size == (30, 30)


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


def test_a_picture_opened_but_not_read_is_refused_like_its_file(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(content[: len(content) // 2])
    with (
        Image.open(tmp_path / "a.png") as opened,
        pytest.raises(ImageReadError, match=r"a\.png.*damaged or cut off"),
    ):
        as_image(opened)


def test_formats_that_start_programs_are_not_read(tmp_path: Path) -> None:
    Image.fromarray(GRADIENT).save(tmp_path / "a.eps")
    with pytest.raises(ImageReadError, match=r"not a picture: it begins with the text '%!PS"):
        read_image(tmp_path / "a.eps")


def test_open_files_and_bytes_are_told_what_they_are() -> None:
    with pytest.raises(ImageReadError, match="begins with the text 'words'"):
        read_image(io.BytesIO(b"words"))
    with pytest.raises(ImageReadError, match="picture of 0 bytes is not a picture: it is empty"):
        read_image(b"")
    with pytest.raises(InvalidArgumentError, match="binary mode"):
        read_image(io.StringIO("words"))  # pyright: ignore


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImageReadError, match="no ordinary file"):
        read_image(tmp_path / "pipe")  # must not wait for someone to write


@pytest.fixture(scope="module")
def encoded() -> dict[str, bytes]:
    noise = np.random.default_rng(0).integers(0, 255, (12, 10, 3), np.uint8)
    found = {}
    for suffix in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000"):
        file = io.BytesIO()
        Image.fromarray(noise).save(file, suffix)
        found[suffix] = file.getvalue()
    return found


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_gives_a_picture_or_our_error_and_nothing_else(
    encoded: dict[str, bytes], data: st.DataObject
) -> None:
    content = bytearray(encoded[data.draw(st.sampled_from(sorted(encoded)))])
    places = st.integers(0, len(content) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    try:
        image = read_image(bytes(content), max_pixels=1_000_000)
    except ImageReadError:
        return
    assert image.mode == "RGB"


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"gone\.jpg"):
        read_image(tmp_path / "gone.jpg")
    with pytest.raises(MissingFileError, match="folder"):
        read_image(tmp_path)


def test_arrays_tensors_and_pictures_are_the_same_picture() -> None:
    expected = Image.fromarray(GRADIENT)
    tensor = torch.from_numpy(GRADIENT).permute(2, 0, 1)
    for same in (GRADIENT, GRADIENT / 255.0, tensor, tensor.float() / 255, expected):
        np.testing.assert_array_equal(np.asarray(as_image(same)), GRADIENT)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((2, 3, 5)),
        np.full((4, 4, 3), 255.0),
        np.full((4, 4), np.nan),
        np.zeros((0, 4, 3), np.uint8),
        torch.zeros(4, 5, 5),
        7,
    ],
)
def test_what_cannot_be_a_picture_is_told(wrong: object) -> None:
    with pytest.raises(ShapeError):
        as_image(wrong)


def test_arrays_of_sixteen_bits_and_half_floats_are_pictures() -> None:
    wide = GRADIENT[:, :, 0].astype(np.uint16) * 257
    np.testing.assert_array_equal(np.asarray(as_image(wide))[:, :, 1], GRADIENT[:, :, 0])
    half = torch.ones(3, 2, 2, dtype=torch.bfloat16, requires_grad=True)
    assert as_image(half).getpixel((1, 1)) == (255, 255, 255)


def test_a_picture_is_a_copy_of_its_own() -> None:
    given_picture = Image.new("RGB", (2, 2))
    as_image(given_picture).putpixel((0, 0), (9, 9, 9))
    assert given_picture.getpixel((0, 0)) == (0, 0, 0)
