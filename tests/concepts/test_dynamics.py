"""Deleting concepts, averaging curves, and how sure an area is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seewhy.concepts.dynamics import (
    DeletionCurve,
    average_curves,
    delete_concepts,
    find_area_interval,
)
from seewhy.concepts.mutual_information import ESTIMATORS, find_mutual_knowledge
from seewhy.errors import InvalidArgumentError, UnknownNameError


def log(*numbers: int) -> float:
    return sum(math.log(number) for number in numbers)


def test_the_best_concept_goes_first_and_the_number_stays() -> None:
    curve = delete_concepts(["a", "x", "b"], ["b", "a", "c", "d"], vocabulary=50)
    expected = [log(3, 4, 2), log(3, 4, 1), log(3, 4, 1), 0.0]
    np.testing.assert_allclose(curve.values, expected)


def test_the_area_is_the_mean_of_all_values() -> None:
    assert DeletionCurve((4.0, 2.0, 0.0), "paper").area == 2.0
    assert DeletionCurve((3.0, 0.0, 0.0, 0.0), "paper").area == 0.75


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_curve_starts_at_the_picture_s_knowledge_and_does_not_rise(estimator: str) -> None:
    ranked, textual = list("abcdefgh"), list("hfbxyz")
    for vocabulary in (9, 14, 400):
        curve = delete_concepts(ranked, textual, vocabulary=vocabulary, estimator=estimator)
        whole = find_mutual_knowledge(ranked, textual, vocabulary=vocabulary)
        assert curve.values[0] == pytest.approx(getattr(whole, estimator))
        assert all(np.diff(curve.values) <= 0)
        assert len(curve.values) == 9
        assert curve.estimator == estimator


def test_overlap_counts_down_to_nothing() -> None:
    curve = delete_concepts(list("abc"), list("cab"), vocabulary=9, estimator="overlap")
    assert curve.values == (3, 2, 1, 0)


def test_no_concepts_have_a_curve_of_a_single_zero() -> None:
    for estimator in ESTIMATORS:
        curve = delete_concepts([], ["a"], vocabulary=3, estimator=estimator)
        assert curve.values == (0.0,)
        assert curve.area == 0


def test_one_concept_alone_has_two_values() -> None:
    assert delete_concepts(["a"], ["a", "b"], vocabulary=3).values == (log(2), 0.0)


def test_an_unknown_estimator_is_named() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'paper'"):
        delete_concepts(["a"], ["a"], vocabulary=3, estimator="papr")


def test_shorter_curves_count_as_zero_behind_their_end() -> None:
    found = average_curves([[6.0, 3.0, 0.0], [4.0, 0.0], [2.0]])
    np.testing.assert_allclose(found, [4, 1, 0])
    assert average_curves([]).shape == (0,)


CURVES = [[6.0, 3.0, 0.0], [4.0, 0.0], [5.0, 4.0, 1.0, 0.0], [1.0, 0.0]]


def test_an_interval_is_that_of_resampled_mean_curves() -> None:
    found = find_area_interval(CURVES, level=0.8, resamples=400, seed=3)
    draws = np.random.default_rng(3).integers(4, size=(400, 4))
    areas = [average_curves([CURVES[i] for i in draw]).mean() for draw in draws]
    np.testing.assert_allclose([found.low, found.high], np.quantile(areas, [0.1, 0.9]))
    assert found.area == pytest.approx(average_curves(CURVES).mean())
    assert found.low < found.area < found.high


def test_an_interval_of_curves_all_alike_has_no_width() -> None:
    found = find_area_interval([[4.0, 2.0, 0.0]] * 5)
    assert (found.low, found.area, found.high) == (2, 2, 2)


def test_a_higher_level_and_fewer_pictures_widen_the_interval() -> None:
    def width(curves: list[list[float]], level: float) -> float:
        found = find_area_interval(curves, level=level)
        return found.high - found.low

    assert width(CURVES, 0.5) < width(CURVES, 0.99)
    assert width(CURVES * 20, 0.9) < width(CURVES, 0.9)


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match=r"got 0, 0\.95"):
        find_area_interval([])
    with pytest.raises(InvalidArgumentError, match=r"1\.5"):
        find_area_interval(CURVES, level=1.5)
