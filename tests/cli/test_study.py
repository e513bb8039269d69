"""``seewhy study`` as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SIZES = ["--width", 16, "--depth", 1, "--heads", 2, "--encoder", "mini:clip-tiny"]
LENGTHS = ["--scenes", 8, "--steps", 2, "--batch-size", 2, "--test-scenes", 8]


def run(folder: Path, *arguments: object) -> Any:
    command = [sys.executable, "-m", "seewhy", "study", "rationales", *map(str, arguments)]
    environment = {**os.environ, "SEEWHY_CACHE": str(folder / "cache")}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, encoding="utf-8", env=environment
    )


def test_the_study_writes_its_tables_and_goes_on(tmp_path: Path) -> None:
    given = ["--out", tmp_path / "study", "--task", "imagenet-x", "--task", "act-x"]
    given += [*SIZES, *LENGTHS]
    done = run(tmp_path, *given, "--json")
    assert done.returncode == 0, done.stderr
    plain = json.loads(done.stdout)
    assert list(plain["tasks"]) == ["imagenet-x", "act-x"]
    for name in ("result.json", "table.md", "figure.png", "study.html"):
        assert (tmp_path / "study" / name).is_file()
    assert (tmp_path / "study" / "seed-41" / "act-x" / "model.safetensors").is_file()
    again = run(tmp_path, *given)
    assert again.returncode == 0, again.stderr
    assert "imagenet-x" in again.stdout
    assert "points below them" in again.stdout
    assert json.loads((tmp_path / "study" / "result.json").read_text()) == plain


def test_wrong_use_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, "--out", tmp_path / "study", "--separate", "vqa-x")
    assert done.returncode == 2
    assert "named as TASK=MODEL" in done.stderr
    assert "Traceback" not in done.stderr
