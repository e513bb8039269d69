"""``seewhy score`` as a process."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

RESULTS = [
    {"image_id": 1, "caption": "a dog runs on the beach"},
    {"image_id": 2, "caption": "two cats on a sofa"},
    {"image_id": 3, "caption": "a red bus"},
]
OTHER = {"1": "a dog", "2": "a cat", "3": "a bus"}
REFERENCES = {
    "annotations": [
        {"image_id": 1, "caption": "A dog is running on the beach."},
        {"image_id": 2, "caption": "Two cats sleep on a sofa."},
        {"image_id": 3, "caption": "A red bus drives down the street."},
    ]
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    contents = {"results": RESULTS, "references": REFERENCES, "other": OTHER}
    for name, content in contents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return {name: str(tmp_path / f"{name}.json") for name in contents}


def run(*arguments: str) -> Any:
    command = [sys.executable, "-m", "seewhy", "score", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def test_scores_are_printed_with_their_signatures(files: dict[str, str]) -> None:
    done = run(files["results"], files["references"])
    assert done.returncode == 0, done.stderr
    for shown in ("BLEU-4", "ROUGE-L", "CIDEr-D", "tok:ptb", "items:3", "distinct-1"):
        assert shown in done.stdout


def test_json_tables_and_comparison(files: dict[str, str], tmp_path: Path) -> None:
    table = tmp_path / "tables" / "items.csv"
    done = run(
        files["results"], files["references"], "--compare", files["other"], "--rounds", "200",
        "--json", "-", "--per-item", str(table), "--save", str(tmp_path / "kept"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["second"]["corpus"]["BLEU-1"] > found["first"]["corpus"]["BLEU-1"]
    assert {d["metric"] for d in found["differences"]} == set(found["first"]["corpus"])
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert (tmp_path / "kept" / "result.json").is_file()


def test_json_goes_to_a_file_beside_the_table_for_people(
    files: dict[str, str], tmp_path: Path
) -> None:
    kept = tmp_path / "deep" / "scores.json"
    done = run(files["results"], files["references"], "--json", str(kept))
    assert done.returncode == 0, done.stderr
    found = json.loads(kept.read_text(encoding="utf-8"))
    assert f"{found['corpus']['BLEU-4']:.5f}" in done.stdout
    assert run(files["results"], files["references"], "--quiet").stdout == ""


def test_metrics_that_rest_on_models(
    files: dict[str, str], tmp_path: Path, bert_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number, color in enumerate(("red", "green", "blue"), start=1):
        Image.new("RGB", (64, 64), color).save(pictures / f"COCO_{number:06}.png")
    done = run(
        files["results"], files["references"], "--metrics", "bertscore,clip-score,"
        "sentence-similarity", "--bert", str(bert_folder), "--sentences", str(bert_folder),
        "--layer", "2", "--idf", "--images", str(pictures), "--model", "mini:clip-tiny",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for shown in ("BERTScore-F1", "layer:2|idf:yes", "RefCLIPScore", "model:mini:clip-tiny@",
                  "Sentence-similarity"):  # fmt: skip
        assert shown in done.stdout
    (pictures / "COCO_000002.png").unlink()
    done = run(files["results"], files["references"], "--images", str(pictures))
    assert done.returncode == 2
    assert "1 items (2) have no picture" in done.stderr


def test_all_metrics_name_what_each_lacks(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    done = run(files["results"], files["references"], "--metrics", "all")
    assert done.returncode == 1
    for shown in ("--bert", "--images", "--sentences", "java", "CIDEr-D"):
        assert shown in done.stdout


def test_a_missing_metric_is_exit_code_1_and_the_others_are_there(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    done = run(files["results"], files["references"], "--metrics", "bleu,meteor")
    assert done.returncode == 1
    assert "missing" in done.stdout
    assert "BLEU-1" in done.stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--metrics", "blue"], "bleu"),
        (["--per-item", "x.txt"], ".csv or .parquet"),
        (["--ids", "nowhere.txt"], "nowhere.txt"),
    ],
)
def test_wrong_use_is_one_sentence(files: dict[str, str], change: list[str], said: str) -> None:
    done = run(files["results"], files["references"], *change)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_results_and_references_the_other_way_round_are_noticed(files: dict[str, str]) -> None:
    text = json.dumps({"1": ["a dog", "the dog"]})
    Path(files["references"]).write_text(text, encoding="utf-8")
    done = run(files["references"], files["results"])
    assert done.returncode == 2
    assert "the other way round" in done.stderr
