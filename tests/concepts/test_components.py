"""Cleaning a foreground, against flood fill."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from seewhy.concepts.components import keep_large_components
from seewhy.errors import InvalidArgumentError


def draw(*lines: str) -> np.ndarray:
    return np.array([[mark == "#" for mark in line] for line in lines])


def keep_by_definition(mask: np.ndarray, min_second: int) -> np.ndarray:
    left = [tuple(place) for place in np.argwhere(mask)]  # in scan order
    components: list[set[tuple[int, int]]] = []
    while left:
        found, edge = set(), [left[0]]
        while edge:
            row, column = edge.pop()
            found.add((row, column))
            edge += [
                place
                for place in left
                if place not in found
                and max(abs(place[0] - row), abs(place[1] - column)) <= 1
                and place not in edge
            ]
        components.append(found)
        left = [place for place in left if place not in found]
    components.sort(key=len, reverse=True)
    kept = np.zeros(mask.shape, bool)
    for number, component in enumerate(components[:2]):
        if number == 0 or len(component) >= min_second:
            for place in component:
                kept[place] = True
    return kept


@given(
    arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, max_side=7)),
    st.integers(1, 6),
)
def test_kept_components_are_those_of_the_definition(mask: np.ndarray, min_second: int) -> None:
    found = keep_large_components(mask, min_second=min_second)
    np.testing.assert_array_equal(found, keep_by_definition(mask, min_second))


def test_diagonal_neighbors_belong_together() -> None:
    mask = draw("#..", ".#.", "..#")
    np.testing.assert_array_equal(keep_large_components(mask), mask)


@pytest.mark.parametrize(("size", "is_kept"), [(4, False), (5, True)])
def test_a_second_component_stays_from_five_patches_on(size: int, is_kept: bool) -> None:
    mask = np.zeros((3, 7), bool)
    mask[0] = True
    mask[2, :size] = True
    assert keep_large_components(mask)[2].any() == is_kept


def test_a_third_component_never_stays() -> None:
    mask = np.zeros((5, 6), bool)
    mask[0], mask[2, :5], mask[4, :5] = True, True, True
    assert keep_large_components(mask).sum() == 6 + 5
    assert not keep_large_components(mask)[4].any()


def test_of_two_of_one_size_the_first_in_scan_order_stays() -> None:
    mask = draw("..##", "....", "##..")
    np.testing.assert_array_equal(keep_large_components(mask), draw("..##", "....", "...."))


def test_nothing_stays_of_nothing() -> None:
    assert not keep_large_components(np.zeros((3, 4), bool)).any()


def test_a_patch_alone_stays() -> None:
    assert keep_large_components(np.ones((1, 1), bool)).all()


def test_a_stack_of_masks_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match=r"\(2, 3, 4\)"):
        keep_large_components(np.zeros((2, 3, 4), bool))
