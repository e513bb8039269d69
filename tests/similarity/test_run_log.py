"""What a run has done: kept line by line, read again, guarded against another run."""

from __future__ import annotations

from pathlib import Path

import pytest

from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.similarity.run_log import RunLog


def test_items_are_read_as_they_were_kept(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "run", {"seed": 1})
    assert log.read() == {}
    log.append("a | b", {"score": 0.5})
    log.append("ä", {"score": None})
    assert RunLog(tmp_path / "run", {"seed": 1}).read() == {
        "a | b": {"score": 0.5},
        "ä": {"score": None},
    }


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_line_that_was_cut_off_is_done_again(tmp_path: Path, kept: int) -> None:
    log = RunLog(tmp_path, {})
    for number in range(kept):
        log.append(str(number), {"score": number})
    with log.path.open("a", encoding="utf-8") as file:
        file.write('{"name": "half", "sco')
    assert list(log.read()) == [str(number) for number in range(kept)]
    log.append("half", {"score": 9})
    assert list(log.read()) == [*(str(number) for number in range(kept)), "half"]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    log = RunLog(tmp_path, {})
    log.path.write_text('{"name": "a"}\nnonsense\n', encoding="utf-8")
    with pytest.raises(DataFormatError, match="line 2 is damaged"):
        log.read()


def test_another_run_is_refused(tmp_path: Path) -> None:
    RunLog(tmp_path, {"seed": 1})
    with pytest.raises(InvalidArgumentError, match="another run"):
        RunLog(tmp_path, {"seed": 2})
