from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from seewhy.encoders.huggingface_images import translate_processor
from seewhy.encoders.preprocessing import (
    Preprocessing,
    fit_image,
    preprocess_images,
    restore_pictures,
)
from seewhy.errors import EncoderError, ImageReadError, InvalidArgumentError

PLAIN = Preprocessing(size=(8, 8), mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))
sides = st.integers(min_value=5, max_value=90)
PROCESSORS: dict[str, Any] = {
    "clip": CLIPImageProcessorPil(
        size={"shortest_edge": 21}, crop_size={"height": 21, "width": 21}
    ),
    "siglip": SiglipImageProcessorPil(size={"height": 20, "width": 24}),
    "dinov2": BitImageProcessorPil(
        size={"shortest_edge": 26},
        crop_size={"height": 21, "width": 21},
        image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225],
    ),
    "bilinear": CLIPImageProcessorPil(
        size={"shortest_edge": 19}, crop_size={"height": 16, "width": 12}, resample=2
    ),
    "convnext": ConvNextImageProcessorPil(size={"shortest_edge": 21}, crop_pct=0.875),
    "convnext-384": ConvNextImageProcessorPil(size={"shortest_edge": 384}, crop_pct=0.875),
    "not-normalized": CLIPImageProcessorPil(
        size={"shortest_edge": 9}, crop_size={"height": 9, "width": 9}, do_normalize=False
    ),
}


def noise(height: int, width: int) -> Image.Image:
    random = np.random.default_rng(height * 1000 + width)
    return Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("name", PROCESSORS)
@given(height=sides, width=sides)
@settings(max_examples=25, deadline=None)
def test_equals_hugging_face(name: str, height: int, width: int) -> None:
    image, processor = noise(height, width), PROCESSORS[name]
    expected = processor(images=image, return_tensors="pt")["pixel_values"]
    found = preprocess_images(image, translate_processor(processor))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def resize_and_crop_by_definition(image: Image.Image, shorter: int, size: int) -> np.ndarray:
    """torchvision's Resize and CenterCrop on PIL pictures, as its documentation defines them."""
    width, height = image.size
    if width <= height:
        width, height = shorter, int(shorter * height / width)
    else:
        width, height = int(shorter * width / height), shorter
    resized = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))
    top, left = round((height - size) / 2.0), round((width - size) / 2.0)
    return resized[top : top + size, left : left + size]


@given(height=sides, width=sides, margin=st.integers(min_value=0, max_value=9))
@settings(max_examples=60, deadline=None)
def test_resizes_and_crops_as_torchvision_does(height: int, width: int, margin: int) -> None:
    image = noise(height, width)
    wanted = replace(PLAIN, size=(12, 12), resize_to=12 + margin)
    expected = resize_and_crop_by_definition(image, 12 + margin, 12)
    np.testing.assert_array_equal(np.asarray(fit_image(image, wanted)), expected)


def test_a_margin_of_three_pixels_tells_the_two_ways_of_cropping_apart() -> None:
    image = noise(11, 11)
    rounded = fit_image(image, replace(PLAIN, resize_to=11))
    floored = fit_image(image, replace(PLAIN, resize_to=11, crop="floor"))
    array = np.asarray(image)
    np.testing.assert_array_equal(np.asarray(rounded), array[2:10, 2:10])
    np.testing.assert_array_equal(np.asarray(floored), array[1:9, 1:9])


def test_a_picture_of_the_right_size_only_changes_its_scale() -> None:
    image = noise(8, 8)
    found = preprocess_images(image, PLAIN)[0].permute(1, 2, 0)
    expected = (np.asarray(image) / 255 - PLAIN.mean) / PLAIN.std
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_restored_pictures_are_cut_off_and_not_rounded() -> None:
    picture = np.asarray(noise(8, 8))
    pixels = preprocess_images(picture, PLAIN)
    found = restore_pictures(pixels, PLAIN)[0]
    for y, x, channel in np.ndindex(picture.shape):
        share = float(pixels[0, channel, y, x]) * PLAIN.std[channel] + PLAIN.mean[channel]
        assert found[y, x, channel] == int(min(max(share * 255, 0), 255))
    lost = picture.astype(int) - found
    assert set(np.unique(lost)) == {0, 1}, "what float32 leaves below a whole number is cut off"


def test_longest_keeps_the_whole_picture_in_the_middle_of_a_plain_one() -> None:
    image = Image.new("RGB", (16, 8), (200, 100, 50))
    fitted = np.asarray(fit_image(image, replace(PLAIN, resize="longest", fill=(1, 2, 3))))
    assert (fitted[2:6] == [200, 100, 50]).all()
    assert (fitted[[0, 1, 6, 7]] == [1, 2, 3]).all()


def test_exact_does_not_keep_the_aspect() -> None:
    fitted = fit_image(noise(30, 10), replace(PLAIN, resize="exact", size=(6, 9)))
    assert fitted.size == (9, 6)


def test_pictures_come_in_any_form_and_from_any_iterable(tmp_path: Path) -> None:
    image = noise(8, 8)
    image.save(tmp_path / "a.png")
    array = np.asarray(image)
    tensor = torch.from_numpy(array.copy()).permute(2, 0, 1)
    forms: list[Any] = [
        image,
        [image],
        array,
        array[None],
        tensor,
        tensor[None],
        tensor / 255,
        tmp_path / "a.png",
        str(tmp_path / "a.png"),
        (form for form in [image]),
    ]
    expected = preprocess_images(image, PLAIN)
    for form in forms:
        torch.testing.assert_close(preprocess_images(form, PLAIN), expected)


def test_no_pictures_give_an_empty_batch() -> None:
    assert preprocess_images([], PLAIN).shape == (0, 3, 8, 8)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("not a picture")
    with pytest.raises(ImageReadError, match=r"text\.jpg"):
        preprocess_images(tmp_path / "text.jpg", PLAIN)


def test_a_number_is_no_picture() -> None:
    with pytest.raises(InvalidArgumentError, match="got int"):
        preprocess_images(3, PLAIN)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": (0, 8)}, "size must be positive"),
        ({"std": (1.0, 0.0, 1.0)}, "std must be above 0"),
        ({"resize_to": 7}, "resize_to must be at least 8"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        replace(PLAIN, **changes)


@pytest.mark.parametrize(
    "changes",
    [{"do_resize": False}, {"do_center_crop": False}, {"rescale_factor": 1.0}],
    ids=lambda changes: next(iter(changes)),
)
def test_processors_that_do_something_else_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(EncoderError, match="CLIPImageProcessorPil"):
        translate_processor(CLIPImageProcessorPil(**changes))
