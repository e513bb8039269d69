from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from seewhy.encoders.transformer import Attention, Block
from seewhy.encoders.vision_transformer import VisionTransformer, VisionTransformerConfig, make_stem
from seewhy.errors import InvalidArgumentError, ShapeError

SMALL = {"size": 16, "patch": 4, "width": 8, "depth": 2, "heads": 2, "stem": "conv"}


def attend_by_definition(attention: Attention, x: torch.Tensor) -> torch.Tensor:
    """One head, one query and one key at a time."""
    batch, tokens, width = x.shape
    size = width // attention.heads
    q, k, v = (x @ attention.qkv.weight.T + attention.qkv.bias).split(width, dim=2)
    out = torch.zeros(batch, tokens, width)
    for head in range(attention.heads):
        own = slice(head * size, (head + 1) * size)
        for i in range(tokens):
            seen = range(i + 1) if attention.is_causal else range(tokens)
            scores = [(q[:, i, own] * k[:, j, own]).sum(dim=1) / size**0.5 for j in seen]
            weights = torch.stack(scores, dim=1).softmax(dim=1)
            out[:, i, own] = sum(weights[:, n, None] * v[:, j, own] for n, j in enumerate(seen))
    return out @ attention.proj.weight.T + attention.proj.bias


@pytest.mark.parametrize("is_causal", [True, False])
def test_attention_matches_its_definition(is_causal):
    attention = Attention(8, 2, is_causal=is_causal)
    x = torch.randn(3, 5, 8)
    expected = attend_by_definition(attention, x)
    torch.testing.assert_close(attention(x), expected, atol=1e-6, rtol=0)


def test_a_block_is_two_residual_steps():
    block, x = Block(8, 2), torch.randn(2, 5, 8)
    middle = x + block.attn(F.layer_norm(x, (8,), block.norm1.weight, block.norm1.bias))
    expected = middle + block.mlp(F.layer_norm(middle, (8,), block.norm2.weight, block.norm2.bias))
    torch.testing.assert_close(block(x), expected)


def test_heads_must_divide_the_width():
    with pytest.raises(InvalidArgumentError, match="multiple of heads, got 10, 4"):
        Attention(10, 4)


@pytest.mark.parametrize("stem", ["patch", "conv", "residual"])
def test_a_stem_gives_one_position_a_patch(stem):
    config = VisionTransformerConfig(**{**SMALL, "stem": stem})
    assert make_stem(config)(torch.randn(2, 3, 16, 16)).shape == (2, 8, 4, 4)


def test_a_patch_stem_is_a_linear_map_of_each_patch():
    stem, pixels = (
        make_stem(VisionTransformerConfig(**{**SMALL, "stem": "patch"})),
        torch.randn(1, 3, 16, 16),
    )
    patch = pixels[0, :, 4:8, 12:16].flatten()  # row 1, column 3
    expected = stem.weight.flatten(1) @ patch + stem.bias
    torch.testing.assert_close(stem(pixels)[0, :, 1, 3], expected)


def test_without_blocks_the_class_token_sees_no_picture():
    tower = VisionTransformer(VisionTransformerConfig(**{**SMALL, "depth": 0}), 6).eval()
    first, second = tower(torch.randn(2, 3, 16, 16))
    assert torch.equal(first, second)


def test_with_blocks_pictures_differ_and_gradients_reach_every_parameter():
    tower = VisionTransformer(VisionTransformerConfig(**SMALL), 6)
    embeddings = tower(torch.randn(2, 3, 16, 16))
    assert embeddings.shape == (2, 6)
    assert not torch.allclose(embeddings[0], embeddings[1])
    embeddings.square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in tower.parameters() if p.numel() > 48)


def test_patches_are_dropped_in_training_only():
    tower = VisionTransformer(VisionTransformerConfig(**SMALL, patch_dropout=0.75), 6)
    x = torch.arange(16.0).view(1, 16, 1).expand(2, 16, 8)
    kept = tower._drop_patches(x)
    assert kept.shape == (2, 4, 8)
    assert all(len(set(picture[:, 0].tolist())) == 4 for picture in kept)
    assert tower.eval()._drop_patches(x) is x


def test_pixels_of_another_size_are_refused():
    tower = VisionTransformer(VisionTransformerConfig(**SMALL), 6)
    with pytest.raises(ShapeError, match=r"\(batch, 3, 16, 16\), got \(1, 3, 24, 16\)"):
        tower(torch.zeros(1, 3, 24, 16))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 20, "patch": 8}, "multiple of patch, got 20 and 8"),
        ({"size": 18, "patch": 6}, "power of two for a residual stem, got 6"),
        ({"patch_dropout": 1.0}, "below 1, got 1.0"),
    ],
)
def test_impossible_shapes_are_refused(settings, message):
    with pytest.raises(InvalidArgumentError, match=message):
        VisionTransformerConfig(**settings)
