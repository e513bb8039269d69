from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.text.word_alignment import align_words

SENTENCES = st.lists(st.sampled_from(["a", "b", "c", "ab"]), max_size=6)


def count_changes(before: list[str], after: list[str]) -> int:
    """Levenshtein's distance by its recursion."""
    if not before or not after:
        return len(before) + len(after)
    return min(
        count_changes(before[1:], after) + 1,
        count_changes(before, after[1:]) + 1,
        count_changes(before[1:], after[1:]) + (before[0] != after[0]),
    )


@settings(max_examples=60, deadline=None)
@given(SENTENCES, SENTENCES)
def test_the_way_is_shortest_and_leads_from_one_to_the_other(before, after) -> None:
    found = align_words(before, after)
    assert [word for one in found for word in one.before] == before
    assert [word for one in found for word in one.after] == after
    changes = sum(max(len(o.before), len(o.after)) for o in found if o.kind != "keep")
    assert changes == count_changes(before, after)
    place, place_after = 0, 0
    for one in found:
        assert (one.start, one.start_after) == (place, place_after)
        place, place_after = place + len(one.before), place_after + len(one.after)
        assert one.before == one.after if one.kind == "keep" else one.before != one.after
        if one.kind == "replace":
            assert len(one.before) == len(one.after)
            assert all(b != a for b, a in zip(one.before, one.after, strict=True))
        assert one.before or one.kind == "insert"
        assert one.after or one.kind == "delete"
    assert all(a.kind != b.kind for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("a cat on on the mat", "a cat on the mat", [("delete", "on", "")]),
        ("a cat", "a big dog", [("insert", "", "big"), ("replace", "cat", "dog")]),
        ("two dogs run", "two dog runs", [("replace", "dogs run", "dog runs")]),
        ("a red ball", "a red ball", []),
        ("", "a cat", [("insert", "", "a cat")]),
        ("a cat", "", [("delete", "a cat", "")]),
        # of two ways with two changes, the one that keeps more words
        ("on cat", "black on", [("insert", "", "black"), ("delete", "cat", "")]),
        # of two words that may make way, the one that looks like the new one
        (
            "the runner swims",
            "the running",
            [("replace", "runner", "running"), ("delete", "swims", "")],
        ),
    ],
)
def test_changes_are_what_a_person_would_name(before, after, changes) -> None:
    found = align_words(before.split(), after.split())
    named = [(o.kind, " ".join(o.before), " ".join(o.after)) for o in found if o.kind != "keep"]
    assert named == changes


def test_long_sentences_take_no_time() -> None:
    words = [f"{a}{b}" for a, b in product("abcdefg", "hijklmn")]
    assert align_words(words, words[::-1])
