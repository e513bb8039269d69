from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from seewhy.cli.world import world_app


def test_show_writes_a_sheet_that_depends_on_the_seed_only(tmp_path: Path) -> None:
    sheets = []
    for number, seed in enumerate((7, 7, 8)):
        out = tmp_path / "new" / f"{number}.png"
        arguments = ["show", "--count", "2", "--size", "48", "--seed", str(seed), "--out", str(out)]
        done = CliRunner().invoke(world_app, arguments)
        assert done.exit_code == 0, done.output
        assert str(out) in done.output.replace("\n", "")
        with Image.open(out) as sheet:
            sheets.append(sheet.tobytes())
    assert sheets[0] == sheets[1]
    assert sheets[0] != sheets[2]


def test_masks_are_tinted_and_quiet_prints_nothing(tmp_path: Path) -> None:
    pictures = []
    for name, more in (("plain.png", []), ("tinted.png", ["--masks"])):
        arguments = ["show", "--count", "1", "--size", "64", "--quiet", "--out"]
        done = CliRunner().invoke(world_app, [*arguments, str(tmp_path / name), *more])
        assert done.output == ""
        with Image.open(tmp_path / name) as sheet:
            pictures.append(sheet.tobytes())
    assert pictures[0] != pictures[1]


def test_export_writes_pictures_and_their_truth(tmp_path: Path) -> None:
    done = CliRunner().invoke(world_app, ["export", str(tmp_path), "--count", "2", "--size", "32"])
    assert done.exit_code == 0, done.output
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["scenes.jsonl", "test-000000.png", "test-000001.png"]


@pytest.mark.parametrize(
    "arguments",
    [["--out", "sheet.xyz"], ["--size", "5000"], ["--count", "0"]],
)
def test_wrong_use_is_exit_code_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(world_app, ["show", *arguments]).exit_code == 2
