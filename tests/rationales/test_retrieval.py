from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seewhy.datasets.nle import NLEExample
from seewhy.encoders.catalogue import load_encoder
from seewhy.errors import (
    DataFormatError,
    InvalidArgumentError,
    MissingFileError,
    ShapeError,
    UnknownNameError,
)
from seewhy.rationales.retrieval import (
    RetrievalLists,
    VectorIndex,
    build_retrieval_lists,
    read_retrieval_lists,
)
from seewhy.rationales.retrieval_attack import attack_by_retrieval


@pytest.mark.parametrize("k", [1, 4, 50])
def test_the_index_finds_what_sorting_all_cosines_finds(k):
    generator = torch.Generator().manual_seed(0)
    items = torch.randn(30, 5, generator=generator) * torch.arange(1, 31)[:, None]
    queries = torch.randn(7, 5, generator=generator)
    values, found = VectorIndex(items).search(queries, k)
    for row, query in enumerate(queries):
        cosines = [float(torch.cosine_similarity(query, item, dim=0)) for item in items]
        expected = sorted(range(30), key=lambda i: -cosines[i])[:k]
        assert found[row].tolist() == expected
        np.testing.assert_allclose(values[row], [cosines[i] for i in expected], atol=1e-6)


def test_of_equals_the_first_is_nearest():
    _, found = VectorIndex(torch.tensor([[0.0, 1], [1, 0], [2, 0]])).search(torch.eye(2)[:1], 3)
    assert found.tolist() == [[1, 2, 0]]


def test_wrong_shapes_are_named():
    with pytest.raises(ShapeError, match="vectors"):
        VectorIndex(torch.zeros(3))
    index = VectorIndex(torch.eye(3))
    with pytest.raises(ShapeError, match="queries"):
        index.search(torch.eye(2), 1)
    with pytest.raises(InvalidArgumentError, match="k must"):
        index.search(torch.eye(3), 0)


COLORS = ("red", "green", "blue", "white")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for color in COLORS:
        Image.new("RGB", (64, 64), color).save(folder / f"{color}.png")
    return folder


@pytest.fixture
def examples(pictures):
    return [
        NLEExample(str(i), "vqa-x", (pictures / f"{c}.png",), f"is it {c}?", ("yes",), ("so",))
        for i, c in enumerate((*COLORS, "red"))
    ]


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("mini:clip-tiny")


@pytest.mark.parametrize("direction", ["i2t", "t2i", "i2i"])
def test_lists_hold_what_is_nearest_by_the_encoder(encoder, pictures, examples, direction):
    lists = build_retrieval_lists(encoder, examples, direction, images=pictures, depth=3)
    names, texts = [f"{c}.png" for c in COLORS], [f"is it {c}?" for c in COLORS]
    vectors = {
        "i": encoder.encode_images([pictures / name for name in names]),
        "t": encoder.encode_texts(texts),
    }
    queries, items = ({"i": names, "t": texts}[direction[side]] for side in (0, 2))
    cosines = vectors[direction[0]] @ vectors[direction[2]].T
    assert list(lists.near) == queries
    for row, query in enumerate(queries):
        order = [items[i] for i in cosines[row].argsort(descending=True)]
        expected = [item for item in order if not (direction == "i2i" and item == query)][:3]
        assert list(lists.near[query]) == expected


def test_lists_that_cannot_be_made_are_told(encoder, pictures, examples):
    with pytest.raises(InvalidArgumentError, match="Lists of 4 cannot be made from 4 different"):
        build_retrieval_lists(encoder, examples, "i2i", images=pictures, depth=4)
    with pytest.raises(UnknownNameError, match="t2t"):
        build_retrieval_lists(encoder, examples, "t2t", images=pictures)
    with pytest.raises(InvalidArgumentError, match="no file below"):
        build_retrieval_lists(encoder, examples, "i2t", images=pictures / "other", depth=2)


