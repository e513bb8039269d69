"""``seewhy train captions`` as a process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def run(*arguments: object) -> Any:
    command = [sys.executable, "-m", "seewhy", "train", "captions", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def test_a_stage_is_trained_on_a_captions_file_and_gone_on_with(tmp_path: Path) -> None:
    lines = [
        {"image": f"{i}.jpg", "captions": ["a red cat"], "split": "val" if i > 7 else "train"}
        for i in range(10)
    ]
    (tmp_path / "captions.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "old.json").write_text(json.dumps({str(i): "a cat" for i in range(10)}))
    given = ["--preset", "dcnet", "--data", tmp_path / "captions.jsonl"]
    given += ["--existing", tmp_path / "old.json", "--out", tmp_path / "model"]
    given += ["--dim", 8, "--batch-size", 4, "--epochs", 1, "--min-count", 1]
    done = run(*given, "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["scores"]) == {"cider", "bleu_4", "exact"}
    assert (tmp_path / "model" / "vocabulary.json").is_file()
    assert "Resume it" in run(*given).stderr
    assert run(*given, "--resume", "--quiet").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "edit-net"], "Did you mean 'editnet'"),
        (["--features", "x"], "--data is the world"),
        (["--data", "nowhere.jsonl"], "No captions file at"),
        (["--data", "a.jsonl", "--scenes", "3"], "--scenes and --encoder are for the world"),
        (["--preset", "editnet-reward"], "editnet"),
    ],
)
def test_wrong_use_is_told(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = run(*arguments, "--out", tmp_path / "model")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
