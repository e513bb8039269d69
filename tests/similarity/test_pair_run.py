"""Many pairs into a folder: each kept whole, resumed, bad ones listed; and reports of one pair."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seewhy.errors import ImageReadError, InvalidArgumentError
from seewhy.similarity.methods import explain, explain_all
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair_files import PairSource
from seewhy.similarity.pair_report import gather, summarize
from seewhy.similarity.pair_run import explain_into

METHODS = ("interaction-cam", "edges")


def draw(seed: int, size: tuple[int, int] = (20, 30)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8))


@pytest.fixture
def pairs(tmp_path: Path) -> list[PairSource]:
    for number in range(3):
        draw(number).save(tmp_path / f"{number}.png")
    files = [tmp_path / f"{number}.png" for number in range(3)]
    return [PairSource(files[0], files[1]), PairSource(files[1], files[2]), PairSource(files[2])]


def test_each_pair_is_kept_as_if_it_were_explained_alone(
    convnet: PairModel, pairs: list[PairSource], tmp_path: Path
) -> None:
    decorated = []
    run = explain_into(
        tmp_path / "run", convnet, pairs, methods=METHODS, seed=5,
        decorate=lambda report, folder: decorated.append((report.score, folder.name)),
    )  # fmt: skip
    assert [item.name for item in run.items] == [pair.name for pair in pairs]
    assert [score for score, _ in decorated] == [item.score for item in run.items]
    alone = explain(
        convnet, pairs[0].first, pairs[0].second, method="interaction-cam", seed=pairs[0].seed(5)
    )
    folder = tmp_path / "run" / run.items[0].folder / "interaction-cam"
    with np.load(folder / "arrays.npz") as arrays:
        np.testing.assert_array_equal(arrays["maps.1.values"], alone.maps[1].values)
    kept = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert kept["names"] == ["0.png", "1.png"]
    views = json.loads(
        (tmp_path / "run" / run.items[2].folder / "edges" / "result.json").read_text("utf-8")
    )
    assert views["geometry"]["recipe"] == "simclr"
    assert not list((tmp_path / "run" / "pairs").glob("*.part"))


def test_a_run_goes_on_where_it_was_stopped(
    convnet: PairModel, pairs: list[PairSource], tmp_path: Path
) -> None:
    folder, calls = tmp_path / "run", []

    def stop(report: object, _folder: Path) -> None:
        calls.append(report)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explain_into(folder, convnet, pairs, methods=METHODS, decorate=stop)
    assert len(list((folder / "pairs").glob("*.part"))) == 1  # not whole, and not counted
    again = []
    run = explain_into(
        folder, convnet, pairs, methods=METHODS, decorate=lambda r, _: again.append(r)
    )
    assert len(again) == 2
    assert len(run.items) == 3
    with pytest.raises(InvalidArgumentError, match="another run"):
        explain_into(folder, convnet, pairs, methods=METHODS[:1])


def test_bad_pairs_are_left_out_and_listed(
    convnet: PairModel, pairs: list[PairSource], tmp_path: Path
) -> None:
    missing = PairSource(pairs[0].first, tmp_path / "none.png")
    run = explain_into(tmp_path / "run", convnet, [missing, pairs[0]], methods=METHODS)
    assert len(run.items) == 1
    assert "none.png" in run.failures[0].reason
    with pytest.raises(ImageReadError, match="No pair could be read"):
        explain_into(tmp_path / "other", convnet, [missing], methods=METHODS)
    with pytest.raises(InvalidArgumentError, match="no pair"):
        explain_into(tmp_path / "empty", convnet, [])


def test_a_report_has_a_figure_of_all_and_a_folder_for_each(
    convnet: PairModel, tmp_path: Path
) -> None:
    report = gather(explain_all(convnet, draw(1), draw(2), methods=METHODS))
    assert report.score == report.explanations[1].score
    assert report.provenance.settings == {}
    folder = report.save(tmp_path / "report")
    assert {path.name for path in folder.iterdir()} == {*METHODS, "figure.png"}
    with pytest.raises(InvalidArgumentError, match="at least one"):
        gather([])


def test_a_summary_says_where_a_map_is_highest(convnet: PairModel) -> None:
    found = explain(convnet, draw(1), draw(2))
    kept = summarize(found)
    top, left = kept["maps"][0]["highest_cell"]
    assert found.maps[0].values[top, left] == found.maps[0].values.max()
    assert kept["maps"][0]["lowest"] == pytest.approx(float(found.maps[0].values.min()))
    json.dumps(kept, allow_nan=False)


def test_the_peak_is_told_in_words(convnet: PairModel) -> None:
    found = explain(convnet, draw(1), draw(2), method="center")
    assert found.describe_peak(2) == "middle center of picture 2 (0.99)"
