"""Words that are likely in a picture: from a file to the modification network's gates."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from seewhy.captions.batches import CaptionBatches
from seewhy.captions.caption_model import CaptionModel
from seewhy.captions.caption_sources import read_attributes
from seewhy.captions.editor import CaptionEditor
from seewhy.captions.inputs import CaptionInputs, add_attributes, encode_attributes
from seewhy.captions.learning import CaptioningTask, Learner, Objective
from seewhy.datasets.editing_files import EditingExample
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError
from seewhy.text.word_vocabulary import WordVocabulary
from seewhy.training.processes import Share

FEATURES = np.random.default_rng(0).random((4, 6), dtype=np.float32)
CAPTION = "a red cat sleeps on the grass"


@pytest.fixture
def model(make_model: Any) -> CaptionModel:
    return replace(make_model("modification"), reads_attributes=True)


@pytest.fixture
def editor(model: CaptionModel) -> CaptionEditor:
    return CaptionEditor([model])


def find_logits(model: CaptionModel, attributes: list[list[int]] | None, rows: int) -> torch.Tensor:
    features = torch.from_numpy(FEATURES).expand(rows, -1, -1)
    inputs = CaptionInputs(features=features, caption=torch.tensor([[1, 2, 4]] * rows))
    if attributes is not None:
        inputs = add_attributes(inputs, attributes)
    start, end = model.vocabulary.start, model.vocabulary.end
    with torch.no_grad():
        return model.model(model.complete(inputs), torch.tensor([[start, 1, 2, end]] * rows))


def test_a_picture_is_given_the_mean_of_its_own_attributes_alone(model: CaptionModel) -> None:
    together = find_logits(model, [[3, 5, 6], [4], []], 3)
    for row, own in enumerate([[3, 5, 6], [4]]):
        plain = CaptionInputs(
            features=torch.from_numpy(FEATURES)[None],
            caption=torch.tensor([[1, 2, 4]]),
            attributes=torch.tensor([own]),
        )
        start, end = model.vocabulary.start, model.vocabulary.end
        with torch.no_grad():
            alone = model.model(model.complete(plain), torch.tensor([[start, 1, 2, end]]))
        torch.testing.assert_close(together[row], alone[0], atol=1e-5, rtol=0)
    without = find_logits(model, None, 1)
    torch.testing.assert_close(together[2], without[0], atol=1e-5, rtol=0)
    assert (together[0] - together[2]).abs().max() > 1e-3


def test_a_model_that_was_trained_without_reads_none(model: CaptionModel, make_model: Any) -> None:
    untrained = replace(model, reads_attributes=False)
    with_some, without = find_logits(untrained, [[3, 5]], 1), find_logits(untrained, None, 1)
    assert torch.equal(with_some, without)
    with pytest.raises(InvalidArgumentError, match="editnet has no use for attributes"):
        replace(make_model("editnet"), reads_attributes=True)
    for learned, learns in ((model, True), (untrained, False)):
        Learner(learned, Objective())
        decoding: Any = learned.model.attribute_decoding
        assert all(one.requires_grad == learns for one in decoding.parameters())


def test_a_folder_keeps_whether_attributes_are_read(model: CaptionModel, tmp_path: Any) -> None:
    for name, saved in (("with", model), ("without", replace(model, reads_attributes=False))):
        folder = saved.save_pretrained(tmp_path / name)
        again = CaptionModel.from_pretrained(folder)
        assert again.reads_attributes == saved.reads_attributes
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    del config["reads_attributes"]  # as folders were before
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert not CaptionModel.from_pretrained(folder).reads_attributes


def test_words_are_taken_once_and_unknown_ones_left_out(vocabulary: WordVocabulary) -> None:
    numbers = encode_attributes(["Red cat", "grass!", "cat", "unicorn"], vocabulary)
    assert vocabulary.decode(numbers) == ["red", "cat", "grass"]


def test_an_edit_does_not_depend_on_the_attributes_of_others(editor: CaptionEditor) -> None:
    given = [["cat", "grass"], [], ["dog", "unicorn", "a red one"]]
    report = editor.edit_all(
        None, [CAPTION] * 3, features=[FEATURES] * 3, names=["a", "b", "c"], attributes=given
    )
    alone = [
        editor.edit(features=FEATURES, caption=CAPTION, attributes=words) for words in given[:2]
    ]
    alone.append(editor.edit(features=FEATURES, caption=CAPTION, attributes=["dog", "a", "red"]))
    for one, other in zip(report.edits, alone, strict=True):
        assert one.caption == other.caption
        assert one.score == pytest.approx(other.score, abs=1e-4)
        assert one.attributes == other.attributes
    assert [edit.attributes for edit in report.edits] == [
        ("cat", "grass"),
        (),
        ("dog", "a", "red"),
    ]
    assert len({round(edit.score, 3) for edit in report.edits}) == 3
    assert "attributes that it does not know: unicorn, one" in report.edits[2].notes
    assert not any("attributes" in note for note in report.edits[0].notes)


def test_attributes_that_cannot_be_used_are_refused(editor: CaptionEditor, make_model: Any) -> None:
    assert editor.reads_attributes
    with pytest.raises(InvalidArgumentError, match="2 captions, but 1 attributes"):
        editor.edit_all(None, [CAPTION] * 2, features=[FEATURES] * 2, attributes=[["cat"]])
    blind = CaptionEditor([make_model("dcnet")], name="blind")
    assert not blind.reads_attributes
    with pytest.raises(InvalidArgumentError, match=r"blind \(dcnet\) was trained without"):
        blind.edit(caption=CAPTION, attributes=["cat"])
    assert blind.edit_all(None, [CAPTION], attributes=[[]]).edits


def test_a_network_learns_to_say_what_only_attributes_tell(
    make_model: Any, vocabulary: WordVocabulary
) -> None:
    colors = ("red", "blue")
    examples = [
        EditingExample(str(n), str(n), ("a", "cat"), (("a", colors[n % 2]),), "train",
                       attributes=(colors[n % 2],))
        for n in range(8)
    ]  # fmt: skip
    made = make_model("modification", dropout=0.0)
    learner = Learner(replace(made, reads_attributes=True), Objective())
    batches = CaptionBatches(examples, vocabulary, features=None, batch_size=8)
    gathered = batches.gather(torch.tensor([0, 1]))
    assert gathered.num_attributes is not None
    assert gathered.num_attributes.tolist() == [1, 1]
    features = torch.from_numpy(FEATURES).expand(8, -1, -1)
    draw = batches.draw

    def draw_seen(step: int, share: Share) -> Any:  # all pictures look alike
        batch = draw(step, share)
        return replace(batch, inputs=replace(batch.inputs, features=features))

    batches.draw = draw_seen
    task = CaptioningTask(learner, batches)
    learner.train()
    optimizer = torch.optim.Adam([p for p in learner.parameters() if p.requires_grad], lr=2e-2)
    losses = []
    for step in range(70):
        optimizer.zero_grad()
        loss = task.compute_losses(learner, step, Share())["loss"]
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.1 < np.log(2) / 3 < losses[0]  # without them, a color costs ln 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"7": ["cat", "red ball"], "x": "dog"}'),
        (
            "a.jsonl",
            '{"image": "photos/7.jpg", "caption": "no", "attributes": ["cat", "red ball"]}\n'
            '{"id": "x", "attributes": ["dog"]}',
        ),
        ("a.csv", "image,attributes\nphotos/7.jpg,cat\nphotos/7.jpg,red ball\nx,dog\n"),
    ],
)
def test_every_form_of_file_is_read(tmp_path: Any, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_attributes(tmp_path / name) == {"7": ["cat", "red ball"], "x": ["dog"]}


def test_files_that_hold_no_attributes_are_told(tmp_path: Any) -> None:
    with pytest.raises(MissingFileError, match="No attributes file at"):
        read_attributes(tmp_path / "gone.json")
    path = tmp_path / "wrong.json"
    for text, match in (
        ('[{"image_id": 3, "caption": "a cat"}]', "no field for a text .attributes, words"),
        ('{"3": [4]}', "3 is a int"),
        ('{"3.jpg": "a", "b/3.png": "b"}', "names the picture '3' twice"),
        ("", "is empty"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataFormatError, match=match) as caught:
            read_attributes(path)
        assert "holds no attributes by picture" in str(caught.value)
