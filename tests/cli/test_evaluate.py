from __future__ import annotations

import json
from pathlib import Path

import pytest

from seewhy.cli.main import main

ANSWERS = ("dog", "cat", "dog")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Annotations of three questions and a model's answers to them, one of them wrong."""
    entries = {
        str(i): {
            "question": "what is it?",
            "answers": [{"answer": answer}] * 3,
            "image_name": f"{i}.jpg",
            "explanation": [f"it has {i} long wet ears", "it is furry"],
        }
        for i, answer in enumerate(ANSWERS)
    }
    said = [{"image_id": i, "caption": f"dog because it has {i} wet ears"} for i in range(3)]
    (tmp_path / "a.json").write_text(json.dumps(entries))
    (tmp_path / "r.json").write_text(json.dumps(said))
    return tmp_path / "a.json", tmp_path / "r.json"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    try:
        main([str(argument) for argument in arguments])
        code = 0
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_results_file_is_judged(files, capsys, tmp_path):
    code, out, err = run(
        capsys, "evaluate", "rationales", *files, "--metrics", "bleu,cider-d", "--json",
        "--save", tmp_path / "saved",
    )  # fmt: skip
    assert code == 0, err
    found = json.loads(out)["tasks"]["vqa-x"]
    assert found["judgment"]["is_right"] == [True, False, True]
    assert found["filtered"]["ids"] == ["0", "2"]
    assert (tmp_path / "saved" / "figure.png").is_file()
    code, out, _ = run(capsys, "evaluate", "rationales", *files, "--metrics", "bleu")
    assert (code, "accuracy 66.7%" in out) == (0, True)


def test_one_of_results_and_model_is_needed(files, capsys):
    code, _, err = run(capsys, "evaluate", "rationales", files[0])
    assert code == 2
    assert "--model" in err
    code, _, err = run(capsys, "evaluate", "rationales", files[1], files[0])
    assert code == 2
    assert "r.json" in err


def test_readers_judge_reasons(files, capsys, tmp_path):
    code, out, err = run(
        capsys, "evaluate", "explain-predict", files[0], files[0], files[1], "--epochs", "1",
        "--json", "--readers-out", tmp_path / "readers",
    )  # fmt: skip
    assert code == 0, err
    report = json.loads(out)
    assert 0 <= report["open"]["from_model"] <= 1
    assert report["masked"]["from_truth"] is not None
    assert report["most_frequent"] == pytest.approx(2 / 3)
    assert (tmp_path / "readers" / "masked" / "reader.json").is_file()
