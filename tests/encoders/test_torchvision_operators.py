from __future__ import annotations

import sys
from pathlib import Path

import pytest

from seewhy.encoders import torchvision_operators
from seewhy.encoders.torchvision_operators import (
    declare_torchvision_operators,
    find_torchvision_folder,
    loads_compiled_part,
)


def test_nothing_is_declared_where_torchvision_is_not_installed() -> None:
    if find_torchvision_folder() is not None:
        pytest.skip("torchvision is installed; tests/extras covers it")
    assert declare_torchvision_operators() is False


def test_nothing_is_declared_where_torchvision_is_imported_already(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torchvision_operators, "_libraries", [])
    monkeypatch.setitem(sys.modules, "torchvision", pytest)
    assert declare_torchvision_operators() is False


def test_a_library_that_is_no_library_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "_C.so").write_bytes(b"not a library")
    assert loads_compiled_part(tmp_path) is False
    assert loads_compiled_part(tmp_path / "empty") is False
