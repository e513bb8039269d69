"""BERTScore against a slow twin and against the bert-score package."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seewhy.errors import InvalidArgumentError
from seewhy.scores.text_encoder import TextEncoder
from seewhy.scores.token_matching import RECOMMENDED_LAYERS, bert_score, find_layer

CANDIDATES = ["a dog runs on the beach", "two cats", "", "a red bus over there", "  a man "]
REFERENCES = [
    ["the dog is running by the sea", "a dog on a beach"],
    ["two cats sleep on a sofa"],
    ["a white dog", "the man"],
    ["a red bus in the street", "", "red bus"],
    ["a man with a surfboard", "a man"],
]


@pytest.fixture(scope="module")
def encoder(bert_folder: Path) -> TextEncoder:
    return TextEncoder.from_pretrained(bert_folder)


def vectors_of(encoder: TextEncoder, text: str, layer: int) -> tuple[list[int], torch.Tensor]:
    given = encoder.tokenizer([text.strip()], return_tensors="pt")
    with torch.no_grad():
        states = encoder.module(**given, output_hidden_states=True).hidden_states[layer][0]
    return given["input_ids"][0].tolist(), states / states.norm(dim=1, keepdim=True)


def score_by_definition(
    encoder: TextEncoder, candidate: str, reference: str, layer: int, idf: bool
) -> list[float]:
    flat = [text for group in REFERENCES for text in group]
    documents = [set(encoder.tokenizer(text.strip())["input_ids"]) for text in flat]

    def weigh(token: int) -> float:
        if idf:
            found = sum(token in document for document in documents)
            return math.log((len(flat) + 1) / (found + 1))
        return float(token not in (2, 3))

    tokens_c, c = vectors_of(encoder, candidate, layer)
    tokens_r, r = vectors_of(encoder, reference, layer)
    if len(tokens_c) == 2 or len(tokens_r) == 2:
        return [0, 0, 0]
    best_c = [max(float(x @ y) for y in r) for x in c]
    best_r = [max(float(x @ y) for x in c) for y in r]
    weights_c, weights_r = [weigh(t) for t in tokens_c], [weigh(t) for t in tokens_r]
    precision = sum(map(float.__mul__, weights_c, best_c)) / sum(weights_c)
    recall = sum(map(float.__mul__, weights_r, best_r)) / sum(weights_r)
    return [precision, recall, 2 * precision * recall / (precision + recall)]


@pytest.mark.parametrize("layer", [0, 2, 3])
@pytest.mark.parametrize("idf", [False, True])
def test_scores_are_those_of_the_definition(encoder: TextEncoder, layer: int, idf: bool) -> None:
    found = bert_score(CANDIDATES, REFERENCES, encoder, layer=layer, idf=idf, batch_size=2)
    expected = [
        np.max([score_by_definition(encoder, c, r, layer, idf) for r in group], axis=0)
        for c, group in zip(CANDIDATES, REFERENCES, strict=True)
    ]
    np.testing.assert_allclose(
        np.column_stack([found.precision, found.recall, found.f1]), expected, atol=2e-6
    )
    assert found.f1[2] == 0
    assert found.layer == layer


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("idf", [False, True])
@pytest.mark.parametrize("layer", [1, 3])
def test_scores_are_those_of_the_bert_score_package(
    bert_folder: Path, encoder: TextEncoder, layer: int, idf: bool
) -> None:
    peer: Any = pytest.importorskip("bert_score")
    # the package fails on empty texts under transformers 5; the slow twin above has them
    candidates = [text or "man" for text in CANDIDATES]
    references = [[text or "street" for text in group] for group in REFERENCES]
    expected = peer.score(
        candidates, references, model_type=str(bert_folder), num_layers=layer, idf=idf, device="cpu"
    )
    found = bert_score(candidates, references, encoder, layer=layer, idf=idf)
    for ours, theirs in zip((found.precision, found.recall, found.f1), expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-5, rtol=0)


@pytest.mark.filterwarnings("ignore")
def test_recommended_layers_are_those_of_the_package() -> None:
    peer: Any = pytest.importorskip("bert_score.utils")
    theirs = {name.rsplit("/", 1)[-1]: layer for name, layer in peer.model2layers.items()}
    assert {name: theirs[name] for name in RECOMMENDED_LAYERS} == RECOMMENDED_LAYERS


def test_the_recommended_layer_goes_by_name_and_is_one_the_encoder_has(
    encoder: TextEncoder,
) -> None:
    assert find_layer(encoder) == 3
    named = TextEncoder("some/distilbert-base-uncased", encoder.module, encoder.tokenizer)
    assert find_layer(named) == 3  # 5 is recommended, and the tiny one has 3
    assert bert_score(["a dog"], [["a cat"]], encoder).layer == 3


def test_a_caption_matches_itself_and_order_of_references_does_not_matter(
    encoder: TextEncoder,
) -> None:
    found = bert_score(["a dog runs"], [["two cats", "a dog runs"]], encoder)
    assert found.f1[0] == pytest.approx(1, abs=1e-6)
    turned = bert_score(["a dog runs"], [["a dog runs", "two cats"]], encoder)
    np.testing.assert_array_equal(turned.f1, found.f1)


def test_blocks_of_items_and_batches_do_not_change_scores(
    encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bert_score(CANDIDATES, REFERENCES, encoder, idf=True)
    monkeypatch.setattr("seewhy.scores.token_matching.ITEMS_AT_ONCE", 2)
    monkeypatch.setattr("seewhy.scores.token_matching.PAIRS_AT_ONCE", 3)
    parts = bert_score(CANDIDATES, REFERENCES, encoder, idf=True, batch_size=1)
    np.testing.assert_allclose(parts.f1, whole.f1, atol=1e-6)


def test_nothing_scores_nothing_and_a_wrong_layer_is_named(encoder: TextEncoder) -> None:
    assert bert_score([], [], encoder).f1.shape == (0,)
    with pytest.raises(InvalidArgumentError, match="layers 0 to 3, got layer=7"):
        bert_score(["a dog"], [["a cat"]], encoder, layer=7)
