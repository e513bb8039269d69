from __future__ import annotations

import math

import pytest
import torch

from seewhy.training.dual_encoder import Companion, EncodedPictures
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
    held = [[set(tokenizer.encode(text).ids) for text in texts] for texts in squares.captions]
    rows = []
    for image, index in zip(images, batch.indices.tolist(), strict=True):
        log_shares, weights = words.head(image).log_softmax(dim=0), {}
        for token in set().union(*held[index]):
            count = sum(token in text for text in held[index])
            share = sum(any(token in text for text in texts) for texts in held) / 48
            weights[token] = -count * math.log(share)
        total = sum(weight * log_shares[token] for token, weight in weights.items())
        rows.append(-total / sum(weights.values()))
    torch.testing.assert_close(
        words(EncodedPictures(images, images[:, None]), batch), torch.stack(rows).mean()
    )


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
