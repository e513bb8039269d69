from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seewhy.captions.beam_search import BeamSettings, search_captions
from seewhy.captions.caption_model import CaptionModel
from seewhy.captions.captioner import Captioner, CaptionWriter
from seewhy.captions.edit import Edit
from seewhy.captions.editor import CaptionEditor
from seewhy.captions.ensemble import Ensemble
from seewhy.captions.inputs import CaptionInputs, pad_captions
from seewhy.captions.sentence_embedding import TextSentences, load_sentence_encoder
from seewhy.datasets.picture_features import PictureFeatures
from seewhy.encoders.base import TorchDualEncoder
from seewhy.encoders.catalogue import load_encoder
from seewhy.errors import (
    DataFormatError,
    ImageReadError,
    InvalidArgumentError,
    MissingFileError,
    ShapeError,
    UnknownNameError,
)
from seewhy.text.word_alignment import align_words

FEATURES = np.random.default_rng(0).random((4, 6), dtype=np.float32)
CAPTION = "a red cat sleeps on the grass"


@pytest.fixture
def editor(make_model) -> CaptionEditor:
    models = [make_model("editnet"), make_model("dcnet", seed=1)]
    return CaptionEditor(models, settings=BeamSettings(beams=3, num_best=3))


@torch.no_grad()
def test_an_edit_is_what_the_search_finds_with_all_that_was_looked_at(editor) -> None:
    edit = editor.edit(features=FEATURES, caption=CAPTION)
    vocabulary = editor.vocabulary
    numbers = pad_captions([vocabulary.encode(CAPTION)])
    inputs = CaptionInputs(features=torch.from_numpy(FEATURES)[None], caption=numbers)
    ensemble = Ensemble([model.model for model in editor.models])
    context = ensemble.prepare(inputs)
    state, total, before = ensemble.start(context), 0.0, vocabulary.start
    said = [vocabulary.numbers[word.text] for word in edit.words]
    for number, word in zip(said, edit.words, strict=True):
        chances, state = ensemble.advance(torch.tensor([before]), state, context)
        assert word.probability == pytest.approx(float(chances[0, number].exp()), abs=1e-5)
        total += float(chances[0, number])
        before = number
    if not edit.notes:
        chances, _ = ensemble.advance(torch.tensor([before]), state, context)
        total += float(chances[0, vocabulary.end])
    assert edit.score == pytest.approx(total, abs=1e-4)
    steps = editor.models[0].model.read(
        editor.models[0].model.prepare(inputs), torch.tensor([[vocabulary.start, *said, 1]])
    )
    for number, word in enumerate(edit.words):
        trace = steps[number].trace
        assert word.gate == pytest.approx(float(trace.gate[0]), abs=1e-5)
        assert word.attended_word == int(trace.words[0].argmax())
        assert word.attended_region == int(trace.regions[0].argmax())
    assert edit.word_attention.shape == (len(edit.words), len(edit.existing_words))
    assert edit.region_attention.shape == (len(edit.words), 4)
    assert edit.operations == align_words(edit.existing_words, [w.text for w in edit.words])
    assert len(edit.alternatives) <= 2
    assert all(other.score <= edit.score for other in edit.alternatives)


def test_a_batch_gives_what_each_caption_gives_alone(editor) -> None:
    captions = [CAPTION, "a dog", "", "the blue blue dog runs"]
    features = [FEATURES * scale for scale in (1.0, 0.2, 3.0, -1.0)]
    features[1] = features[1][:2]  # fewer boxes
    report = editor.edit_all(None, captions, features=features)
    assert not report.failures
    for number, edit in enumerate(report.edits):
        alone = editor.edit(features=features[number], caption=captions[number])
        assert edit.caption == alone.caption
        assert edit.score == pytest.approx(alone.score, abs=1e-5)
        np.testing.assert_allclose(edit.region_attention, alone.region_attention, atol=1e-6)
    assert report.count_words() == {
        kind: sum(
            max(len(o.before), len(o.after))
            for edit in report.edits
            for o in edit.operations
            if o.kind == kind
        )
        for kind in ("keep", "replace", "insert", "delete")
    }


def teach(model: CaptionModel, caption: str, other: str) -> None:
    """Let a model of no memory say one caption whatever it reads: each word calls the next."""
    words = ["<start>", *other.split(), "<end>"]
    numbers = [model.vocabulary.numbers[word] for word in words]
    net = model.model
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
        dim = net.config.dim
        for place, (before, after) in enumerate(pairwise(numbers)):
            assert place < dim
            net.embed.embedding.weight[before, place] = 30.0
            # the word opens its own cell of both LSTMs: i, g and o go up, f stays closed
            for gate in (0, 2, 3):
                net.attention_lstm.weight_ih[gate * dim + place, place] = 1.0
                net.language_lstm.weight_ih[gate * dim + place, place] = 30.0
            net.fc.weight[after, place] = 60.0
        net.attention_lstm.bias_ih[dim : 2 * dim] = -30.0
        net.language_lstm.bias_ih[dim : 2 * dim] = -30.0
        net.attention_lstm.bias_ih[3 * dim :] = -15.0
        net.language_lstm.bias_ih[3 * dim :] = -10.0