def test_lists_are_kept_as_the_authors_keep_them(tmp_path):
    lists = RetrievalLists("i2t", {"a.jpg": ("what?", "who?")})
    path = lists.save(tmp_path / "lists" / "retrieval_attack_data_i2t_vqaX.json")
    assert json.loads(path.read_text()) == {"a.jpg": ["what?", "who?"]}
    assert read_retrieval_lists(path, "i2t") == lists
    path.write_text('{"what?": ["../a.jpg"]}')
    with pytest.raises(DataFormatError, match="outside the folder"):
        read_retrieval_lists(path, "t2i")
    path.write_text('{"a": []}')
    with pytest.raises(DataFormatError, match="'a' must be a list of texts"):
        read_retrieval_lists(path, "i2t")


class Said:
    def __init__(self, explanation):
        self.answer, self.explanation = "yes", explanation


class Parrot:
    """Says the same whatever it is shown."""

    def answer(self, images, questions, *, task):
        return [Said("it is so") for _ in questions]


class Echo:
    """Says what it was shown and asked."""

    def answer(self, images, questions, *, task):
        return [Said(f"{i.name} {q}") for i, q in zip(images, questions, strict=True)]


class Letters:
    """Sentences as vectors: which of a few letters occur."""

    name = "letters"

    def encode_texts(self, texts, *, batch_size=64, progress=False):
        rows = [[float(text.count(letter)) + 0.01 for letter in "abcdefgh.? "] for text in texts]
        return torch.nn.functional.normalize(torch.tensor(rows), dim=-1)


LISTS = RetrievalLists("i2t", {"red.png": ("a?", "bb?", "c?"), "blue.png": ("dd?", "e?")})


def test_a_parrot_scores_one(pictures):
    found = attack_by_retrieval(
        Parrot(), LISTS, Letters(), task="vqa-x", images=pictures, sizes=(2, 3)
    )
    assert found.scores == {2: pytest.approx(1, abs=1e-6), 3: pytest.approx(1, abs=1e-6)}
    assert found.num_short == {2: 0, 3: 1}
    assert np.isnan(found.per_query[3][1])


def test_scores_are_means_over_pairs_of_the_first_k(pictures):
    found = attack_by_retrieval(
        Echo(), LISTS, Letters(), task="vqa-x", images=pictures, sizes=(2, 3)
    )
    said = found.explanations
    assert said == {
        "red.png": ("red.png a?", "red.png bb?", "red.png c?"),
        "blue.png": ("blue.png dd?", "blue.png e?"),
    }

    def by_definition(texts):
        v = Letters().encode_texts(texts)
        pairs = [(i, j) for i in range(len(texts)) for j in range(i + 1, len(texts))]
        return np.mean([max(0.0, float(v[i] @ v[j])) for i, j in pairs])

    twos = [by_definition(said[name][:2]) for name in said]
    assert found.scores[2] == pytest.approx(np.mean(twos), abs=1e-6)
    assert found.scores[3] == pytest.approx(by_definition(said["red.png"]), abs=1e-6)


def test_texts_are_asked_about_pictures_and_pictures_stand_alone(pictures):
    lists = RetrievalLists("t2i", {"what?": ("red.png", "blue.png")})
    found = attack_by_retrieval(Echo(), lists, Letters(), task="vqa-x", images=pictures, sizes=(2,))
    assert found.explanations == {"what?": ("red.png what?", "blue.png what?")}
    lists = RetrievalLists("i2i", {"red.png": ("green.png", "blue.png")})
    found = attack_by_retrieval(Echo(), lists, Letters(), task="act-x", images=pictures, sizes=(2,))
    assert found.explanations == {"red.png": ("green.png ", "blue.png ")}
    assert found.figure() is not None


def test_what_cannot_be_attacked_is_told(pictures):
    model, words = Echo(), Letters()
    with pytest.raises(InvalidArgumentError, match="at least 2"):
        attack_by_retrieval(model, LISTS, words, task="vqa-x", images=pictures, sizes=(1,))
    with pytest.raises(InvalidArgumentError, match="No query has 5"):
        attack_by_retrieval(model, LISTS, words, task="vqa-x", images=pictures)
    lists = RetrievalLists("i2t", {"none.png": ("a?", "b?")})
    with pytest.raises(MissingFileError, match=r"none.png"):
        attack_by_retrieval(model, lists, words, task="vqa-x", images=pictures, sizes=(2,))
    with pytest.raises(MissingFileError, match="No folder"):
        attack_by_retrieval(model, LISTS, words, task="vqa-x", images=Path("/none"), sizes=(2,))
