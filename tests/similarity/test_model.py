"""An encoder as the methods use it: the map is what the head consumes, whatever the network."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from seewhy.encoders.modules import wrap_module
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.errors import EncoderError, InvalidArgumentError
from seewhy.similarity.model import PairModel

Pair = tuple[Tensor, Tensor]
SQUARE = Preprocessing(size=(16, 16), resize="exact", mean=(0.5,) * 3, std=(0.5,) * 3)


@pytest.mark.parametrize("kind", ["convnet", "class_transformer", "mean_transformer"])
def test_the_head_makes_the_embedding_of_the_map(
    kind: str, request: pytest.FixtureRequest, pixels: Pair
) -> None:
    model: PairModel = request.getfixturevalue(kind)
    batch = torch.cat(pixels)
    maps = model.feature_map(batch)
    assert maps.shape[0] == 2
    assert maps.shape[2:] == (4, 3)
    torch.testing.assert_close(model.head(maps, pixels=batch), model.embed(batch))
    embedding, leaf = model.embed_with_map(batch)
    torch.testing.assert_close(leaf.detach(), maps)
    torch.testing.assert_close(embedding.detach(), model.embed(batch))


def test_the_gradient_of_the_map_is_that_of_the_head(convnet: PairModel, pixels: Pair) -> None:
    embedding, maps = convnet.embed_with_map(pixels[0])
    (found,) = torch.autograd.grad(embedding.sum(), maps)
    again = convnet.feature_map(pixels[0]).requires_grad_()
    (expected,) = torch.autograd.grad(convnet.head(again).sum(), again)
    torch.testing.assert_close(found, expected)
    assert found.abs().max() > 0


def test_a_class_token_is_explained_by_the_last_patches_it_reads(
    class_transformer: PairModel, mean_transformer: PairModel
) -> None:
    assert class_transformer.place == class_transformer.layout.layers[-2]
    assert mean_transformer.place == mean_transformer.layout.layers[-1]


def test_a_layer_the_embedding_does_not_depend_on_is_refused(class_transformer: PairModel) -> None:
    model = PairModel(class_transformer.encoder, layer=-1)
    with pytest.raises(EncoderError, match=r"does not depend on the positions of 'blocks\.2'"):
        _ = model.place


def test_another_layer_is_used_on_request(convnet: PairModel, pixels: Pair) -> None:
    model = PairModel(convnet.encoder, layer="trunk.1")
    assert model.feature_map(pixels[0]).shape == (1, 8, 8, 6)
    torch.testing.assert_close(model.head(model.feature_map(pixels[0])), convnet.embed(pixels[0]))
    assert convnet.feature_map(pixels[0], layer=0).shape == (1, 6, 16, 12)
    with pytest.raises(EncoderError, match=r"no layer 'trunk\.9'"):
        _ = PairModel(convnet.encoder, layer="trunk.9").place


def test_the_grid_and_prefix_tokens_can_be_overruled(
    mean_transformer: PairModel, pixels: Pair
) -> None:
    model = PairModel(mean_transformer.encoder, grid=(6, 2))
    assert model.feature_map(pixels[0]).shape == (1, 8, 6, 2)
    wrong = PairModel(mean_transformer.encoder, num_prefix_tokens=0)
    with pytest.raises(EncoderError, match="not 4 x 3 tokens after 0 prefix tokens"):
        wrong.feature_map(pixels[0])


def test_prefix_tokens_are_asked_for(mean_transformer: PairModel, pixels: Pair) -> None:
    maps = mean_transformer.feature_map(pixels[0])
    with pytest.raises(InvalidArgumentError, match="1 prefix tokens"):
        mean_transformer.head(maps)


def count_hooks(module: nn.Module) -> int:
    return sum(len(part._forward_hooks) for part in module.modules())


def test_hooks_are_gone_also_after_an_exception(convnet: PairModel, pixels: Pair) -> None:
    convnet.feature_map(pixels[0])
    convnet.embed_with_map(pixels[0])
    with pytest.raises(EncoderError, match="not finite"):
        convnet.embed_with_map(pixels[0] * torch.nan)
    with pytest.raises(RuntimeError):
        convnet.head(torch.zeros(1, 99, 4, 3))
    assert count_hooks(convnet.encoder.module) == 0


def test_an_encoder_without_maps_still_embeds() -> None:
    flat = nn.Sequential(nn.Flatten(), nn.Linear(768, 4))
    model = PairModel(wrap_module(flat, preprocessing=SQUARE))
    assert model.embed(torch.zeros(1, 3, 16, 16)).shape == (1, 4)
    with pytest.raises(EncoderError, match="no feature map"):
        _ = model.place


def test_pixels_go_to_the_unit_range_and_back(convnet: PairModel, pixels: Pair) -> None:
    unit = convnet.to_unit_range(pixels[0])
    torch.testing.assert_close(unit[0, 0, 0, 0], pixels[0][0, 0, 0, 0] * 0.2 + 0.4)
    torch.testing.assert_close(convnet.normalize(unit), pixels[0])
