"""``seewhy bench``: the table, the JSON and the folder say the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seewhy.cli.main import main

ARGUMENTS = ["bench", "concepts", "--model", "mini:clip-conv", "--scenes", "8"]


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main([*ARGUMENTS, *arguments])
    return int(left.value.code or 0)


def test_the_table_the_json_and_the_folder_say_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--json", "--save", str(tmp_path / "run")) == 0
    streams = capsys.readouterr()
    plain = json.loads(streams.out)
    kept = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))
    assert kept == plain
    assert (tmp_path / "run" / "figure.png").is_file()
    assert plain["scenes"] == 8
    assert run() == 0
    table = capsys.readouterr().out
    assert "mini:clip-conv, 8 scenes" in table
    for value in (plain["foreground"], plain["center_box"], plain["accuracy"], plain["random"]):
        assert f"{value:.3f}" in table
    for scores in plain["methods"].values():
        assert f"{scores['named']:.3f}" in table
        assert f"{scores['part_overlap']:.3f}" in table


def test_quiet_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("--quiet") == 0
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--scenes", "7"], "scenes"),
        (["--split", "tset"], "tset"),
        (["--model", "mini:clip-con"], "mini:clip-con"),
        (["--foreground", "svt"], "svt"),
    ],
)
def test_wrong_use_is_one_sentence_and_code_2(
    change: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*change) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert message in streams.err


SIMILARITY = ["bench", "similarity", "--model", "mini:clip-tiny", "--pairs", "8"]


def bench_maps(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main([*SIMILARITY, "--method", "grad-cam", "--method", "model-difference", *arguments])
    return int(left.value.code or 0)


def test_the_bench_of_maps_says_the_same_everywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench_maps("--json", "--save", str(tmp_path / "run")) == 0
    plain = json.loads(capsys.readouterr().out)
    kept = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))
    assert kept == plain
    assert list(plain["methods"]) == ["grad-cam", "random", "center"]
    assert bench_maps() == 0
    table = " ".join(capsys.readouterr().out.split())
    assert "8 pairs of scenes" in table
    assert plain["made"]
    for title, reached in plain["made"].items():
        assert f"{title}: from {reached['begin']:.4g} to {reached['end']:.4g}" in table
    for scores in plain["methods"].values():
        assert f"{scores['pointing']['value']:.3f}" in table
        assert f"{scores['mass']['value']:.3f}" in table
    assert bench_maps("--quiet") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--pairs", "7"], "pairs"),
        (["--method", "grad-kam"], "grad-kam"),
        (["--split", "tset"], "tset"),
    ],
)
def test_a_wrong_bench_of_maps_is_one_sentence_and_code_2(
    change: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench_maps(*change) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert message in streams.err