def test_a_caption_that_is_right_is_given_back_as_it_was(make_model) -> None:
    model = make_model("dcnet")
    teach(model, "", "a red cat sleeps")
    editor = CaptionEditor([model])
    edit = editor.edit(caption="A red cat sleeps.")
    assert edit.is_unchanged
    assert edit.caption == "A red cat sleeps."
    assert edit.num_changes == 0
    assert [word.kind for word in edit.words] == ["keep"] * 4
    changed = editor.edit(caption="a blue cat cat sleeps")
    assert not changed.is_unchanged
    assert changed.caption == "a red cat sleeps"
    assert changed.describe() == "a [-blue-]{+red+} [-cat-] cat sleeps"
    assert changed.num_changes == 2
    assert editor.edit_all(None, ["a red cat sleeps", "a dog"]).num_unchanged == 1


def test_pictures_are_seen_by_the_encoder_of_training(make_model, tmp_path) -> None:
    encoder = load_encoder("mini:clip-tiny")
    source = {"encoder": "mini:clip-tiny", "digest": encoder.digest}
    model = make_model("editnet", source=source, feature_dim=encoder.layout.width)
    path = tmp_path / "grass.png"
    pixels = np.random.default_rng(1).integers(0, 255, (50, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    editor = CaptionEditor([model])
    edit = editor.edit(path, CAPTION)
    assert edit.name == str(path)
    assert edit.grid == encoder.layout.grid
    assert edit.image.shape == (*encoder.preprocessing.size, 3)
    values = encoder.features(encoder.preprocess([path])).values[0].detach()
    again = editor.edit(features=PictureFeatures("x", values.numpy(), edit.grid), caption=CAPTION)
    assert again.caption == edit.caption
    assert edit.show_regions(0).shape == edit.image.shape
    assert edit.provenance.model_digest == editor.digest
    wrong = make_model("editnet", source={"encoder": "mini:clip-tiny", "digest": "0" * 64})
    with pytest.raises(InvalidArgumentError, match=r"features of another mini:clip-tiny"):
        CaptionEditor([wrong]).edit(path, CAPTION)


def test_results_are_kept_and_drawn(editor, tmp_path) -> None:
    boxes = np.array([[0, 0, 0.5, 0.5], [0.5, 0, 1, 1], [0, 0.5, 0.5, 1], [0, 0, 1, 1]], np.float32)
    image = np.zeros((20, 30, 3), np.uint8)
    given = PictureFeatures("x", FEATURES, boxes=boxes)
    report = editor.edit_all([image, image], [CAPTION, "a dog"], features=[given, given])
    edit = report.edits[0]
    assert edit.can_show_regions
    folder = edit.save(tmp_path / "edit")
    kept = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert kept["caption"] == edit.caption
    assert kept["operations"][0]["kind"] == edit.operations[0].kind
    report.save(tmp_path / "report")
    captions = json.loads((tmp_path / "report" / "captions.json").read_text(encoding="utf-8"))
    assert captions == {one.name: one.caption for one in report.captions}
    assert report.figure().axes


def test_what_cannot_be_edited_is_listed_and_the_rest_done(make_model, tmp_path) -> None:
    encoder = load_encoder("mini:clip-tiny")
    source = {"encoder": "mini:clip-tiny", "digest": encoder.digest}
    editor = CaptionEditor([make_model("editnet", source=source, feature_dim=encoder.layout.width)])
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    good = Image.new("RGB", (32, 32), "red")
    images = [good, bad, good, tmp_path / "gone.png", good]
    captions = [CAPTION, CAPTION, "xyzzy plugh", CAPTION, "a dog"]
    report = editor.edit_all(images, captions)
    assert [edit.name for edit in report.edits] == ["picture 1", "picture 5"]
    assert [failure.name for failure in report.failures] == [
        str(bad),
        "picture 3",
        str(tmp_path / "gone.png"),
    ]
    assert "knows no word of 'xyzzy plugh'" in report.failures[1].reason
    with pytest.raises(ImageReadError):
        editor.edit(bad, CAPTION)
    with pytest.raises(InvalidArgumentError, match="knows no word"):
        editor.edit(good, "xyzzy")
    with pytest.raises(InvalidArgumentError, match="give image= or features="):
        editor.edit(caption=CAPTION)


def test_features_that_do_not_fit_are_refused(editor) -> None:
    with pytest.raises(ShapeError, match=r"\(batch, boxes, 6\), got \(1, 4, 5\)"):
        editor.edit(features=np.ones((4, 5), np.float32), caption=CAPTION)
    report = editor.edit_all(None, [CAPTION, CAPTION], features=[FEATURES, None])
    assert report.failures[0].reason == "it has no features"
    assert len(report.edits) == 1
    with pytest.raises(InvalidArgumentError, match="2 captions, but 1 features"):
        editor.edit_all(None, [CAPTION, CAPTION], features=[FEATURES])


def test_long_and_empty_and_unknown_words_are_said(editor) -> None:
    long = editor.edit(features=FEATURES, caption="a dog " * 12)
    assert "only the first 18 of 24 words were read" in long.notes[0]
    assert "no caption" in editor.edit(features=FEATURES, caption="").notes[0]
    mixed = editor.edit(features=FEATURES, caption="a green dog")
    assert mixed.unknown_words == ("green",)


def test_a_folder_brings_an_ensemble_back(editor, make_model, tmp_path) -> None:
    folder = editor.save_pretrained(tmp_path / "both")
    again = CaptionEditor.from_pretrained(folder)
    assert again.settings == editor.settings
    first, second = (one.edit(features=FEATURES, caption=CAPTION) for one in (editor, again))
    assert (first.caption, first.score) == (second.caption, second.score)
    assert again.digest == editor.digest
    alone = CaptionEditor.from_pretrained(make_model("dcnet").save_pretrained(tmp_path / "one"))
    assert isinstance(alone.edit(caption=CAPTION), Edit)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    for value, error, match in (
        (config | {"models": ["../one"]}, DataFormatError, "outside of it"),
        (config | {"search": {"beams": 0}}, DataFormatError, "beams must be"),
        (config | {"models": ["0-gone"]}, MissingFileError, "0-gone"),
    ):
        (folder / "config.json").write_text(json.dumps(value), encoding="utf-8")
        with pytest.raises(error, match=match):
            CaptionEditor.from_pretrained(folder)


def test_models_that_do_not_go_together_are_refused(make_model) -> None:
    with pytest.raises(InvalidArgumentError, match="writes captions and edits none"):
        CaptionEditor([make_model("up-down")])
    with pytest.raises(InvalidArgumentError, match="edits a caption that is there"):
        CaptionWriter([make_model("editnet")])
    with pytest.raises(InvalidArgumentError, match="no model"):
        CaptionEditor([])
    other = make_model("editnet", source={"file": "others"})
    with pytest.raises(InvalidArgumentError, match="different features"):
        CaptionEditor([make_model("editnet"), other])


@pytest.mark.parametrize("kind", ["up-down", "adaptive-attention"])
def test_a_captioner_writes_what_the_search_finds(make_model, kind) -> None:
    writer = CaptionWriter([make_model(kind)], settings=BeamSettings(num_best=2))
    assert isinstance(writer, Captioner)
    said = writer.caption(features=FEATURES)
    assert said.caption == " ".join(word.text for word in said.words)
    assert said.region_attention.shape == (len(said.words), 4)
    report = writer.caption_all(features=[FEATURES, FEATURES * 2, None], names=["x", "x", "y"])
    assert [one.name for one in report.captions] == ["x", "x"]
    assert report.captions[0].caption == said.caption
    assert report.failures[0].name == "y"
    assert said.figure().axes
    with pytest.raises(InvalidArgumentError, match="give image= or features="):
        writer.caption()


@pytest.mark.parametrize("kind", ["modification", "dcnet-mse"])
def test_every_kind_of_editor_edits(make_model, kind, tmp_path) -> None:
    editor = CaptionEditor([make_model(kind)])
    features = None if kind == "dcnet-mse" else FEATURES
    edit = editor.edit(features=features, caption=CAPTION)
    assert edit.existing == CAPTION
    assert (edit.words[0].gate is None) == (kind == "dcnet-mse")
    assert (edit.word_attention is None) == (kind == "modification")
    path: Path = edit.save(tmp_path)
    assert (path / "figure.png").stat().st_size > 1000


def test_any_text_encoder_makes_the_vectors_of_a_sentence(make_model, tmp_path) -> None:
    encoder = load_encoder("mini:clip-tiny")
    assert isinstance(encoder, TorchDualEncoder)
    width = encoder.encode_texts(["a"]).shape[1]
    made = make_model("modification", sentence_dim=width)
    sentences = TextSentences("mini:clip-tiny", made.vocabulary)
    model = replace(made, sentences=sentences)
    editor = CaptionEditor([model])
    edit = editor.edit(features=FEATURES, caption="a green red cat")
    inputs = CaptionInputs(
        features=torch.from_numpy(FEATURES)[None],
        sentence=encoder.encode_texts(["a red cat"]),  # it does not know the word green
    )
    found = search_captions(model.model, inputs, model.vocabulary, editor.settings)
    assert edit.score == pytest.approx(float(found.scores[0, 0]), abs=1e-4)
    again = CaptionEditor.from_pretrained(editor.save_pretrained(tmp_path))
    assert again.edit(features=FEATURES, caption="a green red cat").caption == edit.caption
    assert not again.models[0].sentences.state_dict()
    with pytest.raises(UnknownNameError, match="mini:none"):
        load_sentence_encoder("mini:none")
