from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.errors import InvalidArgumentError
from seewhy.training.pairs import PairSampler
from seewhy.training.processes import Share


@pytest.fixture
def sampler(make_task):
    return make_task("plain").sampler


def test_an_epoch_shows_every_picture_once(sampler):
    shown = torch.cat([sampler.draw(step, Share()).indices for step in range(6)])
    assert sorted(shown.tolist()) == list(range(48))


def test_the_next_epoch_has_another_order(sampler):
    first, second = (sampler.draw(step, Share()).indices for step in (0, 6))
    assert not torch.equal(first, second)


def test_a_step_can_be_drawn_again_in_any_order(sampler):
    once = sampler.draw(3, Share())
    sampler.draw(40, Share())
    again = sampler.draw(3, Share())
    for one, other in zip(vars(once).values(), vars(again).values(), strict=True):
        assert torch.equal(one, other)


def test_a_picture_comes_with_one_of_its_own_texts(sampler, squares, tokenizer):
    for step in range(12):
        batch = sampler.draw(step, Share())
        for index, tokens in zip(batch.indices, batch.tokens, strict=True):
            assert tokenizer.decode(tokens.tolist()) in squares.captions[index]


def test_equal_texts_and_no_others_have_equal_groups(sampler):
    batch = sampler.draw(0, Share())
    for i in range(8):
        for j in range(8):
            same = torch.equal(batch.tokens[i], batch.tokens[j])
            assert (batch.groups[i] == batch.groups[j]).item() == same


def test_shares_are_the_parts_of_the_whole_batch(sampler):
    whole = sampler.draw(2, Share())
    parts = [sampler.draw(2, Share(rank, 2)) for rank in (0, 1)]
    assert torch.equal(torch.cat([part.groups for part in parts]), whole.groups)
    assert torch.equal(torch.cat([part.pixels for part in parts]), whole.pixels)


def test_pixels_are_normalized(sampler, squares):
    batch = sampler.draw(0, Share())
    expected = (squares.images[batch.indices.numpy()].astype(np.float32) / 255 - 0.5) / 0.25
    torch.testing.assert_close(batch.pixels.permute(0, 2, 3, 1), torch.from_numpy(expected))


def test_a_batch_larger_than_the_data_is_refused(squares, tokenizer, sampler):
    with pytest.raises(InvalidArgumentError, match="1 to the 48 pictures given, got 49"):
        PairSampler(squares, tokenizer, sampler.config, batch_size=49)
