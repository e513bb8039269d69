from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from seewhy.captions.caption_model import KINDS, CaptionModel
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.sentence_embedding import (
    DAN,
    AttentiveSentences,
    TextSentences,
    make_sentences,
)
from seewhy.errors import DataFormatError, InvalidArgumentError, WeightsError
from seewhy.text.word_vocabulary import WordVocabulary

VOCABULARY = WordVocabulary.build([["a", "red", "cat", "sleeps"]], min_count=1)
SIZES = {
    "editnet": {"dim": 8, "attention_dim": 4, "feature_dim": 6},
    "dcnet": {"dim": 8, "attention_dim": 4},
    "dcnet-mse": {"dim": 8, "attention_dim": 4},
    "modification": {"dim": 8, "embedding_dim": 8, "sentence_dim": 5, "feature_dim": 6},
    "up-down": {"dim": 8, "embedding_dim": 8, "attention_dim": 4, "feature_dim": 6},
    "adaptive-attention": {"dim": 8, "embedding_dim": 8, "attention_dim": 4, "feature_dim": 6},
}


def build(kind, *, seed=0, **sizes):
    torch.manual_seed(seed)
    config = KINDS[kind].config(vocabulary=len(VOCABULARY), **(SIZES[kind] | sizes))
    return KINDS[kind].build(config).eval()


def make(kind, *, seed=0):
    made, model = KINDS[kind], build(kind, seed=seed)
    sentences = DAN(len(VOCABULARY), 7, 5).eval() if made.reads_sentences else None
    source = {"encoder": "mini:clip-tiny", "digest": "0"}
    return CaptionModel(
        kind=kind, model=model, vocabulary=VOCABULARY, features=source, sentences=sentences
    )


def run(found):
    torch.manual_seed(1)
    inputs = CaptionInputs(features=torch.rand(2, 3, 6), caption=torch.tensor([[1, 2], [3, 0]]))
    captions = torch.tensor([[VOCABULARY.start, 1, 3, VOCABULARY.end]] * 2)
    with torch.no_grad():
        return found.model(found.complete(inputs), captions)


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_brings_back_the_same_model(kind, tmp_path):
    made = make(kind)
    again = CaptionModel.from_pretrained(made.save_pretrained(tmp_path))
    assert torch.equal(run(again), run(made))
    assert again.vocabulary == VOCABULARY
    assert (again.kind, again.longest, again.features) == (kind, 18, made.features)
    assert not again.model.training


@pytest.mark.parametrize("name", ["dan", "attentive"])
def test_sentence_vectors_come_back_with_the_model(name, tmp_path):
    made = replace(make("modification"), sentences=make_sentences(name, VOCABULARY, 6).eval())
    made = replace(made, model=build("modification", sentence_dim=6))
    again = CaptionModel.from_pretrained(made.save_pretrained(tmp_path))
    assert type(again.sentences) is type(made.sentences)
    assert torch.equal(run(again), run(made))


def test_attentive_sentence_vectors_keep_the_order_and_ignore_padding():
    torch.manual_seed(0)
    attentive, averaged = AttentiveSentences(9, 6), DAN(9, 8, 6)
    one, other = torch.tensor([[1, 2, 3]]), torch.tensor([[3, 2, 1]])
    torch.testing.assert_close(averaged(one), averaged(other))
    assert (attentive(one) - attentive(other)).abs().max() > 1e-3
    torch.testing.assert_close(attentive(torch.tensor([[1, 2, 3, 0, 0]])), attentive(one))
    assert attentive(torch.zeros(1, 3).long()).shape == (1, 6)
    with pytest.raises(InvalidArgumentError, match="dim must be even"):
        AttentiveSentences(9, 5)


def test_a_text_encoder_of_another_length_is_refused():
    made = make_sentences("mini:clip-tiny", VOCABULARY, 64)
    assert isinstance(made, TextSentences)
    assert made(torch.tensor([[1, 2]])).shape == (1, 64)
    with pytest.raises(InvalidArgumentError, match="sentence_dim=64"):
        make_sentences("mini:clip-tiny", VOCABULARY, 5)


def test_shared_weights_are_kept_once_and_halves_are_close(tmp_path):
    made = make("editnet")
    made.save_pretrained(tmp_path, half=True)
    stored = load_file(tmp_path / "model.safetensors")
    assert [name for name in stored if "embedding" in name] == ["model.embed.embedding.weight"]
    assert {value.dtype for value in stored.values()} == {torch.float16}
    again = CaptionModel.from_pretrained(tmp_path)
    torch.testing.assert_close(run(again), run(made), atol=1e-2, rtol=0)
    table = again.model.caption_encoder.embed.embedding.weight
    assert table.data_ptr() == again.model.embed.embedding.weight.data_ptr()


def test_parts_that_do_not_fit_are_refused(tmp_path):
    made = make("dcnet")
    with pytest.raises(InvalidArgumentError, match="8 words, its vocabulary 5"):
        CaptionModel(
            kind="dcnet", model=made.model, vocabulary=WordVocabulary.build([["a"]], min_count=1)
        )
    with pytest.raises(InvalidArgumentError, match="modification needs sentences"):
        CaptionModel(kind="modification", model=make("modification").model, vocabulary=VOCABULARY)
    made.save_pretrained(tmp_path)
    make("editnet").save_pretrained(tmp_path / "other")
    (tmp_path / "other" / "model.safetensors").replace(tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match="does not hold weights"):
        CaptionModel.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    "change", [{"kind": "poet"}, {"config": {"dim": 3}}, {"model_type": "other"}, {"longest": None}]
)
def test_a_folder_of_another_kind_is_refused(tmp_path, change):
    make("dcnet").save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    values = json.loads(path.read_text()) | change
    if change == {"longest": None}:
        del values["longest"]
    path.write_text(json.dumps(values))
    with pytest.raises((DataFormatError, KeyError)):
        CaptionModel.from_pretrained(tmp_path)
