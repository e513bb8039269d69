"""Every method keeps one contract: pictures in, one kind of result out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from seewhy.encoders.modules import wrap_module
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.errors import EncoderError, InvalidArgumentError, SeewhyError, UnknownNameError
from seewhy.similarity.linear_surrogate import DescentSettings
from seewhy.similarity.methods import METHODS, explain, explain_all, explain_pair, read_pair
from seewhy.similarity.model import PairModel

COARSE = {"window": 8, "stride": 6}
SMALLER: dict[str, dict[str, Any]] = {  # what makes the dear ones quick
    "pixel-invariance": {
        "num_copies": 12,
        "size": 8,
        "descent": DescentSettings(sparsity=1e-3, steps=50),
    },
    "conditional-occlusion": COARSE,
    "context-agnostic-occlusion": COARSE,
    "feature-visualization": {"num_octaves": 2, "steps": 2},
    "model-difference": {"steps": 3, "layers": (0, 1)},
    "smooth-grad": {"num_draws": 3},
}
PICTURES = {"feature-visualization", "model-difference"}
every_method = pytest.mark.parametrize("method", METHODS)


def draw(seed: int, size: tuple[int, int] = (40, 30)) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    return Image.fromarray(values)


def run(model: PairModel, method: str, compat: Any = "default", **options: Any) -> Any:
    chosen = METHODS[method]
    base = chosen.published if compat == "published" else chosen.default
    settings = replace(base, **SMALLER.get(method, {}))
    options = {"seed": 1, **options}
    images = options.pop("images", (draw(1), draw(2)))
    return explain(model, *images, method=method, compat=compat, settings=settings, **options)


@every_method
@pytest.mark.parametrize("compat", ["default", "published"])
def test_a_method_gives_maps_or_pictures_that_stand_for_themselves(
    convnet: PairModel, method: str, compat: str
) -> None:
    found = run(convnet, method, compat)
    assert -1 <= found.score <= 1
    if method in PICTURES:
        assert found.made
        assert not found.maps
        assert all(each.picture.shape == (32, 24, 3) for each in found.made)
    else:
        assert [each.view for each in found.maps] == [1, 2]
        for each in found.maps:
            assert each.values.dtype == np.float32
            assert np.isfinite(each.values).all()
            assert each.to_pixels().shape == (32, 24)
    kept = found.to_dict()
    assert kept["method"] == method
    assert kept["provenance"]["settings"]["compat"] == compat
    assert kept["provenance"]["seed"] == 1
    json.dumps(kept, allow_nan=False)


@pytest.mark.parametrize("method", ["conditional-occlusion", "model-difference"])
@pytest.mark.parametrize("compat", ["default", "published"])
def test_a_result_is_kept_with_its_arrays_and_its_figure(
    convnet: PairModel, method: str, compat: str, tmp_path: Path
) -> None:
    found = run(convnet, method, compat)
    folder = found.save(tmp_path / method)
    kept = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert kept["method"] == method
    assert (folder / "figure.png").stat().st_size > 1000
    with np.load(folder / "arrays.npz") as arrays:
        if found.maps:
            np.testing.assert_array_equal(arrays["maps.0.values"], found.maps[0].values)
        else:
            np.testing.assert_array_equal(arrays["made.0.picture"], found.made[0].picture)


@every_method
def test_a_method_is_the_same_again_and_leaves_the_encoder_as_it_was(
    convnet: PairModel, method: str
) -> None:
    module = convnet.encoder.module.train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    torch.manual_seed(4)
    state = torch.get_rng_state()
    first, second = run(convnet, method), run(convnet, method, batch_size=5)
    for one, other in zip(first.maps, second.maps, strict=True):
        scale = max(1e-6, float(np.abs(one.values).max()))
        np.testing.assert_allclose(one.values, other.values, atol=1e-3 * scale)
    for one, other in zip(first.made, second.made, strict=True):
        np.testing.assert_array_equal(one.picture, other.picture)
    assert torch.equal(torch.get_rng_state(), state)
    assert module.training
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert all(weight.grad is None for weight in module.parameters())
    assert all(not part._forward_hooks for part in module.modules())


@every_method
@pytest.mark.parametrize("kind", ["class_transformer", "mean_transformer"])
def test_a_method_explains_a_transformer(
    kind: str, method: str, request: pytest.FixtureRequest
) -> None:
    found = run(request.getfixturevalue(kind), method)
    assert found.maps or found.made
    assert all(np.ptp(each.values) > 0 for each in found.maps)


@every_method
def test_a_method_answers_identical_pictures(convnet: PairModel, method: str) -> None:
    found = run(convnet, method, images=(draw(1), draw(1)))
    assert found.score == pytest.approx(1, abs=1e-5)
    assert any("the same to the encoder" in note for note in found.notes)
    assert all(np.isfinite(each.values).all() for each in found.maps)


def test_methods_that_share_embeddings_encode_once(convnet: PairModel) -> None:
    methods = ("conditional-occlusion", "context-agnostic-occlusion", "pairwise-occlusion")
    counts = {}
    for names in (methods[:1], methods[1:2], methods):
        pixels = []
        handle = convnet.encoder.module.register_forward_hook(
            lambda _m, inputs, _o, kept=pixels: kept.append(len(inputs[0]))
        )
        found = list(explain_all(convnet, draw(1), draw(2), methods=names, batch_size=8))
        handle.remove()
        assert [each.method for each in found] == list(names)
        assert max(pixels) == 8
        counts[names] = sum(pixels)
    assert counts[methods] == counts[methods[1:2]] > counts[methods[:1]]


def test_an_encoder_needs_no_wrapping_and_gray_pictures_no_conversion(convnet: PairModel) -> None:
    gray = draw(1).convert("L")
    found = explain(convnet.encoder, gray, np.asarray(draw(2, (9, 50))))
    assert found.maps[0].values.shape == (4, 3)
    assert found.overlay(1).shape == (32, 24, 3)


def test_settings_of_another_method_are_refused(convnet: PairModel) -> None:
    with pytest.raises(InvalidArgumentError, match="takes settings of the kind Interaction"):
        explain(convnet, draw(1), draw(2), settings=METHODS["random"].default)
    pair = read_pair(convnet, draw(1), draw(2))
    with pytest.raises(InvalidArgumentError, match="compat must be"):
        explain_pair(pair, "random", compat="v1")  # type: ignore[arg-type]


def test_an_unknown_method_is_refused_before_anything_is_computed(convnet: PairModel) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'grad-cam'"):
        next(explain_all(convnet, draw(1), draw(2), methods=["random", "gradcam"]))


def test_what_is_no_encoder_is_refused(convnet: PairModel) -> None:
    with pytest.raises(EncoderError, match="wrap_module"):
        explain(convnet.encoder.module, draw(1), draw(2))  # type: ignore[arg-type]


@pytest.mark.parametrize("method", [name for name in METHODS if name not in PICTURES])
def test_an_encoder_without_maps_is_refused_only_by_what_needs_one(method: str) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(768, 6), nn.ReLU(), nn.Linear(6, 4))
    wanted = Preprocessing(size=(16, 16), mean=(0.5,) * 3, std=(0.5,) * 3)
    torch.manual_seed(0)
    model = PairModel(wrap_module(network, preprocessing=wanted))
    if "cam" in method:
        with pytest.raises(EncoderError, match="no feature map"):
            run(model, method)
    else:
        assert len(run(model, method).maps) == 2


@every_method
def test_features_that_are_no_numbers_are_refused(convnet: PairModel, method: str) -> None:
    with torch.no_grad():
        next(convnet.encoder.module.parameters()).fill_(torch.nan)
    with pytest.raises(SeewhyError, match="not finite"):
        run(convnet, method)
