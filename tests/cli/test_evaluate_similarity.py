"""``seewhy evaluate similarity``: folders of pictures, files of pairs, and wrong use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from seewhy.cli.main import main
from seewhy.world.stream import stream_scenes

FEW = ["--methods", "interaction-cam,center,random", "--steps", 3, "--sensitivity-draws", 1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = tmp_path_factory.mktemp("pictures")
    for number, (_, drawing) in enumerate(stream_scenes("test", count=4)):
        Image.fromarray(drawing.image).save(pictures / f"{number}.png")
    return pictures


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["evaluate", "similarity", *map(str, arguments), "--model", "mini:clip-tiny"])
    return int(left.value.code or 0)


def test_views_of_a_folder_give_the_table(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save = tmp_path / "run"
    assert run(folder, *FEW, "--count", 2, "--save", save) == 0
    printed = capsys.readouterr().out
    for words in ("SI ↑", "SD ↓", "MS ↓", "agreement", "Interaction-CAM", "Random map", "2 pairs"):
        assert words in printed.replace("\n", " ")
    assert (save / "index.html").is_file()
    assert (save / "figure.png").is_file()
    assert len((save / "results.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert run(folder, *FEW, "--save", save, "--json") == 0
    plain = json.loads(capsys.readouterr().out)
    assert len(plain["pairs"]) == 4
    assert plain["table"]["interaction-cam"]["SI"]["pairs"] == 4


def test_pairs_of_a_file_are_evaluated_and_bad_ones_listed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv, page = tmp_path / "pairs.csv", tmp_path / "page.html"
    rows = [("0.png", "1.png"), ("2.png", "none.png")]
    text = "\n".join(f"{folder / a},{folder / b}" for a, b in rows)
    csv.write_text(text, encoding="utf-8")
    assert run("--pairs", csv, *FEW, "--html", page) == 1
    printed = capsys.readouterr().out
    assert "none.png" in printed
    assert "agreement" not in printed
    assert "left out" in printed
    assert "Means over 1 pairs" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Name pictures or folders"),
        (["pictures", "--pairs", "x.csv"], "not both"),
        (["nowhere"], "No picture or folder"),
        (["pictures", "--methods", "model-difference"], "makes pictures, not maps"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(
    folder: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [folder if a == "pictures" else a for a in arguments]
    assert run(*given) == 2
    assert words in " ".join(capsys.readouterr().err.replace("│", " ").split())
