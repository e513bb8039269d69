"""Two views of a picture: recorded, explained, drawn on the picture, held against each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seewhy.errors import ImageReadError, InvalidArgumentError, UnknownNameError
from seewhy.images.views import VIEW_RECIPES, make_views
from seewhy.similarity.catalogue import METHODS
from seewhy.similarity.geometry import MAX_SIDE, record_geometry
from seewhy.similarity.methods import explain
from seewhy.similarity.model import PairModel
from seewhy.similarity.occlusion import OcclusionSettings
from seewhy.similarity.pair import Effort
from seewhy.similarity.view_pairs import explain_views, read_views

COARSE = {"conditional-occlusion": OcclusionSettings(window=8, stride=6)}


@pytest.fixture
def picture() -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (10, 15, 3), np.uint8)
    return Image.fromarray(values).resize((90, 60), Image.Resampling.BICUBIC)


def test_views_are_whole_at_the_size_of_the_encoder(
    convnet: PairModel, picture: Image.Image
) -> None:
    found = read_views(convnet, picture, effort=Effort(seed=3))
    recipes = tuple(replace(one, size=32) for one in VIEW_RECIPES["simclr"])
    expected = make_views(picture, recipes, generator=3)
    for view, shown in zip(expected, found.pair.pictures(), strict=True):
        assert isinstance(view.image, Image.Image)
        resized = view.image.resize((24, 32), Image.Resampling.BICUBIC)
        np.testing.assert_allclose(shown.astype(int), np.asarray(resized).astype(int), atol=1)
    assert found.geometry.crops == tuple(view.crop for view in expected)
    assert found.geometry.flipped == tuple(view.flipped for view in expected)
    assert found.names == ("the picture, view 1", "the picture, view 2")


def test_a_map_of_what_a_view_shows_lies_where_the_picture_shows_it(
    convnet: PairModel, picture: Image.Image
) -> None:
    """Brightness as the map: drawn back, it is the brightness of the picture."""
    gray = np.asarray(picture.convert("L"), np.float64)
    flips = set()
    for seed in range(6):
        recipe = tuple(
            replace(one, size=64, jitter_chance=0, gray_chance=0, blur_chance=0, area=(0.4, 0.8))
            for one in VIEW_RECIPES["simclr"]
        )
        views = make_views(picture, recipe, generator=seed)
        geometry = record_geometry(picture, views, recipe="simclr", seed=seed)
        for number, view in enumerate(views, start=1):
            assert isinstance(view.image, Image.Image)
            placed = geometry.place(np.asarray(view.image.convert("L"), np.float64), number)
            inside = np.isfinite(placed)
            assert inside.mean() == pytest.approx(
                geometry.crops[number - 1][2] * geometry.crops[number - 1][3] / gray.size, abs=0.03
            )
            assert np.corrcoef(placed[inside], gray[inside])[0, 1] > 0.97
            flips.add(view.flipped)
    assert flips == {True, False}


def test_large_pictures_are_recorded_small() -> None:
    picture = Image.new("RGB", (2000, 1000))
    views = make_views(picture, "simclr", generator=0)
    found = record_geometry(picture, views, recipe="simclr", seed=0)
    assert found.size == (MAX_SIDE // 2, MAX_SIDE)
    np.testing.assert_allclose(found.crops[0], np.array(views[0].crop) * MAX_SIDE / 2000)
    assert found.describe()["size"] == found.size


def test_maps_are_drawn_on_the_picture_and_their_agreement_scored(
    convnet: PairModel, picture: Image.Image
) -> None:
    methods = ["conditional-occlusion", "interaction-cam", "center", "feature-visualization"]
    small = replace(METHODS["feature-visualization"].default, num_octaves=1, steps=1)
    found = list(
        explain_views(
            convnet,
            picture,
            methods=methods,
            recipe="barlow-twins",
            settings=COARSE | {"feature-visualization": small},
            seed=4,
        )
    )
    assert [each.method for each in found] == methods
    for each in found[:3]:
        assert each.geometry is not None
        assert each.agreement is not None
        assert each.overlay_on_whole(1).shape == (60, 90, 3)
        expected = each.geometry.compare([m.to_pixels() for m in each.maps])
        assert each.agreement == expected
    assert found[3].agreement is None
    assert found[0].settings["window"] == 8


def test_equal_views_agree_wholly(convnet: PairModel, picture: Image.Image) -> None:
    found = read_views(convnet, picture, effort=Effort(seed=1))
    first = found.explain("interaction-cam").maps[0].to_pixels()
    twin = replace(
        found.geometry,
        crops=(found.geometry.crops[0],) * 2,
        flipped=(found.geometry.flipped[0],) * 2,
    )
    assert twin.compare([first, first]).correlation == pytest.approx(1)
    assert twin.compare([first, first]).overlap == 1


def test_a_plain_first_view_is_the_center(convnet: PairModel, picture: Image.Image) -> None:
    plain = read_views(convnet, picture, plain_first=True, effort=Effort(seed=2))
    drawn = read_views(convnet, picture, effort=Effort(seed=2))
    assert not plain.geometry.flipped[0]
    assert plain.geometry.crops[0] == pytest.approx((0, 15, 60, 60))
    assert plain.geometry.crops[1] == drawn.geometry.crops[1]
    torch.testing.assert_close(plain.pair.views[1], drawn.pair.views[1])


def test_views_follow_the_seed_and_the_recipe(convnet: PairModel, picture: Image.Image) -> None:
    crops = {
        read_views(convnet, picture, recipe=recipe, effort=Effort(seed=seed)).geometry.crops
        for recipe, seed in (("simclr", 0), ("simclr", 1), ("dino", 0), ("simclr", 0))
    }
    assert len(crops) == 3


def test_a_picture_that_a_method_made_itself_is_no_view(
    convnet: PairModel, picture: Image.Image
) -> None:
    (found,) = explain_views(
        convnet, picture, methods=["averaged-transforms"], compat="published", seed=1
    )
    assert found.geometry is None
    assert any("nothing is said about agreement" in note for note in found.notes)
    assert found.names[1].endswith("view 1, changed")


def test_wrong_use_is_refused_before_anything_is_computed(
    convnet: PairModel, picture: Image.Image, tmp_path: Path
) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'simclr'"):
        list(explain_views(convnet, picture, recipe="simclr2"))
    with pytest.raises(UnknownNameError, match="method"):
        list(explain_views(convnet, picture, methods=["occlude"]))
    bad = tmp_path / "text.png"
    bad.write_text("no picture", encoding="utf-8")
    with pytest.raises(ImageReadError, match=r"text\.png"):
        list(explain_views(convnet, bad))
    pair = explain(convnet, picture, picture, method="center")
    with pytest.raises(InvalidArgumentError, match="explain_views"):
        pair.overlay_on_whole(1)
