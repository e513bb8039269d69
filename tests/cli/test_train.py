from __future__ import annotations

import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from seewhy.cli.train import train_app
from seewhy.errors import InvalidArgumentError, UnknownNameError

RUNNER = CliRunner()


@pytest.fixture
def arguments(tmp_path):
    """A run of two steps on a folder of eight pictures."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    lines = []
    for i in range(8):
        Image.new("RGB", (20, 20), (30 * i, 0, 0)).save(folder / f"{i}.png")
        split = "val" if i > 5 else "train"
        lines.append({"image": f"{i}.png", "caption": f"shade {i}", "split": split})
    captions = tmp_path / "captions.jsonl"
    captions.write_text("\n".join(json.dumps(line) for line in lines))
    return [
        "dual-encoder", "--data", str(folder), "--captions", str(captions),
        "--recipe", "clip-tiny", "--steps", "2", "--batch-size", "4",
        "--out", str(tmp_path / "run"),
    ]  # fmt: skip


def test_a_model_is_trained_and_its_scores_are_said(arguments, tmp_path):
    done = RUNNER.invoke(train_app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "text_to_image@10" in done.stdout
    assert (tmp_path / "run" / "model.safetensors").is_file()


def test_json_is_all_that_is_printed(arguments, tmp_path):
    done = RUNNER.invoke(train_app, [*arguments, "--json"], catch_exceptions=False)
    values = json.loads(done.stdout)
    assert values["folder"] == str(tmp_path / "run")
    assert values["scores"]["image_to_text@10"] == 1.0  # of two pictures


def test_quiet_prints_nothing_and_resume_goes_on(arguments):
    first = RUNNER.invoke(train_app, [*arguments, "--quiet"], catch_exceptions=False)
    again = RUNNER.invoke(train_app, [*arguments, "--resume", "--quiet"], catch_exceptions=False)
    assert (first.stdout, again.stdout) == ("", "")
    assert again.exit_code == 0


def test_a_second_run_into_the_same_folder_is_refused(arguments):
    RUNNER.invoke(train_app, arguments, catch_exceptions=False)
    with pytest.raises(InvalidArgumentError, match="Resume it"):
        RUNNER.invoke(train_app, arguments, catch_exceptions=False)


def test_an_unknown_recipe_is_named(arguments):
    arguments[arguments.index("clip-tiny")] = "clip-tinny"
    with pytest.raises(UnknownNameError, match="Did you mean 'clip-tiny'"):
        RUNNER.invoke(train_app, arguments, catch_exceptions=False)


def test_a_folder_without_captions_is_refused(tmp_path):
    arguments = ["dual-encoder", "--data", str(tmp_path), "--out", str(tmp_path / "run")]
    with pytest.raises(InvalidArgumentError, match="go together"):
        RUNNER.invoke(train_app, arguments, catch_exceptions=False)


@pytest.fixture
def pictures(tmp_path):
    """Arguments of a run of two steps on twenty pictures of two classes."""
    for name, red in (("dark", 40), ("light", 220)):
        (tmp_path / "shades" / name).mkdir(parents=True)
        for i in range(10):
            image = Image.new("RGB", (20, 20), (red, 20 * i, 100))
            image.save(tmp_path / "shades" / name / f"{i}.png")
    return [
        "self-supervised", "--data", str(tmp_path / "shades"), "--size", "32",
        "--steps", "2", "--batch-size", "8", "--out", str(tmp_path / "run"),
    ]  # fmt: skip


@pytest.mark.parametrize("objective", ["simclr", "barlow-twins", "simsiam"])
def test_an_encoder_is_trained_without_labels_and_judged_by_them(objective, pictures, tmp_path):
    arguments = [*pictures, "--objective", objective, "--json"]
    done = RUNNER.invoke(train_app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    values = json.loads(done.stdout)
    assert set(values["scores"]) == {"knn", "linear_probe"}
    assert json.loads((tmp_path / "run" / "config.json").read_text())["objective"] == objective


def test_without_classes_there_are_no_scores_to_say(pictures, tmp_path):
    pictures[2] = str(tmp_path / "shades" / "dark")
    done = RUNNER.invoke(train_app, pictures, catch_exceptions=False)
    assert done.stdout.replace("\n", "") == f"Trained {tmp_path / 'run'}."
