"""Diversity of captions, counted by hand."""

from __future__ import annotations

from seewhy.scores.diversity import measure_diversity

CAPTIONS = [["a", "dog", "runs"], ["a", "dog", "runs"], ["a", "cat"], []]


def test_variety_is_as_counted_by_hand() -> None:
    found = measure_diversity(CAPTIONS, training=[["a", "cat"], ["a", "bird"]])
    assert found.vocabulary == 4
    assert found.distinct_1 == 4 / 8
    assert found.distinct_2 == 3 / 5
    assert found.mean_length == 2
    assert found.repeated == 0.5
    assert found.novel == 0.75


def test_nothing_has_no_variety_and_novelty_needs_training_captions() -> None:
    found = measure_diversity([])
    assert (found.vocabulary, found.distinct_1, found.mean_length, found.repeated) == (0, 0, 0, 0)
    assert measure_diversity(CAPTIONS).novel is None
