"""Tests of open_clip and timm, which run only in an environment of their own."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

REASON = "open_clip and timm are tested in an environment of their own: make test-extras"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_spec("open_clip") is not None and find_spec("timm") is not None:
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=REASON))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def pictures() -> list[Image.Image]:
    random = np.random.default_rng(0)
    sizes = [(300, 451), (257, 227), (224, 224), (50, 333), (331, 226)]
    return [Image.fromarray(random.integers(0, 256, (*size, 3), dtype=np.uint8)) for size in sizes]
