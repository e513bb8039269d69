"""Forward passes: how many pictures at a time, how exact, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.similarity.model import PairModel
from seewhy.similarity.occlusion import OcclusionSettings, occlude, occlude_context_agnostic
from seewhy.similarity.pair import Effort, Pair
from seewhy.similarity.pairwise_occlusion import PairwiseSettings, occlude_pairwise
from seewhy.similarity.passes import Mode, encode_hidden, encode_pictures

Views = tuple[Tensor, Tensor]
SETTINGS = OcclusionSettings(window=8, stride=4)


def count_pictures(model: PairModel) -> tuple[list[int], object]:
    seen: list[int] = []
    handle = model.encoder.module.register_forward_hook(
        lambda _m, inputs, _o: seen.append(len(inputs[0]))
    )
    return seen, handle


@pytest.mark.parametrize("kind", ["convnet", "class_transformer"])
@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_no_more_than_a_batch_of_hidden_pictures_is_there_at_once(
    kind: str, mode: Mode, pixels: Views, request: pytest.FixtureRequest
) -> None:
    if (kind, mode) == ("convnet", "fast"):
        pytest.skip("a convnet has no tokens")
    model: PairModel = request.getfixturevalue(kind)
    boxes = SETTINGS.place((32, 24)).boxes()
    seen, handle = count_pictures(model)
    effort = Effort(batch_size=5)
    found = encode_hidden(model, pixels[0], boxes, effort, fill="mean", mode=mode)
    encode_pictures(model, pixels[0].expand(11, -1, -1, -1), effort)
    handle.remove()  # type: ignore[attr-defined]
    assert found.shape == (len(boxes), 5 if kind == "convnet" else 8)
    assert max(seen) == 5


def test_a_window_that_changes_nothing_is_not_encoded(convnet: PairModel) -> None:
    flat = torch.ones(1, 3, 32, 24)
    flat[..., 20:, 16:] = 0.5
    encode_hidden(convnet, flat, [(0, 0, 8, 8)], Effort(), fill=1.0)  # the trial is behind us
    seen, handle = count_pictures(convnet)
    found = encode_hidden(convnet, flat, [(0, 0, 8, 8), (16, 8, 8, 8)], Effort(), fill=1.0)
    handle.remove()  # type: ignore[attr-defined]
    clean = convnet.embed(flat)[0]
    assert torch.equal(found[0], clean)
    assert torch.equal(found[1], clean)
    assert seen == [1]


@pytest.mark.parametrize("kind", ["convnet", "class_transformer"])
def test_half_precision_is_near_and_says_how_near(
    kind: str, pixels: Views, request: pytest.FixtureRequest
) -> None:
    model: PairModel = request.getfixturevalue(kind)
    exact = Pair(model, *pixels)
    half = Pair(model, *pixels, effort=Effort(precision="bf16"))
    assert half.score == exact.score
    wanted, found = occlude(exact, SETTINGS), occlude(half, SETTINGS)
    for view in (0, 1):
        values, truth = found.maps[view].values, wanted.maps[view].values
        assert not np.array_equal(values, truth)
        np.testing.assert_allclose(values, truth, atol=0.03)
        assert 0.9 < float(found.facts[f"exact_rank_correlation_{view + 1}"]) <= 1
    assert not wanted.facts
    torch.testing.assert_close(
        half.encode(pixels[0]), exact.encode(pixels[0]), atol=0.05, rtol=0.05
    )


def test_left_out_tokens_share_embeddings_and_say_how_near_they_are(
    class_transformer: PairModel, pixels: Views
) -> None:
    fast = OcclusionSettings(window=8, stride=4, mode="fast")
    pair = Pair(class_transformer, *pixels)
    conditional = occlude(pair, fast)
    seen, handle = count_pictures(class_transformer)
    joint = occlude_pairwise(
        pair,
        PairwiseSettings(grid=OcclusionSettings(window=8, stride=4, mode="fast", num_checks=0)),
    )
    assert not seen  # all of it is known
    occlude_context_agnostic(pair, OcclusionSettings(window=8, stride=4, mode="fast", num_checks=0))
    handle.remove()  # type: ignore[attr-defined]
    assert sum(seen) == 2 * 12  # each token by itself, in both pictures
    assert set(conditional.facts) == {"exact_rank_correlation_1", "exact_rank_correlation_2"}
    assert not joint.facts
    assert conditional.maps[0].values.shape == (7, 5)


def test_drops_of_fast_maps_begin_at_the_similarity_itself(
    class_transformer: PairModel, pixels: Views
) -> None:
    """Between whole tokens a fast map is the mean of its neighbors' embeddings."""
    pair = Pair(class_transformer, *pixels)
    windows = OcclusionSettings(window=8, stride=4).place((32, 24))
    fast = pair.encode_windows(1, windows, fill="mean", mode="fast").reshape(7, 5, -1)
    torch.testing.assert_close(fast[1], (fast[0] + fast[2]) / 2)
    exact = pair.encode_windows(1, windows, fill="mean").reshape(7, 5, -1)
    assert not torch.allclose(exact[1], (exact[0] + exact[2]) / 2, atol=1e-3)


def test_efforts_and_modes_that_there_are_not_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="'float32' or 'bf16', got 'int8'"):
        Effort(precision="int8")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="batch_size must be at least 1"):
        Effort(batch_size=0)
    with pytest.raises(InvalidArgumentError, match="'exact' or 'fast', got 'quick'"):
        OcclusionSettings(mode="quick")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="num_checks must be 0 or at least 2, got 1"):
        OcclusionSettings(num_checks=1)
