"""``seewhy compare``: two pictures, two views, many pairs; and one sentence for wrong use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seewhy.cli.compare import DEFAULT_MODEL, choose_methods
from seewhy.cli.main import main
from seewhy.encoders.catalogue import find_minis
from seewhy.similarity.catalogue import METHODS
from seewhy.world.stream import stream_scenes

MODEL = "mini:clip-tiny"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three scenes: as drawn, gray and wide, with transparency."""
    folder = tmp_path_factory.mktemp("pictures")
    drawn = [Image.fromarray(drawing.image) for _, drawing in stream_scenes("test", count=3)]
    changed = [drawn[0], drawn[1].convert("L").resize((90, 50)), drawn[2].convert("RGBA")]
    paths = [folder / f"{number}.png" for number in range(3)]
    for image, path in zip(changed, paths, strict=True):
        image.save(path)
    return paths


def run(*arguments: object, model: str = MODEL) -> int:
    """The exit code of ``seewhy compare`` with these arguments."""
    with pytest.raises(SystemExit) as left:
        main(["compare", *map(str, arguments), "--model", model])
    return int(left.value.code or 0)


def test_it_says_where_both_pictures_are_alike(
    pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*pictures[:2], "-m", "interaction-cam", "--method", "center,random") == 0
    printed = capsys.readouterr().out
    assert "0.png and 1.png: similarity 0." in printed
    assert "Interaction-CAM: strongest" in printed
    assert "middle center of 0.png" in printed
    assert "Random map" in printed
    assert "Wrote" not in printed


def test_json_is_all_that_is_printed_and_raw_maps_are_kept(
    pictures: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, page = tmp_path / "kept", tmp_path / "page.html"
    options = ["--window", 20, "--stride", 20, "-m", "conditional-occlusion,interaction-cam"]
    assert run(*pictures[1:], *options, "--save", folder, "--html", page, "--json") == 0
    streams = capsys.readouterr()
    plain = json.loads(streams.out)
    assert streams.err == ""
    assert plain["pictures"] == ["1.png", "2.png"]
    assert plain["views"] is None
    assert plain["provenance"]["model"] == MODEL
    first = plain["explanations"][0]
    with np.load(first["arrays"]) as arrays:
        values = arrays["maps.0.values"]
    assert list(values.shape) == first["maps"][0]["shape"]
    assert values.max() == pytest.approx(first["maps"][0]["highest"])
    assert page.read_text(encoding="utf-8").count("Conditional occlusion") >= 1
    assert (folder / "index.html").is_file()
    assert (folder / "figure.png").is_file()


@pytest.mark.parametrize("views", ["simclr", "barlow-twins", "simsiam", "dino"])
def test_two_views_of_one_picture_are_recorded_and_agree_or_not(
    pictures: list[Path], views: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(pictures[0], "--views", views, "-m", "grad-cam", "--seed", 3) == 0
    printed = capsys.readouterr().out
    assert "0.png, view 1 and 0.png, view 2" in printed
    assert "of their area in common" in printed
    assert run(pictures[0], "--views", views, "-m", "grad-cam", "--seed", 3, "--json") == 0
    found = json.loads(capsys.readouterr().out)["views"]
    assert found["recipe"] == views
    assert len(found["crops"]) == 2


def test_two_models_are_compared_by_what_they_keep(
    pictures: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--set", "model-difference.steps=2", "--set", "model-difference.layers=0"]
    options = ["-m", "model-difference", "--other", "mini:clip-conv", *few]
    assert run(*pictures[:2], *options, "--html", tmp_path / "page.html") == 0
    printed = capsys.readouterr().out
    assert f"{MODEL}, layer 0; mini:clip-conv, layer 0" in printed


def test_pairs_are_explained_into_a_folder_and_go_on_there(
    pictures: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv = tmp_path / "pairs.csv"
    lines = [
        f"{pictures[0]},{pictures[1]}",
        f"{pictures[1]},{pictures[2]}",
        f"{pictures[0]},no.png",
    ]
    csv.write_text("a,b\n" + "\n".join(lines), encoding="utf-8")
    folder = tmp_path / "run"
    assert run("--pairs", csv, "--save", folder, "-m", "interaction-cam") == 1
    printed = capsys.readouterr().out
    assert "left out" in printed
    assert "no.png" in printed
    assert "2 pairs explained" in printed
    pages = list(folder.glob("pairs/*/index.html"))
    assert len(pages) == 2
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert all(page.parent.name in index for page in pages)
    before = {page: page.stat().st_mtime_ns for page in pages}
    assert run("--pairs", csv, "--save", folder, "-m", "interaction-cam", "--json") == 1
    plain = json.loads(capsys.readouterr().out)
    assert [item["methods"] for item in plain["items"]] == [["interaction-cam"]] * 2
    assert {page: page.stat().st_mtime_ns for page in pages} == before


def test_published_behavior_and_layers_can_be_asked_for(
    pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["-m", "interaction-cam", "--compat", "published", "--layer", "0", "--quiet"]
    assert run(*pictures[:2], *options) == 0
    assert capsys.readouterr().out == ""


def test_names_of_several_methods() -> None:
    everything = choose_methods(["all", "baselines"])
    assert set(everything) == set(METHODS)
    assert choose_methods(None) == tuple(n for n, m in METHODS.items() if not m.is_baseline)
    assert choose_methods(["random,center", "random"]) == ("random", "center")


def test_the_default_model_is_bundled() -> None:
    assert DEFAULT_MODEL.removeprefix("mini:") in find_minis()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Name two pictures"),
        (["0.png"], "second picture, or --views"),
        (["0.png", "1.png", "--views", "simclr"], "not both"),
        (["0.png", "--views", "moco"], "moco"),
        (["0.png", "--pairs", "x.csv", "--save", "y"], "give no others"),
        (["--pairs", "x.csv"], "needs --save"),
        (["0.png", "1.png", "-m", "gradcam"], "Did you mean 'grad-cam'"),
        (["0.png", "1.png", "--set", "x"], "METHOD.FIELD=VALUE"),
        (["0.png", "none.png", "-m", "center"], "none.png"),
        (["0.png", "1.png", "-m", "conditional-occlusion", "--window", "999"], "window must be"),
        (["0.png", "1.png", "-m", "grad-cam", "--layer", "nowhere"], "no layer 'nowhere'"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(
    pictures: list[Path], arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [pictures[0].with_name(a) if a.endswith(".png") else a for a in arguments]
    assert run(*given) == 2
    streams = capsys.readouterr()
    assert words in " ".join(streams.err.replace("│", " ").split())
    assert streams.out == ""


def test_the_command_runs_as_a_process(pictures: list[Path], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = subprocess.run(
        [sys.executable, "-m", "seewhy", "compare", *map(str, pictures[:2]), "-m", "center",
         "--model", MODEL, "--html", str(page)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "page.html" in done.stdout
    assert page.stat().st_size > 10_000


def test_fast_and_short_arithmetic_say_how_well_they_agree_with_exact_maps(
    pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["-m", "conditional-occlusion", "--window", 16, "--stride", 16]
    assert run(*pictures[:2], *options, "--fast", model="mini:clip-base") == 0
    assert "exact rank correlation 1" in capsys.readouterr().out
    assert run(*pictures[:2], *options, "--bf16") == 0
    assert "exact rank correlation 2" in capsys.readouterr().out
