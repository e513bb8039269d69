from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.huggingface import wrap_hugging_face
from seewhy.encoders.modules import wrap_module
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.encoders.transformer import Block
from seewhy.errors import EncoderError, InvalidArgumentError

PLAIN = Preprocessing(size=(32, 32), mean=(0.5, 0.5, 0.5), std=(0.3, 0.3, 0.3))
BLOCKS = "vision_model.encoder.layers"


@pytest.fixture
def clip(tiny_clip: Any) -> TorchImageEncoder:
    return wrap_hugging_face(tiny_clip, name="tiny", preprocessing=PLAIN)


@pytest.fixture
def pixels() -> torch.Tensor:
    return torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))


def hidden_states(model: Any, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return model.vision_model(pixels, output_hidden_states=True).hidden_states


@pytest.mark.parametrize("layer", [-1, 0, 1, -3])
def test_tokens_are_what_the_block_gives_without_the_class_token(
    clip: TorchImageEncoder, pixels: torch.Tensor, layer: int
) -> None:
    found = clip.features(pixels, layer=layer)
    states = hidden_states(clip.module, pixels)[1:]  # the first is what enters the first block
    torch.testing.assert_close(found.values, states[layer][:, 1:])
    assert found.grid == (4, 4)


@pytest.mark.parametrize("layer", [-1, 1])
def test_keys_are_normed_inputs_times_the_key_weights_without_bias(
    clip: TorchImageEncoder, pixels: torch.Tensor, layer: int
) -> None:
    block: Any = clip.module.get_submodule(f"{BLOCKS}.{layer % 3}")
    entering = hidden_states(clip.module, pixels)[layer % 3]
    expected = block.layer_norm1(entering)[:, 1:] @ block.self_attn.k_proj.weight.T
    found = clip.features(pixels, kind="keys", layer=layer).values
    torch.testing.assert_close(found, expected)
    assert (expected + block.self_attn.k_proj.bias - found).abs().max() > 0.1


def test_one_pass_gives_both_and_the_embedding_is_the_same(
    clip: TorchImageEncoder, pixels: torch.Tensor
) -> None:
    embedding, features = clip.encode_with_features(pixels, kind="keys")
    torch.testing.assert_close(embedding, clip.encode_pixels(pixels))
    torch.testing.assert_close(features.values, clip.features(pixels, kind="keys").values)


class StackedViT(nn.Module):
    """Stacked projections as in timm (``qkv``), no class token, a mean at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 12, 8, stride=8)
        self.blocks = nn.Sequential(*[Block(12, 3) for _ in range(2)])

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.blocks(self.stem(pixels).flatten(2).transpose(1, 2)).mean(dim=1)


class TorchViT(nn.Module):
    """One of torch's own layers with ``in_proj_weight``, behind a norm of its own."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.ln_1, self.attn = nn.LayerNorm(12), nn.MultiheadAttention(12, 3, batch_first=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.ln_1(x)
            return x + self.attn(y, y, y)[0]

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 12, 8, stride=8)
        self.blocks = nn.ModuleList([self.Block(), self.Block()])

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = self.stem(pixels).flatten(2).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        return x.mean(dim=1)


@pytest.mark.parametrize(
    ("network", "norm", "weight"),
    [(StackedViT, "norm1", "attn.qkv.weight"), (TorchViT, "ln_1", "attn.in_proj_weight")],
)
def test_stacked_projections_give_their_middle_third(
    network: type[nn.Module], norm: str, weight: str, pixels: torch.Tensor
) -> None:
    torch.manual_seed(0)
    module = network()
    encoder = wrap_module(module, preprocessing=PLAIN)
    before = encoder.features(pixels, layer=0).values
    block = module.get_submodule("blocks.1")
    weights = block.get_parameter(weight)
    expected = block.get_submodule(norm)(before) @ weights[12:24].T
    torch.testing.assert_close(encoder.features(pixels, kind="keys").values, expected)


