"""``seewhy features`` as a process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seewhy.training.feature_store import FeatureStore


def run(*arguments: object) -> Any:
    command = [sys.executable, "-m", "seewhy", "features", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "pictures"
    inside.mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (30, 20), "red").save(inside / f"{name}.png")
    return inside


def test_a_folder_becomes_a_store_and_bad_pictures_are_told(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.jpg").write_text("no picture")
    store = tmp_path / "store"
    done = run(folder, "--model", "mini:clip-tiny", "--out", store)
    assert done.returncode == 1, done.stderr
    assert "left out" in done.stdout
    assert "broken.jpg" in done.stdout
    assert "Wrote 2 pictures" in done.stdout
    assert list(FeatureStore(store)) == ["a", "b"]
    again = run(folder / "a.png", "--model", "mini:clip-tiny", "--out", store, "--json")
    assert json.loads(again.stdout) == {"written": 0, "kept": 1, "failures": []}
    checked = run("--out", store, "--check")
    assert checked.returncode == 0
    assert "2 pictures" in checked.stdout
    assert "0 damaged" in checked.stdout


def test_published_files_are_taken_over(tmp_path: Path) -> None:
    for name in ("42", "7"):
        np.savez(tmp_path / f"{name}.npz", feat=np.ones((10, 4), np.float32))
    done = run("--npz", tmp_path, "--out", tmp_path / "store", "--full")
    assert done.returncode == 0, done.stderr
    assert FeatureStore(tmp_path / "store")["7"].values.shape == (10, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name pictures, or one of"),
        (["a.jpg", "--npz", "b"], "got --npz, pictures"),
        (["--hdf5", "b"], "with --index"),
        (["--npz", "nowhere"], "No folder with files"),
        (["nowhere.jpg"], "nowhere.jpg"),
        (["--check"], "No feature store"),
    ],
)
def test_wrong_use_is_told(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = run(*arguments, "--out", tmp_path / "store")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
