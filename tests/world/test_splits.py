import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.world.catalogue import CLASSES
from seewhy.world.splits import SPLITS, is_held_out, list_looks, scene_seed

seeds = st.integers(0, 10**12)
splits = st.sampled_from(SPLITS)


@given(seeds, splits, seeds, splits)
def test_no_two_scenes_share_a_seed(a: int, split_a: str, b: int, split_b: str) -> None:
    assert (scene_seed(a, split_a) == scene_seed(b, split_b)) == ((a, split_a) == (b, split_b))


def test_about_eight_percent_of_looks_are_held_out_and_every_class_keeps_some() -> None:
    looks = [
        (name, color, pattern)
        for name, spec in CLASSES.items()
        for color in spec.colors
        for pattern in spec.patterns
    ]
    assert 0.05 < sum(is_held_out(*look) for look in looks) / len(looks) < 0.11
    assert all(len(list_looks(name, held_out=False)) >= 3 for name in CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_looks_are_either_held_out_or_not(name: str) -> None:
    kept, held = list_looks(name, held_out=False), list_looks(name, held_out=True)
    assert not set(kept) & set(held)
    assert len(kept) + len(held) == len(CLASSES[name].colors) * len(CLASSES[name].patterns)


def test_an_unknown_split_is_named_with_those_that_exist() -> None:
    with pytest.raises(UnknownNameError, match="'validation'"):
        scene_seed(0, "validaton")


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="-3"):
        scene_seed(-3, "train")
