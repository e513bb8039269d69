"""Descriptors that name a class are found as whole words, in either number, and left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.concepts.leakage import filter_leakage, names_class

DESCRIPTORS = ["a cat's ears", "a long tail", "like a dog", "Cats at night", "a category", "wide"]


@pytest.mark.parametrize(
    ("descriptor", "name"),
    [
        ("a cat's ears", "cat"),
        ("many CATS", "Cat"),
        ("foxes at night", "fox"),
        ("a polar-bear's fur", "polar bear"),
        ("polar  bears", "polar bear"),
        ("(cat)", "cat"),
        ("made of c++ code", "c"),
        ("cat", " cat "),
    ],
)
def test_a_class_is_found_as_a_word(descriptor: str, name: str) -> None:
    assert names_class(descriptor, name)


@pytest.mark.parametrize(
    ("descriptor", "name"),
    [
        ("a category", "cat"),
        ("a bobcat", "cat"),
        ("a polar night and a bear", "polar bear"),
        ("a cat", ""),
        ("abc", "a.c"),
        ("", "cat"),
    ],
)
def test_other_words_are_not_taken_for_a_class(descriptor: str, name: str) -> None:
    assert not names_class(descriptor, name)


def test_none_keeps_all() -> None:
    assert filter_leakage(DESCRIPTORS, ["cat", "dog"], leakage="none") == DESCRIPTORS


def test_any_leaves_out_what_names_any_class() -> None:
    kept = filter_leakage(DESCRIPTORS, ["cat", "dog"], leakage="any")
    assert kept == ["a long tail", "a category", "wide"]


def test_own_leaves_out_what_names_the_class_it_was_written_for() -> None:
    sources = {"a cat's ears": ["dog"], "like a dog": ["cat", "dog"], "Cats at night": ["cat"]}
    kept = filter_leakage(DESCRIPTORS, ["cat", "dog"], leakage="own", sources=sources)
    assert kept == ["a cat's ears", "a long tail", "a category", "wide"]


def test_own_is_any_where_no_one_says_what_a_descriptor_was_written_for() -> None:
    own = filter_leakage(DESCRIPTORS, ["cat", "dog"], leakage="own")
    assert own == filter_leakage(DESCRIPTORS, ["cat", "dog"], leakage="any")
    assert own == filter_leakage(DESCRIPTORS, ["cat", "dog"], leakage="own", sources={})


def test_nothing_may_be_left() -> None:
    assert filter_leakage(["a cat", "cats"], iter(["cat", "dog"]), leakage="any") == []


@given(st.lists(st.text(max_size=12)), st.lists(st.text(max_size=5), max_size=4))
def test_the_filter_only_leaves_out_and_is_done_at_once(
    descriptors: list[str], classes: list[str]
) -> None:
    kept = filter_leakage(descriptors, classes, leakage="any")
    assert not any(names_class(text, name) for text in kept for name in classes)
    assert kept == [d for d in descriptors if d in kept]
    assert filter_leakage(kept, classes, leakage="any") == kept
