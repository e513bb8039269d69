"""``seewhy answer``, ``convert`` and ``train rationales``, as a person types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from seewhy.cli.main import main
from seewhy.rationales.decoder import DecoderConfig
from seewhy.rationales.recipe import RationaleRecipe, WorldScenes, run_rationale_recipe
from seewhy.rationales.vision import PatchSettings
from seewhy.training.settings import TrainingSettings
from seewhy.world.stream import stream_scenes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A little trained model, two pictures, and one that is none."""
    folder = tmp_path_factory.mktemp("answer")
    recipe = RationaleRecipe(
        decoder=DecoderConfig(
            positions=192, width=16, depth=1, heads=2, has_boxes=True, dropout=0.0
        ),
        patches=PatchSettings(encoder="mini:clip-tiny"),
        data=WorldScenes(scenes=6, validation_scenes=1),
        vocabulary=400,
        packs=16,
        every_reason=False,
        training=TrainingSettings(steps=3, batch_size=2),
    )
    run_rationale_recipe(recipe, folder / "model", progress=False)
    (folder / "pictures").mkdir()
    for number, (_, drawing) in enumerate(stream_scenes("test", count=2)):
        Image.fromarray(drawing.image).save(folder / "pictures" / f"{number}.png")
    (folder / "bad.png").write_text("no picture")
    return folder


def run(*arguments: Any) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "seewhy", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def call(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    """The same without a process of its own."""
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    code = left.value.code
    out = capsys.readouterr()
    return int(code or 0), out.out, out.err


def test_an_answer_is_printed_and_kept_on_a_page(folder: Path, tmp_path: Path) -> None:
    page, save = tmp_path / "page.html", tmp_path / "kept"
    code, out, err = run(
        "answer", folder / "pictures", folder / "bad.png", "--question", "Is it a dog?",
        "--task", "vqa-x", "--model", folder / "model", "--html", page, "--save", save,
    )  # fmt: skip
    assert (code, err) == (1, "")
    assert out.count("Is it a dog?") == 2
    assert "left out" in out
    assert "bad.png is not a picture" in out
    html = page.read_text()
    assert html.count("Is it a dog?") == 2
    assert "http://" not in html
    assert len((save / "answers.jsonl").read_text().splitlines()) == 2


def test_json_holds_answers_reasons_and_where_the_model_looked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call(
        capsys, "answer", folder / "pictures" / "0.png", "--task", "act-x",
        "--model", folder / "model", "--json",
    )  # fmt: skip
    assert code == 0
    found = json.loads(out)["rationales"][0]
    assert found["question"] == "what is happening in this picture?"
    assert {"answer", "explanation", "score", "tokens", "words"} <= set(found)


def test_a_file_of_questions_is_answered(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = tmp_path / "questions.jsonl"
    entries = [
        {"image": "0.png", "question": "Is it red?", "task": "vqa-x"},
        {"image": "1.png", "question": "It is red.", "task": "e-snli-ve"},
    ]
    questions.write_text("\n".join(map(json.dumps, entries)))
    code, out, _ = call(
        capsys, "answer", folder / "pictures", "--questions", questions,
        "--model", folder / "model", "--method", "beam", "--beams", 2, "--json",
    )  # fmt: skip
    assert code == 0
    found = json.loads(out)["rationales"]
    assert [one["task"] for one in found] == ["vqa-x", "e-snli-ve"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--question", "a?"], "Name pictures"),
        (["PICTURE", "--question", "a?", "--task", "vqa"], "No task named 'vqa'"),
        (["PICTURE", "--task", "vqa-x"], "needs a question"),
        (["PICTURE", "--question", "a?", "--model", "mini:nothing"], "No rationale model"),
        (["NOTHING", "--question", "a?"], "No picture or folder"),
        (["PICTURE", "--questions", "NOTHING"], "No file of questions"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    named = {"PICTURE": str(folder / "pictures" / "0.png"), "NOTHING": str(folder / "nothing")}
    given = [named.get(argument, argument) for argument in arguments]
    if "--model" not in given:
        given += ["--model", str(folder / "model")]
    code, _, err = call(capsys, "answer", *given)
    assert code == 2
    assert said in " ".join(err.replace("│", " ").split())


def test_a_checkpoint_that_is_none_is_one_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_text('{"model_type": "gpt2", "vocab_size": 3}')
    code, _, err = call(capsys, "convert", tmp_path, "--out", tmp_path / "out")
    assert code == 2
    assert "holds no tokenizer" in err or "tokenizer of" in err


def test_training_says_how_the_model_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = (
        "train", "rationales", "--out", tmp_path / "model", "--scenes", 6, "--steps", 2,
        "--batch-size", 2, "--width", 16, "--depth", 1, "--heads", 2, "--task", "vqa-x",
        "--encoder", "mini:clip-tiny", "--answer-weight", 4, "--json",
    )  # fmt: skip
    code, out, _ = call(capsys, *options)
    assert code == 0
    recipe = json.loads((tmp_path / "model" / "recipe.json").read_text())
    assert recipe["answer_weight"] == 4
    assert "accuracy vqa-x" in json.loads(out)["scores"]
    code, _, err = call(capsys, *options)
    assert code == 2
    assert "holds the checkpoint of a run" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "vqa-x", "--images", "."], "TASK=FILE"),
        (["--data", "vqa-x=a.json"], "needs --images"),
        (["--images", "."], "none was given"),
        (["--recipe", "vqa"], "No recipe named 'vqa'"),
    ],
)
def test_training_that_cannot_begin_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    code, _, err = call(capsys, "train", "rationales", "--out", tmp_path / "m", *arguments)
    assert code == 2
    assert said in err
