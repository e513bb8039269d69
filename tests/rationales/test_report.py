"""Questions in batches: read from files, kept as they are answered, bad pictures listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seewhy.errors import DataFormatError, ImageReadError, InvalidArgumentError
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.questions import AskedQuestion, ask_of_all, read_questions
from seewhy.rationales.report import answer_questions, write_answer_lines


@pytest.fixture
def folder(tmp_path: Path, pictures: list[Any]) -> Path:
    for number, picture in enumerate(pictures):
        picture.save(tmp_path / f"{number}.png")
    (tmp_path / "bad.png").write_text("no picture")
    return tmp_path


def test_bad_pictures_are_listed_and_the_rest_is_answered(
    small_model: RationaleModel, folder: Path
) -> None:
    paths = [folder / "0.png", folder / "bad.png", folder / "gone.png", folder / "1.png"]
    asked = ask_of_all(paths, ["is it a dog?", "is it a cat?"])
    report = answer_questions(small_model, asked, task="vqa-x", batch_size=3)
    assert [Path(one.picture).name for one in report.rationales] == ["0.png"] * 2 + ["1.png"] * 2
    assert sorted(f.path.name for f in report.failures) == ["bad.png", "gone.png"]
    with pytest.raises(ImageReadError, match="None of 1 pictures"):
        answer_questions(small_model, [AskedQuestion(folder / "bad.png", "is it?")])


def test_a_run_that_is_stopped_goes_on(
    small_model: RationaleModel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask_of_all([folder / f"{n}.png" for n in range(3)], ["is it a dog?"])
    whole = answer_questions(small_model, asked, task="vqa-x")
    calls: list[int] = []
    answer = RationaleModel.answer_examples

    def stop_at_the_third(self: RationaleModel, examples: Any, **options: Any) -> Any:
        calls.append(len(examples))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return answer(self, examples, **options)

    monkeypatch.setattr(RationaleModel, "answer_examples", stop_at_the_third)
    save = folder / "answers"
    with pytest.raises(KeyboardInterrupt):
        answer_questions(small_model, asked, task="vqa-x", folder=save, batch_size=1)
    report = answer_questions(small_model, asked, task="vqa-x", folder=save, batch_size=1)
    assert calls == [1, 1, 1, 1]
    assert [one.full for one in report.rationales] == [one.full for one in whole.rationales]
    assert report.rationales[0].words[0].attention == pytest.approx(
        whole.rationales[0].words[0].attention, abs=1e-5
    )
    lines = write_answer_lines(report, save).read_text().splitlines()
    assert [json.loads(line)["picture"] for line in lines] == [str(one.picture) for one in asked]
    with pytest.raises(InvalidArgumentError, match="another run"):
        answer_questions(small_model, asked[:2], task="vqa-x", folder=save)
    (save / "answers" / "000001.json").write_text("{")
    with pytest.raises(DataFormatError, match=r"000001\.json is damaged"):
        answer_questions(small_model, asked, task="vqa-x", folder=save)


def test_questions_are_read_from_json_lines_and_csv(folder: Path) -> None:
    lines = folder / "q.jsonl"
    lines.write_text(
        '{"image": "0.png", "question": "is it?", "task": "vqa-x"}\n{"question": "what?"}\n'
    )
    found = read_questions(lines, [folder / "1.png", folder])
    assert found[0] == AskedQuestion(folder / "0.png", "is it?", "vqa-x")
    assert {one.question for one in found[1:]} == {"what?"}
    table = folder / "q.csv"
    table.write_text("image,question\n1.png,is it a cat?\n")
    assert read_questions(table, [folder]) == [AskedQuestion(folder / "1.png", "is it a cat?")]
    with pytest.raises(InvalidArgumentError, match="names no picture"):
        read_questions(lines, [])
