"""Settings changed by words."""

from __future__ import annotations

import pytest

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.similarity.settings_changes import change_settings


def test_fields_are_changed_at_any_depth_and_the_rest_stays() -> None:
    found = change_settings(
        [
            "pixel-invariance.num_copies=20",
            "pixel-invariance.descent.steps=7",
            "conditional-occlusion.fill=0",
            "feature-visualization.goals=score",
            "model-difference.layers=0,stages.1",
            "interaction-cam.reduction=max",
            "interaction-cam.weighs_invariance=true",
        ]
    )
    assert found["pixel-invariance"].num_copies == 20
    assert found["pixel-invariance"].descent.steps == 7
    assert found["pixel-invariance"].ridge == 0.1
    assert found["conditional-occlusion"].fill == 0
    assert found["feature-visualization"].goals == ("score",)
    assert found["model-difference"].layers == (0, "stages.1")
    assert found["interaction-cam"].reduction == "max"
    assert found["interaction-cam"].weighs_invariance is True


def test_windows_are_those_of_all_kinds_of_occlusion() -> None:
    found = change_settings([], window=16, stride=4)
    assert found["conditional-occlusion"].window == 16
    assert found["context-agnostic-occlusion"].stride == 4
    assert found["pairwise-occlusion"].grid.window == 16
    assert change_settings([]) == {}


def test_published_settings_are_changed_from_what_was_published() -> None:
    found = change_settings(["smooth-grad.num_draws=3"], compat="published")
    assert found["smooth-grad"].divides_by_range
    assert not change_settings(["smooth-grad.num_draws=3"])["smooth-grad"].divides_by_range


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ("smooth-grad.num_draws", InvalidArgumentError, "METHOD.FIELD=VALUE"),
        ("num_draws=3", InvalidArgumentError, "METHOD.FIELD=VALUE"),
        ("smoothgrad.num_draws=3", UnknownNameError, "Did you mean 'smooth-grad'"),
        ("smooth-grad.draws=3", UnknownNameError, "num_draws"),
        ("smooth-grad.num_draws.more=3", InvalidArgumentError, "no fields of its own"),
        ("smooth-grad.num_draws=many", InvalidArgumentError, "valid integer"),
        ("smooth-grad.blurs=3", InvalidArgumentError, "valid boolean"),
        ("smooth-grad.num_draws=0", InvalidArgumentError, "num_draws is at least 1"),
        ("interaction-cam.reduction=sum", InvalidArgumentError, "does not fit"),
        ("edges.width=3", UnknownNameError, "none"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    change: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        change_settings([change])


def test_a_mode_is_of_all_kinds_of_occlusion() -> None:
    found = change_settings([], mode="fast")
    assert found["conditional-occlusion"].mode == "fast"
    assert found["pairwise-occlusion"].grid.mode == "fast"
