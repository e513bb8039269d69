from __future__ import annotations

import numpy as np
import pytest

from seewhy.errors import InvalidArgumentError
from seewhy.training.datasets import CaptionedImages, mix_up_captions

IMAGES = np.zeros((10, 4, 4, 3), np.uint8)
DATA = CaptionedImages(IMAGES, tuple((f"text {i}",) for i in range(10)))


@pytest.mark.parametrize(("share", "number"), [(0.0, 0), (0.4, 4), (1.0, 10)])
def test_as_many_captions_are_wrong_as_asked_for(share, number):
    mixed = mix_up_captions(DATA, share=share, seed=3)
    changed = [new != old for new, old in zip(mixed.captions, DATA.captions, strict=True)]
    assert sum(changed) == number
    assert sorted(mixed.captions) == sorted(DATA.captions)


def test_a_share_above_one_is_refused():
    with pytest.raises(InvalidArgumentError, match="fraction from 0 to 1, got 2"):
        mix_up_captions(DATA, share=2)


@pytest.mark.parametrize(
    ("images", "captions", "message"),
    [
        (IMAGES.astype(float), DATA.captions, "of uint8"),
        (IMAGES[:, :, :, :1], DATA.captions, r"\(10, 4, 4, 1\)"),
        (IMAGES, DATA.captions[:9], "10 pictures and 9 lists"),
        (IMAGES, (*DATA.captions[:9], ()), "picture 9 has no caption"),
    ],
)
def test_data_that_do_not_fit_together_are_refused(images, captions, message):
    with pytest.raises(InvalidArgumentError, match=message):
        CaptionedImages(images, captions)