def conv_network() -> nn.Sequential:
    stage = nn.Sequential(nn.Conv2d(3, 5, 3, stride=2, padding=1), nn.ReLU())
    last = nn.Sequential(nn.Conv2d(5, 7, 3, stride=4, padding=1), nn.ReLU())
    return nn.Sequential(stage, last, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(7, 4))


def test_a_convolutional_networks_patches_are_the_positions_before_pooling(
    pixels: torch.Tensor,
) -> None:
    module = conv_network()
    found = wrap_module(module, preprocessing=PLAIN).features(pixels)
    maps = module[1](module[0](pixels))  # (batch, 7, 4, 4)
    assert found.grid == (4, 4)
    torch.testing.assert_close(found.values[1, 4 * 2 + 3], maps[1, :, 2, 3])
    torch.testing.assert_close(found.values.mean(dim=1), maps.mean(dim=(2, 3)))


def test_wide_pictures_give_wide_grids(pixels: torch.Tensor) -> None:
    wide = torch.cat([pixels, pixels], dim=3)
    assert wrap_module(conv_network(), preprocessing=PLAIN).features(wide).grid == (4, 8)
    assert wrap_module(StackedViT(), preprocessing=PLAIN).features(wide).grid == (4, 8)


def test_keys_of_a_convolutional_network_are_refused_with_advice(pixels: torch.Tensor) -> None:
    encoder = wrap_module(conv_network(), preprocessing=PLAIN)
    with pytest.raises(EncoderError, match="Ask for kind='tokens'"):
        encoder.features(pixels, kind="keys")


def test_unknown_kinds_and_layers_are_refused(
    clip: TorchImageEncoder, pixels: torch.Tensor
) -> None:
    with pytest.raises(InvalidArgumentError, match="'tokens' or 'keys', got 'values'"):
        clip.features(pixels, kind="values")  # type: ignore[arg-type]
    for layer in (3, -4):
        with pytest.raises(InvalidArgumentError, match="layer must be from -3 to 2"):
            clip.features(pixels, layer=layer)


def test_a_block_with_keys_at_an_unknown_place_is_refused(pixels: torch.Tensor) -> None:
    module = StackedViT()
    for block in module.blocks:
        block.add_module("first_norm", block.norm1)  # type: ignore[arg-type]
        del block.norm1
        block.forward = lambda x, block=block: x + block.attn(block.first_norm(x))
    encoder = wrap_module(module, preprocessing=PLAIN)
    assert encoder.features(pixels).grid == (4, 4)
    with pytest.raises(EncoderError, match="place that is not known"):
        encoder.features(pixels, kind="keys")


def test_a_layer_that_takes_no_part_is_refused(pixels: torch.Tensor) -> None:
    module = StackedViT()
    module.add_module("spare", Block(12, 3))
    encoder = wrap_module(module, preprocessing=PLAIN, layers=["spare", "blocks.0", "blocks.1"])
    with pytest.raises(EncoderError, match="without running 'spare'"):
        encoder.features(pixels, layer=0)


def count_hooks(module: nn.Module) -> int:
    return sum(len(part._forward_hooks) for part in module.modules())


def test_no_hook_stays_behind(clip: TorchImageEncoder, pixels: torch.Tensor) -> None:
    before = count_hooks(clip.module)
    clip.features(pixels, kind="keys")
    with pytest.raises(ValueError, match="image size"):
        clip.features(torch.zeros(1, 3, 8, 8))
    assert count_hooks(clip.module) == before


def test_gradients_flow_from_features_to_the_pixels(
    clip: TorchImageEncoder, pixels: torch.Tensor
) -> None:
    pixels.requires_grad_()
    clip.features(pixels).values[0, 0, 0].backward()
    assert pixels.grad is not None
    assert pixels.grad[0].abs().sum() > 0
    assert pixels.grad[1].abs().sum() == 0
