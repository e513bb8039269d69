from __future__ import annotations

import pytest
import torch

from seewhy.encoders.text_transformer import TextTransformer, TextTransformerConfig
from seewhy.errors import ShapeError

CONFIG = TextTransformerConfig(vocabulary=20, context=8, width=8, depth=2, heads=2)


@pytest.fixture(scope="module")
def tower():
    return TextTransformer(CONFIG, 6).eval()


def test_padding_changes_nothing(tower):
    short = tower(torch.tensor([[7, 9, 1]]))
    padded = tower(torch.tensor([[7, 9, 1, 0, 0]]))
    torch.testing.assert_close(short, padded)


def test_only_what_stands_before_the_first_end_is_read(tower):
    one, other = torch.tensor([[7, 9, 1, 4, 1]]), torch.tensor([[7, 9, 1, 5, 6]])
    torch.testing.assert_close(tower(one), tower(other))


def test_texts_of_different_length_are_read_out_each_at_its_end(tower):
    together = tower(torch.tensor([[7, 9, 1, 0], [3, 4, 5, 1]]))
    alone = torch.cat([tower(torch.tensor([[7, 9, 1]])), tower(torch.tensor([[3, 4, 5, 1]]))])
    torch.testing.assert_close(together, alone)


def test_order_matters(tower):
    one, other = tower(torch.tensor([[7, 9, 1], [9, 7, 1]]))
    assert not torch.allclose(one, other)


def test_texts_longer_than_the_context_are_refused(tower):
    with pytest.raises(ShapeError, match=r"up to 8\), got \(1, 9\)"):
        tower(torch.ones(1, 9, dtype=torch.long))
