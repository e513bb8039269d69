from __future__ import annotations

import pytest

from seewhy.progress import show_progress


@pytest.mark.parametrize("enabled", [True, False])
def test_off_a_terminal_items_come_and_nothing_is_shown(
    enabled: bool, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    found = list(show_progress(iter("abc"), description="Letters", enabled=enabled))
    assert found == ["a", "b", "c"]
    assert capfd.readouterr() == ("", "")


def test_on_a_terminal_a_bar_is_shown_on_standard_error(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes this for a terminal
    assert list(show_progress(["a", "b"], description="Letters", total=2)) == ["a", "b"]
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "Letters" in shown.err


def test_items_are_taken_one_at_a_time() -> None:
    taken: list[int] = []

    def count():
        for number in range(3):
            taken.append(number)
            yield number

    next(show_progress(count(), description="Numbers"))
    assert taken == [0]
