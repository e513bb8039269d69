"""Asking a model: one and many, what comes back, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seewhy.datasets.nle import NLEExample
from seewhy.errors import (
    DataFormatError,
    ImageReadError,
    InvalidArgumentError,
    MissingFileError,
    UnknownNameError,
    WeightsError,
)
from seewhy.rationales.catalogue import load_rationale_model
from seewhy.rationales.configuration import RationaleConfig
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.rationale import RationaleToken, join_words
from seewhy.reports.html import to_html


def test_one_picture_and_one_question_give_one_answer(
    small_model: RationaleModel, pictures: list[Any]
) -> None:
    found = small_model.answer(pictures[0], "Is it a dog?", task="vqa-x")
    assert found.question == "Is it a dog?"
    assert found.task == "vqa-x"
    assert found.image.shape == (64, 64, 3)
    chances = [token.log_probability for token in found.tokens]
    assert found.score == pytest.approx(np.exp(np.mean(chances)))
    said = [token for token in found.tokens if token.part == "answer"]
    assert found.answer_probability == pytest.approx(
        np.exp(sum(token.log_probability for token in said))
    )
    written = "".join(token.text for token in found.tokens).strip().lower()
    assert found.full.startswith(written[:10])
    for word in found.words:
        assert word.attention is not None
        assert word.attention.shape == small_model.reader.encoder.layout.grid
        assert word.attention.sum() == pytest.approx(1, abs=1e-4)


def test_many_questions_about_one_picture_encode_it_once(
    small_model: RationaleModel, pictures: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    read = small_model.reader.read

    def count(batch: Any) -> Any:
        seen.append(len(batch))
        return read(batch)

    monkeypatch.setattr(small_model.reader, "read", count)
    questions = ["what is this?", "is it a dog?", "is it a cat?"]
    found = small_model.answer(pictures[1], questions, task="vqa-x")
    assert seen == [1]
    assert [one.question for one in found] == questions
    for one, question in zip(found, questions, strict=True):
        alone = small_model.answer(pictures[1], question, task="vqa-x")
        assert alone.full == one.full


def test_tasks_can_be_mixed_and_come_back_in_order(
    small_model: RationaleModel, pictures: list[Any]
) -> None:
    boxed = NLEExample(
        "2", "vcr", (pictures[1],), "what is person0?", (), (), (), (), ("person",),
        ((0.0, 0.0, 9.0, 9.0),), (64, 64),
    )  # fmt: skip
    asked = [
        NLEExample("1", "vqa-x", (pictures[0],), "is it a dog?", (), ()),
        boxed,
        NLEExample("3", "act-x", (pictures[1],), "", (), ()),
    ]
    together = small_model.answer_examples(asked)
    assert [one.task for one in together] == ["vqa-x", "vcr", "act-x"]
    for one, example in zip(together, asked, strict=True):
        assert small_model.answer_examples([example])[0].full == one.full
    elsewhere = replace(boxed, boxes=((30.0, 30.0, 60.0, 60.0),))
    tokens = [
        [token.log_probability for token in small_model.answer_examples([e])[0].tokens[:1]]
        for e in (boxed, elsewhere)
    ]
    assert tokens[0] != tokens[1], "the box is looked at"


def test_a_folder_keeps_a_model(
    small_model: RationaleModel, pictures: list[Any], tmp_path: Path
) -> None:
    small_model.save_pretrained(tmp_path)
    again = RationaleModel.from_pretrained(tmp_path)
    assert again.config == small_model.config
    assert (
        again.answer(pictures[0], "is it?").full == small_model.answer(pictures[0], "is it?").full
    )
    small_model.save_pretrained(tmp_path / "half", half=True)
    sizes = [p.stat().st_size for p in sorted(tmp_path.rglob("model.safetensors"))]
    assert min(sizes) < 0.6 * max(sizes)


def test_tokens_become_words() -> None:
    spelled = [" a", " gir", "affe", " because", " it", "s"]
    tokens = [
        RationaleToken(text, n, -float(n), "answer" if n < 3 else "explanation")
        for n, text in enumerate(spelled)
    ]
    gaze = torch.arange(6.0)[:, None].expand(6, 4)
    words = join_words(tokens, gaze, (2, 2))
    assert [word.text for word in words] == ["a", "giraffe", "because", "its"]
    assert [word.log_probability for word in words] == [0, -3, -3, -9]
    assert words[1].attention is not None
    np.testing.assert_array_equal(words[1].attention, np.full((2, 2), 1.5))


@pytest.mark.filterwarnings("ignore:Glyph")  # an untrained model writes anything
def test_a_rationale_can_be_kept_drawn_and_shown(
    small_model: RationaleModel, pictures: list[Any], tmp_path: Path
) -> None:
    found = small_model.answer(pictures[0], "is it <b>a dog</b>?")
    found.save(tmp_path)
    assert (tmp_path / "figure.png").stat().st_size > 1000
    page = to_html(found)
    assert "&lt;b&gt;a dog" in page
    assert page.count("<figure>") == 1 + len(found.words)
    relative = found.relative_attention(0)
    assert relative is not None
    assert relative.min() >= 0


def test_what_cannot_be_asked_is_an_error(
    small_model: RationaleModel, pictures: list[Any], tmp_path: Path
) -> None:
    with pytest.raises(UnknownNameError, match="No task named 'vqa'"):
        small_model.answer(pictures[0], "is it?", task="vqa")
    with pytest.raises(InvalidArgumentError, match="needs a question"):
        small_model.answer(pictures[0], task="vqa-x")
    with pytest.raises(InvalidArgumentError, match="2 pictures and 3 questions"):
        small_model.answer(pictures[:2], ["a", "b", "c"])
    (tmp_path / "bad.png").write_text("no picture")
    with pytest.raises(ImageReadError, match=r"bad\.png"):
        small_model.answer(tmp_path / "bad.png", "is it?")


def test_a_long_question_is_told_of(small_model: RationaleModel, pictures: list[Any]) -> None:
    found = small_model.answer(pictures[0], "is it a dog " * 30, task="vqa-x")
    assert "was cut to the first 60" in found.notes[0]


def test_other_folders_are_errors(small_model: RationaleModel, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="No folder"):
        load_rationale_model(tmp_path / "nothing")
    with pytest.raises(UnknownNameError, match="rationale model"):
        load_rationale_model("mini:clip-base")
    with pytest.raises(DataFormatError, match="no rationale model"):
        RationaleConfig.from_dict({"model_type": "other"})
    small_model.save_pretrained(tmp_path)
    with pytest.raises(InvalidArgumentError, match="authors' checkpoints"):
        load_rationale_model(tmp_path, compat="published")
    with pytest.raises(WeightsError, match="channels"):
        load_rationale_model(tmp_path, encoder="mini:clip-base")
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(WeightsError, match="does not hold weights"):
        load_rationale_model(tmp_path)
