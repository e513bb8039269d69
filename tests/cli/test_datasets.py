from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ENTRY = {"answers": "run", "image_name": "1.jpg", "explanation": ["e"]}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "seewhy", "datasets", "check", *map(str, arguments)]
    wide = os.environ | {"COLUMNS": "200"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=wide)


def test_check_prints_counts_and_fails_where_something_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "images" / "mpi").mkdir(parents=True)
    (tmp_path / "actX_test.json").write_text(json.dumps({"1": ENTRY, "2": ENTRY}))
    missing = tmp_path / "missing.txt"
    done = run(tmp_path, "--list-missing", missing)
    assert done.returncode == 1, done.stderr
    assert "2 of ~3,620" in done.stdout
    assert "2 examples, about 3,620 expected" in done.stdout
    assert missing.read_text() == "1.jpg\n"
    as_json = run(tmp_path, "--json")
    (found,) = [s for s in json.loads(as_json.stdout)["splits"] if s["path"]]
    assert found["missing_pictures"] == ["1.jpg"]


def test_check_of_an_empty_folder_is_wrong_use(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 2
    assert "no file of a known data set" in done.stderr
