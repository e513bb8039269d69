"""Results: plain form, files, provenance."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.results import Provenance, Result, ResultFolder, to_plain


@dataclass(frozen=True)
class Inner:
    words: tuple[str, ...]
    heat: torch.Tensor


@dataclass(frozen=True)
class Example(Result):
    name: str
    inner: tuple[Inner, ...]
    score: float

    def figure(self) -> Figure:
        figure = Figure(figsize=(1, 1))
        figure.add_subplot().plot([0, 1])
        return figure


EXAMPLE = Example("a", (Inner(("ears", "tail"), torch.tensor([[1.0, 2.0]])),), 0.5)


def test_a_result_becomes_plain_values() -> None:
    assert EXAMPLE.to_dict() == {
        "name": "a",
        "inner": [{"words": ["ears", "tail"], "heat": [[1.0, 2.0]]}],
        "score": 0.5,
    }


def test_a_saved_result_can_be_read_again(tmp_path: Path) -> None:
    folder = EXAMPLE.save(tmp_path / "new" / "folder")
    kept = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    entry = kept["inner"][0]["heat"]
    assert entry == {"array": "inner.0.heat", "shape": [1, 2]}
    with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays[entry["array"]], [[1.0, 2.0]])
        assert arrays.files == ["inner.0.heat"]
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_has_no_number_for_is_null(value: float) -> None:
    assert to_plain({"x": value}) == {"x": None}
    assert to_plain({"x": np.array([value])}) == {"x": [None]}


def test_sets_are_sorted_so_that_files_do_not_change_between_runs() -> None:
    assert to_plain({"words": {"c", "a", "b"}}) == {"words": ["a", "b", "c"]}


def test_something_without_a_json_form_is_named_by_its_path() -> None:
    with pytest.raises(TypeError, match=r"a\.1 is a object"):
        to_plain({"a": [1, object()]})


def test_provenance_holds_the_versions_that_decide_numbers() -> None:
    provenance = Provenance(model="mini:x", model_digest="00")
    assert {"seewhy", "python", "torch", "numpy"} <= set(provenance.versions)


@dataclass(frozen=True)
class Reading:
    name: str
    values: Any


def build_reading(plain: dict[str, Any], arrays: dict[str, Any]) -> Reading:
    return Reading(plain["name"], arrays["values"])


def test_a_folder_keeps_results_whole_or_not_at_all(tmp_path: Path) -> None:
    kept = ResultFolder(tmp_path, {"seed": 1}, kind="readings", build=build_reading)
    assert kept.read() == {}
    kept.keep(7, Reading("seven", np.arange(3)))
    (tmp_path / "readings" / "000008.part").write_text("{")  # of a run that was killed
    again = ResultFolder(tmp_path, {"seed": 1}, kind="readings", build=build_reading).read()
    assert list(again) == [7]
    assert again[7].name == "seven"
    assert again[7].values.tolist() == [0, 1, 2]
    with pytest.raises(
        InvalidArgumentError, match=r"holds the readings of another run .*run\.json"
    ):
        ResultFolder(tmp_path, {"seed": 2}, kind="readings", build=build_reading)


@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_a_damaged_result_is_named(tmp_path: Path, suffix: str) -> None:
    kept = ResultFolder(tmp_path, {}, kind="readings", build=build_reading)
    kept.keep(1, Reading("one", np.arange(3)))
    path = tmp_path / "readings" / f"000001{suffix}"
    path.write_bytes(path.read_bytes()[:10])
    with pytest.raises(DataFormatError, match=r"000001\.json is damaged"):
        kept.read()
