"""Tokens that are left out, by definition and where it does not work."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seewhy.encoders.modules import wrap_module
from seewhy.errors import EncoderError
from seewhy.similarity.model import PairModel
from seewhy.similarity.token_dropping import encode_without_tokens, round_to_tokens

Views = tuple[Tensor, Tensor]
GRID = (4, 3)  # of pictures of 32 x 24, in patches of 8


def encode_by_definition(module: Any, picture: Tensor, patches: list[int]) -> Tensor:
    """Run the blocks of the test's transformer on its class token and some patches."""
    tokens = torch.cat([module.token, module.stem(picture).flatten(2).transpose(1, 2)], dim=1)
    tokens = tokens[:, [0, *(1 + patch for patch in patches)]]
    tokens = module.norm(module.blocks(tokens))
    return module.center(tokens[:, 0] if module.pooling == "class" else tokens[:, 1:].mean(1))


@pytest.mark.parametrize("pooling", ["class_transformer", "mean_transformer"])
def test_embeddings_are_those_without_the_tokens(
    pooling: str, pixels: Views, request: pytest.FixtureRequest
) -> None:
    model: PairModel = request.getfixturevalue(pooling)
    boxes = [(8, 8, 16, 16), (16, 0, 8, 16), (0, 8, 16, 16)]
    hidden = [{4, 5, 7, 8}, {6, 7}, {1, 2, 4, 5}]
    for keeps in (False, True):
        found = encode_without_tokens(model, pixels[0], boxes, keeps=keeps, batch_size=2)
        for row, tokens in zip(found, hidden, strict=True):
            left = sorted(tokens if keeps else set(range(12)) - tokens)
            wanted = encode_by_definition(model.encoder.module, pixels[0], left)
            torch.testing.assert_close(row[None], wanted, atol=1e-5, rtol=1e-4)
    assert not any(part._forward_pre_hooks for part in model.encoder.module.modules())


def test_a_window_between_tokens_is_the_mean_of_those_around_it() -> None:
    windows = round_to_tokens([(8, 2, 16, 16), (8, 0, 16, 16), (8, 8, 16, 16)], (32, 24), GRID)
    assert windows.boxes == ((1, 0, 2, 2), (1, 1, 2, 2))
    assert windows.weights.tolist() == [[0.75, 0.25], [1.0, 0.0], [0.0, 1.0]]


def test_windows_are_of_whole_tokens_and_stay_inside() -> None:
    windows = round_to_tokens([(29, 0, 3, 3), (0, 0, 0, 0)], (32, 24), GRID)
    assert windows.boxes == ((3, 0, 1, 1), (0, 0, 0, 0))


def test_equal_sets_of_tokens_are_encoded_once(class_transformer: PairModel, pixels: Views) -> None:
    seen: list[int] = []
    first = class_transformer.encoder.module.get_submodule("blocks.0")
    handle = first.register_forward_hook(lambda _m, _i, output: seen.append(len(output)))
    boxes = [(top, 0, 16, 16) for top in range(0, 17, 2)]
    assert len(encode_without_tokens(class_transformer, pixels[0], boxes)) == 9
    handle.remove()
    assert sum(seen) == 3  # tokens 0-1, 1-2 and 2-3


def test_convnets_have_no_tokens_to_leave_out(convnet: PairModel, pixels: Views) -> None:
    with pytest.raises(EncoderError, match="mode='exact'; precision='bf16'"):
        encode_without_tokens(convnet, pixels[0], [(0, 0, 8, 8)])


def test_a_window_over_everything_leaves_no_picture(
    mean_transformer: PairModel, pixels: Views
) -> None:
    model = PairModel(mean_transformer.encoder, num_prefix_tokens=0)
    with pytest.raises(EncoderError, match="hides all 4 x 3 tokens"):
        encode_without_tokens(model, pixels[0], [(0, 0, 32, 24)])


class Gridded(nn.Module):
    """Folds its tokens to the grid behind the blocks, and so needs all of them."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, pixels: Tensor) -> Tensor:
        tokens = self.inner.stem(pixels).flatten(2).transpose(1, 2)
        return self.inner.blocks(tokens).unflatten(1, GRID).amax((1, 2))


def test_a_network_that_needs_all_tokens_is_refused(
    class_transformer: PairModel, pixels: Views
) -> None:
    encoder = class_transformer.encoder
    model = PairModel(wrap_module(Gridded(encoder.module), preprocessing=encoder.preprocessing))
    with pytest.raises(EncoderError, match="cannot be run on a part of its tokens"):
        encode_without_tokens(model, pixels[0], [(0, 0, 8, 8)])
