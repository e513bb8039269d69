"""The command line as a process: help, version, wrong use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import seewhy

REPOSITORY = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seewhy", *arguments], capture_output=True, text=True, check=False
    )


def test_help_names_every_verb() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    for verb in ("concepts", "world", "models", "train", "bench"):
        assert verb in shown.stdout


def test_version_is_printed() -> None:
    assert run("--version").stdout == f"seewhy {seewhy.__version__}\n"


@pytest.mark.parametrize("arguments", [["explian"], ["concepts"], ["concepts", "--no-such-option"]])
def test_wrong_use_is_exit_code_2_and_no_traceback(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == "" or "Usage" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["cli", "minis", "methods"])
def test_pages_that_are_made_are_up_to_date(name: str, tmp_path: Path) -> None:
    page = tmp_path / f"{name}.md"
    script = REPOSITORY / "scripts" / f"write_{name}_page.py"
    subprocess.run([sys.executable, str(script), str(page)], check=True)
    written = (REPOSITORY / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8") == written, "stale: run `make help-pages`"
