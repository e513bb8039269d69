"""Batched search against a plain one: one picture, one hypothesis at a time, in lists."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seewhy.captions.beam_search import BeamSettings, search_captions
from seewhy.captions.ensemble import Ensemble
from seewhy.captions.inputs import CaptionInputs, pad_captions
from seewhy.errors import InvalidArgumentError
from seewhy.text.word_vocabulary import WordVocabulary

PICTURES = 7


@pytest.fixture(scope="module")
def inputs(vocabulary) -> CaptionInputs:
    numbers = torch.Generator().manual_seed(3)
    captions = [
        torch.randint(1, len(vocabulary) - 3, (n,), generator=numbers).tolist()
        for n in (4, 1, 7, 3, 5, 2, 6)
    ]
    features = torch.randn(PICTURES, 4, 6, generator=numbers)
    boxes = torch.tensor([4, 2, 1, 4, 3, 4, 2])
    mask = torch.arange(4) < boxes[:, None]
    return CaptionInputs(
        features=features * mask[..., None], num_boxes=boxes, caption=pad_captions(captions)
    )


@pytest.fixture(scope="module")
def ensemble(make_model) -> Ensemble:
    models = [make_model("editnet", seed=5).model, make_model("dcnet", seed=6).model]
    for model in models:
        model.fc.weight.data.mul_(3)
    return Ensemble(models)


def next_log_probs(models, inputs: CaptionInputs, said: list[int]) -> list[float]:
    """ln of the mean probability of each word after those said, read from the start."""
    with torch.no_grad():
        chances = [
            m(inputs, torch.tensor([[*said, said[0]]]))[0, -1].double().softmax(0) for m in models
        ]
    return torch.stack(chances).mean(0).log().tolist()


def repeats(said: list[int], word: int, size: int) -> bool:
    runs = [tuple(said[n : n + size]) for n in range(len(said) - size + 1)]
    return tuple([*said, word][-size:]) in runs and len(said) >= size


def search_plainly(models, inputs, vocabulary, settings) -> list[tuple[list[int], float, bool]]:
    """All finished captions, best first; those alive where none is (or, as published, any is)."""
    is_published = settings.compat == "published"
    banned = set() if is_published else {vocabulary.pad, vocabulary.start}
    if not settings.may_say_unknown and not is_published:
        banned.add(vocabulary.unknown)
    alive, finished, room = [([vocabulary.start], 0.0)], [], settings.beams
    for _ in range(settings.steps):
        before, grown = alive, []
        for said, total in alive:
            for word, chance in enumerate(next_log_probs(models, inputs, said)):
                if word in banned:
                    continue
                if settings.block_ngrams and repeats(said, word, settings.block_ngrams):
                    continue
                grown.append(([*said, word], total + chance))
        grown.sort(key=lambda one: -one[1])
        grown = grown[:room]
        ended = [one for one in grown if one[0][-1] == vocabulary.end]
        alive = [one for one in grown if one[0][-1] != vocabulary.end]
        finished += ended
        room -= len(ended)
        if not alive:
            break

    def score(one: tuple[list[int], float]) -> float:
        return one[1] / (len(one[0]) - 1) ** settings.length_penalty

    if alive and is_published:
        return [(said[: settings.cut], score((said, total)), False) for said, total in alive]
    if alive and not finished:  # with as many words as may be, which all have an end to come
        return [(said, score((said, total)), False) for said, total in before]
    return [
        (said, score((said, total)), True)
        for said, total in sorted(finished, key=score, reverse=True)
    ]


SETTINGS = [
    BeamSettings(beams=1, max_words=6),
    BeamSettings(beams=3, max_words=8),
    BeamSettings(beams=4, max_words=6, num_best=4),
    BeamSettings(beams=3, max_words=8, num_best=2, length_penalty=1.0),
    BeamSettings(beams=3, max_words=9, block_ngrams=2, may_say_unknown=True),
    BeamSettings(beams=2, max_words=7, block_ngrams=1),
    BeamSettings(beams=3, compat="published", cut=5),
    BeamSettings(beams=20, max_words=4, num_best=3),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=range(len(SETTINGS)))
def test_a_batch_is_searched_as_each_picture_alone(ensemble, inputs, vocabulary, settings) -> None:
    found = search_captions(ensemble, inputs, vocabulary, settings)
    ended = 0
    for row in range(PICTURES):
        alone = inputs.select(torch.tensor([row]))
        expected = search_plainly(ensemble.models, alone, vocabulary, settings)
        if not expected[0][2]:
            expected = expected[: settings.num_best]
        for place, (said, score, is_finished) in enumerate(expected[: settings.num_best]):
            words = found.words[row, place].tolist()
            assert words[: len(said)] == said
            assert not any(words[len(said) :])
            assert float(found.scores[row, place]) == pytest.approx(score, abs=1e-4)
            assert bool(found.is_finished[row, place]) == is_finished
            ended += is_finished
        assert found.words.shape[1] == settings.num_best
    assert settings.compat == "published" or found.words.shape[2] <= settings.max_words + 2
    assert ended or settings.compat == "published"
    assert found.best() == [[w for w in row if w] for row in found.words[:, 0].tolist()]


class Scripted:
    """Says words with probabilities that depend on the word before alone."""

    def __init__(self, vocabulary: WordVocabulary, chances: dict[int, dict[int, float]]) -> None:
        self.vocabulary = len(vocabulary)
        self.table = torch.full((len(vocabulary), len(vocabulary)), 1e-9)
        for before, after in chances.items():
            for word, chance in after.items():
                self.table[before, word] = chance

    def prepare(self, inputs):
        return inputs

    def start(self, context, hypotheses=1):
        return CaptionInputs(sentence=torch.zeros(len(context), 1))

    def advance(self, words, state, context):
        return self.table[words].log(), state


def test_a_finished_caption_is_not_lost_when_another_never_ends(vocabulary) -> None:
    start, end = vocabulary.start, vocabulary.end
    model = Scripted(vocabulary, {start: {end: 0.4, 1: 0.6}, 1: {1: 1.0}})
    inputs = CaptionInputs(features=torch.zeros(2, 1, 1))
    ours = search_captions(model, inputs, vocabulary, BeamSettings(beams=2))
    assert ours.best() == [[start, end]] * 2
    assert ours.scores[:, 0].tolist() == pytest.approx([math.log(0.4)] * 2, abs=1e-6)
    settings = BeamSettings(beams=2, compat="published", cut=4)
    published = search_captions(model, inputs, vocabulary, settings)
    assert published.best() == [[start, 1, 1, 1]] * 2
    assert published.num_finished.tolist() == [1, 1]
    assert not published.is_finished.any()


@pytest.mark.parametrize(("chance", "wins"), [(0.75, True), (0.6, False)])
def test_a_likelier_caption_that_ends_later_wins(vocabulary, chance, wins) -> None:
    start, end = vocabulary.start, vocabulary.end
    model = Scripted(vocabulary, {start: {end: 0.4, 1: 0.6}, 1: {end: chance, 2: 0.1}})
    inputs = CaptionInputs(features=torch.zeros(1, 1, 1))
    found = search_captions(model, inputs, vocabulary, BeamSettings(beams=2))
    assert found.best() == [[start, 1, end] if wins else [start, end]]


def test_bad_settings_and_other_vocabularies_are_refused(ensemble, inputs) -> None:
    for settings, match in (
        ({"beams": 0}, "beams must be at least 1, got 0"),
        ({"beams": 2, "num_best": 3}, "at most the 2 beams, got 3"),
        ({"length_penalty": -1.0}, "must not be negative"),
    ):
        with pytest.raises(InvalidArgumentError, match=match):
            BeamSettings(**settings)
    other = WordVocabulary.build([["x"]], min_count=1)
    with pytest.raises(InvalidArgumentError, match=r"has 14 words, the vocabulary 5"):
        search_captions(ensemble, inputs, other)


def test_no_picture_gives_no_caption(ensemble, vocabulary) -> None:
    inputs = CaptionInputs(features=torch.zeros(0, 4, 6), caption=torch.zeros(0, 3).long())
    found = search_captions(ensemble, inputs, vocabulary)
    assert found.best() == []
    assert np.asarray(found.scores).shape == (0, 1)
