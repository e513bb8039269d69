import itertools

import numpy as np
import pytest

from seewhy.errors import InvalidArgumentError
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene
from seewhy.world.stream import stream_scenes


def test_the_stream_is_each_scene_of_the_split_drawn() -> None:
    streamed = list(stream_scenes("test", size=64, start=5, count=4))
    for seed, (scene, drawing) in enumerate(streamed, start=5):
        assert scene == sample_scene(seed, split="test")
        assert np.array_equal(drawing.image, draw_scene(scene, 64, masks=False).image)
    assert len(streamed) == 4


def test_more_processes_give_the_same_stream() -> None:
    alone = stream_scenes("train", size=32, count=70)
    together = stream_scenes("train", size=32, count=70, workers=2)
    for (scene, drawing), (other_scene, other) in zip(alone, together, strict=True):
        assert scene == other_scene
        assert np.array_equal(drawing.image, other.image)


def test_a_stream_without_end_can_be_left() -> None:
    assert len(list(itertools.islice(stream_scenes(size=32), 3))) == 3


def test_masks_come_when_asked_for() -> None:
    (_, plain), (_, masked) = (next(stream_scenes(size=32, masks=m)) for m in (False, True))
    assert plain.thing_masks.shape == (0, 32, 32)
    assert len(masked.thing_masks) >= 1
    assert np.array_equal(plain.image, masked.image)


@pytest.mark.parametrize("wrong", [{"workers": -1}, {"count": -2}])
def test_negative_numbers_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidArgumentError, match=str(next(iter(wrong.values())))):
        next(stream_scenes(**wrong))
