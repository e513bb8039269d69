"""What an example of natural-language explanation may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from seewhy.datasets.nle import NLEExample
from seewhy.errors import ShapeError


def make(**fields) -> NLEExample:
    given = {
        "id": "1",
        "task": "vcr",
        "images": (Path("a.jpg"), Path("b.jpg")),
        "question": "why?",
        "answers": ("so",),
        "explanations": ("it is",),
    }
    return NLEExample(**(given | fields))


def test_the_picture_is_the_first_of_several():
    assert make().image == Path("a.jpg")


def test_objects_and_boxes_come_in_pairs():
    with pytest.raises(ShapeError, match="1 objects and 0 boxes"):
        make(objects=("person",))


@pytest.mark.parametrize("size", [None, (0, 5)])
def test_boxes_need_the_size_they_refer_to(size):
    with pytest.raises(ShapeError, match="image_size"):
        make(objects=("person",), boxes=((0, 0, 1, 1),), image_size=size)
