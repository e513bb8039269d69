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


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rationale model that has hardly learned anything."""
    folder = tmp_path_factory.mktemp("model")
    small = "--encoder mini:clip-tiny --scenes 8 --width 32 --depth 1 --heads 2 --steps 2 --quiet"
    with pytest.raises(SystemExit) as leaving:
        main(["train", "rationales", "--out", str(folder), *small.split()])
    assert not leaving.value.code
    return folder


def test_a_model_is_asked_attacked_and_benched(model, files, capsys, tmp_path):
    from PIL import Image

    images = tmp_path / "val2014"
    images.mkdir()
    for i, color in enumerate(("red", "green", "blue")):
        Image.new("RGB", (48, 48), color).save(images / f"{i}.jpg")
    code, out, err = run(
        capsys, "evaluate", "rationales", files[0], "--model", model, "--images", tmp_path,
        "--metrics", "bleu", "--answers-out", tmp_path / "said.jsonl", "--json",
    )  # fmt: skip
    assert code == 0, err
    first = json.loads(out)
    code, out, err = run(
        capsys, "evaluate", "rationales", files[0], tmp_path / "said.jsonl", "--metrics", "bleu",
        "--json",
    )  # fmt: skip
    assert (code, json.loads(out)) == (0, first), err

    lists = tmp_path / "lists.json"
    lists.write_text(
        json.dumps({"val2014/0.jpg": [f"is it {word}?" for word in "abcdefghijklmno"]})
    )
    wanted = ["evaluate", "retrieval-attack", model, "--images", tmp_path, "--sentence-encoder",
              "mini:clip-tiny", "--json"]  # fmt: skip
    code, out, err = run(capsys, *wanted, "--lists", lists)
    assert code == 0, err
    found = json.loads(out)
    assert set(found["scores"]) == {"5", "10", "15"}
    assert all(0 <= value <= 1 + 1e-6 for value in found["scores"].values())
    assert len(found["explanations"]["val2014/0.jpg"]) == 15
    code, _, err = run(capsys, *wanted)
    assert (code, "--lists" in err) == (2, True)

    code, out, err = run(
        capsys,
        "bench",
        "rationales",
        "--model",
        model,
        "--scenes",
        "8",
        "--task",
        "act-x",
        "--json",
    )
    assert code == 0, err
    assert json.loads(out)["tasks"]["act-x"]["questions"] > 2
