"""The decoder by its equations, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from seewhy.errors import DataFormatError, InvalidArgumentError, ShapeError
from seewhy.rationales.decoder import (
    IGNORED,
    DecoderConfig,
    RationaleDecoder,
    TextBatch,
    compute_loss,
)

Make = Callable[..., RationaleDecoder]


def attend(x: Any, queries: Any, keys: Any, values: Any, heads: int, *, causal: bool) -> Any:
    """Attention of one text, head by head, written out."""
    dim = queries.shape[1] // heads
    out = []
    for head in range(heads):
        part = slice(head * dim, (head + 1) * dim)
        scores = queries[:, part] @ keys[:, part].T / dim**0.5
        if causal:
            scores = scores.masked_fill(torch.ones_like(scores).triu(1).bool(), -torch.inf)
        out.append(scores.softmax(-1) @ values[:, part])
    return torch.cat(out, 1)


def run_plainly(decoder: RationaleDecoder, x: Any, picture: Any) -> Any:
    """The equations of the class, for one text of summed inputs (tokens, width)."""
    heads, width = decoder.config.heads, decoder.config.width
    for block in decoder.blocks:
        a, c = block.attn, block.crossattention
        q, k, v = (block.ln_1(x) @ a.c_attn.weight + a.c_attn.bias).split(width, 1)
        x = x + attend(x, q, k, v, heads, causal=True) @ a.c_proj.weight + a.c_proj.bias
        q = block.ln_cross_attn(x) @ c.q_attn.weight + c.q_attn.bias
        k, v = (picture @ c.c_attn.weight + c.c_attn.bias).split(width, 1)
        x = x + attend(x, q, k, v, heads, causal=False) @ c.c_proj.weight + c.c_proj.bias
        m = block.mlp
        inner = F.gelu(block.ln_2(x) @ m.c_fc.weight + m.c_fc.bias, approximate="tanh")
        x = x + inner @ m.c_proj.weight + m.c_proj.bias
    return decoder.language.transformer.ln_f(x) @ decoder.words.weight.T


def test_it_computes_its_equations(decoders: Make) -> None:
    decoder = decoders(50, image_width=12)
    assert decoder.projection is not None
    ids, segments = torch.tensor([[3, 7, 7, 9]]), torch.tensor([[1, 1, 2, 2]])
    picture = torch.randn(1, 5, 12)
    x = decoder.words.weight[ids[0]] + decoder.words.weight[segments[0]]
    x = x + decoder.language.transformer.wpe.weight[:4]
    expected = run_plainly(decoder, x, decoder.projection(picture[0]))
    found = decoder(TextBatch(ids, segments), picture)[0]
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_only_patches_of_another_width_are_projected(decoders: Make) -> None:
    assert decoders(20).projection is None
    assert decoders(20, image_width=8).projection is not None


def test_a_token_without_a_box_does_not_get_the_bias(decoders: Make) -> None:
    decoder = decoders(20, has_boxes=True)
    assert decoder.box_embed is not None
    boxes = torch.zeros(1, 2, 8)
    boxes[0, 1] = torch.arange(8) / 10
    ids, numbers = torch.tensor([[4, 4]]), torch.tensor([[-1, 5]])
    found = decoder.embed(TextBatch(ids, None, boxes, numbers))[0]
    word = decoder.words.weight[4]
    torch.testing.assert_close(found[0], word)
    expected = word + decoder.words.weight[5] + decoder.box_embed(boxes[0, 1])
    torch.testing.assert_close(found[1], expected)


def test_the_head_is_the_word_table(decoders: Make) -> None:
    decoder = decoders(20)
    assert decoder.language.lm_head.weight is decoder.words.weight


def test_new_cross_attention_is_not_scaled_by_depth() -> None:
    decoder = RationaleDecoder(
        DecoderConfig(vocabulary=10, width=96, depth=8, heads=4, image_width=96)
    )
    for block in decoder.blocks:
        assert block.crossattention.c_proj.weight.std().item() == pytest.approx(0.02, rel=0.1)
        assert block.attn.c_proj.weight.std().item() == pytest.approx(0.005, rel=0.1)


def test_the_loss_is_a_mean_over_what_is_learned() -> None:
    logits = torch.randn(1, 4, 6)
    labels = torch.tensor([[IGNORED, 2, IGNORED, 5]])
    chances = logits.log_softmax(-1)
    expected = -(chances[0, 0, 2] + chances[0, 2, 5]) / 2
    torch.testing.assert_close(compute_loss(logits, labels), expected)
    weights = torch.tensor([[9.0, 3.0, 9.0, 1.0]])
    expected = -(3 * chances[0, 0, 2] + chances[0, 2, 5]) / 4
    torch.testing.assert_close(compute_loss(logits, labels, weights), expected)


def test_boxes_before_a_decoder_without_them_are_an_error(decoders: Make) -> None:
    batch = TextBatch(torch.tensor([[1]]), None, torch.ones(1, 1, 8))
    with pytest.raises(InvalidArgumentError, match="has_boxes=True"):
        decoders(20).embed(batch)


def test_patches_of_another_width_are_an_error(decoders: Make) -> None:
    with pytest.raises(ShapeError, match=r"\(pictures, patches, 32\), got \(1, 5, 31\)"):
        decoders(20)(TextBatch(torch.tensor([[1]])), torch.zeros(1, 5, 31))


@pytest.mark.parametrize(
    ("change", "said"),
    [({"heads": 5}, "multiple of heads"), ({"depth": 0}, "depth"), ({"dropout": 1.0}, "dropout")],
)
def test_impossible_shapes_are_errors(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidArgumentError, match=said):
        DecoderConfig(**change)


def test_an_unknown_field_of_a_configuration_is_an_error() -> None:
    with pytest.raises(DataFormatError, match="colour"):
        DecoderConfig.from_dict({"colour": 3})
