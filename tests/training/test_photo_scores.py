from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from seewhy.encoders.mini import wrap_dual_encoder
from seewhy.errors import DataFormatError, MissingFileError
from seewhy.training.photo_scores import (
    CIFAR10_CLASSES,
    LabeledPhotographs,
    classify_photographs,
    read_cifar10,
    read_imagenet_sample,
)

HEADER = "class_index,file,clip_name\n"


def write_archive(path, labels):
    """Plain gray pictures, the i-th of level 10 i, one after another as JPEGs."""
    files = []
    for i in range(len(labels)):
        buffer = io.BytesIO()
        Image.new("RGB", (32, 32), (10 * i,) * 3).save(buffer, "JPEG", quality=95)
        files.append(np.frombuffer(buffer.getvalue(), dtype=np.uint8))
    offsets = np.cumsum([0, *map(len, files)])
    np.savez(path, test_jpeg=np.concatenate(files), test_offset=offsets, test_label=labels)


def test_the_first_pictures_of_each_class_are_taken_in_file_order(tmp_path):
    write_archive(tmp_path / "archive.npz", [3, 3, 9, 3, 0, 9])
    found = read_cifar10(tmp_path / "archive.npz", per_class=2)
    assert found.labels == (3, 3, 9, 0, 9)
    levels = [np.asarray(image).mean() for image in found.images]
    np.testing.assert_allclose(levels, [0, 10, 20, 40, 50], atol=2)
    assert found.classes == CIFAR10_CLASSES


def test_an_archive_that_lacks_something_is_refused(tmp_path):
    np.savez(tmp_path / "archive.npz", test_label=[0])
    with pytest.raises(DataFormatError, match="lacks test_jpeg, test_offset"):
        read_cifar10(tmp_path / "archive.npz")
    with pytest.raises(MissingFileError, match=r"other\.npz"):
        read_cifar10(tmp_path / "other.npz")


def test_a_list_of_photographs_is_read(tmp_path):
    lines = HEADER + "1,images/b.jpg,great white shark\n0,images/a.jpg,tench\n"
    (tmp_path / "labels.csv").write_text(lines)
    assert read_imagenet_sample(tmp_path) == LabeledPhotographs(
        [tmp_path / "images/b.jpg", tmp_path / "images/a.jpg"],
        (1, 0),
        ("tench", "great white shark"),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("class_index,file\n0,a.jpg\n", "clip_name"),
        (HEADER + "zero,a.jpg,tench\n", "zero"),
        (HEADER + "0,a.jpg,tench\n2,b.jpg,shark\n", "0, 1, 2"),
        (HEADER, "got 0"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(tmp_path, text, problem):
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DataFormatError, match=problem):
        read_imagenet_sample(tmp_path)


def test_a_list_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"labels\.csv"):
        read_imagenet_sample(tmp_path)


@pytest.mark.parametrize("top", [1, 2, 3])
def test_accuracy_is_the_share_of_labels_among_the_nearest_prompts(
    make_task, tokenizer, squares, top
):
    model = make_task("convnet").encoder.eval()
    names = ("red", "green", "blue")
    labels = tuple(i % 2 for i in range(12))
    images = [Image.fromarray(image) for image in squares.images[:12]]
    found = classify_photographs(
        model, tokenizer, LabeledPhotographs(images, labels, names), top=top
    )
    encoder = wrap_dual_encoder(model, tokenizer, name="twin")
    texts = encoder.encode_texts([f"a picture of a {name}" for name in names], cache=False)
    hits = 0
    for image, label in zip(images, labels, strict=True):
        order = (texts @ encoder.encode_images(image)[0]).argsort(descending=True)
        hits += label in order[:top].tolist()
    assert found == pytest.approx(hits / 12)
    assert top < 3 or found == 1
