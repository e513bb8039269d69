"""Which goldens a parity test runs over: every file of its area that the folder holds.

A test that asks for the argument ``foreground_case`` runs once for each ``*_foreground*.npz``
in the folder of the concepts' goldens, and so on for each area.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDENS = Path(os.environ.get("SEEWHY_GOLDENS", REPOSITORY.parent / "shared" / "goldens"))
CONCEPTS = GOLDENS / "concepts"
AREAS = ("foreground", "components", "parts", "crf", "circles", "sinkhorn", "concepts", "mi", "e2e")


@dataclass(frozen=True)
class Golden:
    """One case: its arrays, and what the JSON file beside them says."""

    path: Path
    arrays: dict[str, np.ndarray]
    described: dict[str, Any]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def number(self, name: str) -> int:
        """A size that stands in the file as an array of one."""
        return int(self.arrays[name])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for area in AREAS:
        argument = f"{area}_case"
        if argument in metafunc.fixturenames:
            metafunc.parametrize(argument, list_cases(area), indirect=True, scope="session")


def list_cases(area: str) -> list[Any]:
    files = sorted(CONCEPTS.glob(f"*_{area}*.npz"))
    files = [path for path in files if not path.stem.endswith("_weights")]
    if files:
        return [pytest.param(path, id=path.stem) for path in files]
    missing = CONCEPTS if not CONCEPTS.is_dir() else CONCEPTS / f"*_{area}*.npz"
    reason = f"no goldens at {missing} (set SEEWHY_GOLDENS)"
    return [pytest.param(None, id=f"no-{area}", marks=pytest.mark.skip(reason=reason))]


def read_golden(request: pytest.FixtureRequest) -> Golden:
    path: Path = request.param
    with np.load(path) as file:
        arrays = dict(file)
    beside = path.with_suffix(".json")
    described = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    return Golden(path, arrays, described)


def make_fixture(area: str) -> Any:
    @pytest.fixture(scope="session", name=f"{area}_case")
    def case(request: pytest.FixtureRequest) -> Golden:
        return read_golden(request)

    return case


foreground_case = make_fixture("foreground")
components_case = make_fixture("components")
parts_case = make_fixture("parts")
crf_case = make_fixture("crf")
circles_case = make_fixture("circles")
sinkhorn_case = make_fixture("sinkhorn")
concepts_case = make_fixture("concepts")
mi_case = make_fixture("mi")
e2e_case = make_fixture("e2e")
