from __future__ import annotations

import math

import pytest
import torch

from seewhy.training.dual_encoder import Companion
from seewhy.training.loop import train
from seewhy.training.processes import Share
from seewhy.training.settings import TrainingSettings
from seewhy.training.words import WordPrediction


@pytest.fixture
def sampler(make_task):
    return make_task("plain").sampler


def test_the_loss_matches_its_definition(sampler, squares, tokenizer):
    words, batch = WordPrediction(sampler, 8), sampler.draw(0, Share())
    images = torch.randn(8, 8)
    tokens = [
        {i for text in captions for i in tokenizer.encode(text).ids}
        for captions in squares.captions
    ]
    rows = []
    for image, index in zip(images, batch.indices.tolist(), strict=True):
        log_shares = words.head(image).log_softmax(dim=0)
        idf = {t: -math.log(sum(t in other for other in tokens) / 48) for t in tokens[index]}
        rows.append(-sum(w * log_shares[t] for t, w in idf.items()) / sum(idf.values()))
    torch.testing.assert_close(words(images, batch), torch.stack(rows).mean())


def test_words_that_every_picture_has_teach_nothing(sampler, tokenizer):
    words = WordPrediction(sampler, 8)
    everywhere, sometimes = (tokenizer.encode(text).ids[-2] for text in ("a", "a red"))
    assert words.weights[everywhere] == 0
    assert words.weights[sometimes] == pytest.approx(math.log(3))


def test_what_it_learns_is_trained_and_not_saved(make_task, sampler, tokenizer, tmp_path):
    words = WordPrediction(sampler, 8)
    before = words.head.weight.clone()
    task = make_task("plain", companions={"words": Companion(words, weight=0.5)})
    settings = TrainingSettings(steps=3, batch_size=8, log_every=1)
    train(task, settings, tmp_path)
    assert not torch.equal(words.head.weight, before)
    assert not [name for name in task.encoder.state_dict() if "head" in name]


def test_a_companions_loss_counts_by_its_weight(make_task, sampler):
    words = WordPrediction(sampler, 8)
    for weight in (0.0, 0.5, 2.0):
        task = make_task("plain", companions={"words": Companion(words, weight=weight)})
        losses = task.compute_losses(task.model, 0, Share())
        expected = losses["contrast"] + weight * losses["words"]
        torch.testing.assert_close(losses["loss"], expected)
