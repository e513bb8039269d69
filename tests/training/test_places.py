"""Naming what is at each place: targets by hand, the loss by its definition."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.vision_transformer import VisionTransformerConfig
from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.training.augmentation import Augmentation
from seewhy.training.places import PlaceNaming, list_place_names, load_places, name_places
from seewhy.training.recipe import DualEncoderRecipe, FolderData, WorldData, make_place_naming
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Relation, Scene, Thing


def make_scene() -> Scene:
    """Two cats, the first of which is left of the other."""
    things = [
        Thing("cat", "pet", color, "plain", "small", action, (), (0.5, 0.5), 0.5)
        for color, action in (("red", "sleeping"), ("gray", ""))
    ]
    relation = Relation(0, "left of", 1)
    return Scene(3, tuple(things), (relation,), "meadow", "flat", "day")


@pytest.fixture
def found() -> dict[str, list[int]]:
    """Names true of a drawn pair of cats, with the patches of a 2 x 2 grid where they are."""
    masks = np.zeros((2, 8, 8), dtype=bool)
    masks[0, :4, :4] = True  # all of the first patch
    masks[0, 4, :4] = True  # a quarter of the third
    masks[0, 0, 4:7] = True  # less than a quarter of the second
    masks[1, 7, 7] = True  # little, and nowhere more
    tail = np.zeros((8, 8), dtype=bool)
    tail[0, 0] = True
    named = name_places(make_scene(), masks, [{"tail": tail}, {}], (2, 2))
    return {
        name: np.flatnonzero(named[:, column]).tolist()
        for column, name in enumerate(list_place_names())
        if named[:, column].any()
    }


def test_a_thing_is_named_where_it_covers_enough_or_most(found: dict[str, list[int]]) -> None:
    assert found["color: red"] == [0, 2]
    assert found["color: gray"] == [3]
    assert found["class: cat"] == [0, 2, 3]
    assert found["rank: main"] == [0, 2]
    assert found["rank: other"] == [3]


def test_a_part_is_named_where_there_is_a_little_of_it(found: dict[str, list[int]]) -> None:
    assert found["part: tail"] == [0]


def test_what_it_does_how_many_are_alike_and_how_it_stands_to_others(
    found: dict[str, list[int]],
) -> None:
    assert found["action: sleeping"] == [0, 2]
    assert found["alike: 2"] == [0, 2, 3]
    assert found["subject: left of"] == [0, 2]
    assert found["object: left of"] == [3]
    assert "alike: 1" not in found


def test_the_surroundings_are_everywhere(found: dict[str, list[int]]) -> None:
    for name in ("background: meadow", "style: flat", "light: day"):
        assert found[name] == [0, 1, 2, 3]


def test_loaded_places_are_those_of_the_scenes() -> None:
    packed = load_places(3, size=64, grid=(8, 4), split="validation")
    names = len(list_place_names())
    assert packed.shape == (3, 32, math.ceil(names / 8))
    for number in range(3):
        scene = sample_scene(number, split="validation")
        drawing = draw_scene(scene, 64)
        expected = name_places(scene, drawing.thing_masks, drawing.part_masks, (8, 4))
        unpacked = np.unpackbits(packed[number], axis=1, count=names).astype(bool)
        np.testing.assert_array_equal(unpacked, expected)


def test_a_grid_that_does_not_divide_the_picture_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="64 pixels"):
        load_places(1, size=64, grid=(7, 7))


def test_the_loss_matches_its_definition() -> None:
    places = load_places(4, size=64, grid=(4, 4))
    naming = PlaceNaming(places, 8)
    patches, indices = torch.randn(2, 16, 8), torch.tensor([3, 1])
    total, weights = 0.0, 0.0
    for row, number in enumerate(indices.tolist()):
        scene = sample_scene(number, split="train")
        drawing = draw_scene(scene, 64)
        wanted = name_places(scene, drawing.thing_masks, drawing.part_masks, (4, 4))
        main, other = (list_place_names().index(f"rank: {word}") for word in ("main", "other"))
        is_thing = (wanted[:, main] | wanted[:, other]).tolist()
        shares = naming.head(naming.norm(patches[row])).sigmoid().double()
        for patch in range(16):
            weight = 1.0 if is_thing[patch] else 0.1
            for share, is_true in zip(shares[patch].tolist(), wanted[patch], strict=True):
                total -= weight * math.log(share if is_true else 1 - share)
            weights += weight
    pictures = SimpleNamespace(patches=patches)
    found = naming(pictures, SimpleNamespace(indices=indices))
    assert found.item() == pytest.approx(total / weights, rel=1e-5)


def test_it_starts_from_how_often_names_are_true() -> None:
    naming = PlaceNaming(load_places(20, size=64, grid=(4, 4)), 8)
    share = naming.head.bias.sigmoid()
    day = list_place_names().index("light: day")
    often = np.mean([sample_scene(number, split="train").light == "day" for number in range(20)])
    assert share[day].item() == pytest.approx(often, abs=1e-6)


def test_dropped_patches_are_refused() -> None:
    naming = PlaceNaming(load_places(2, size=64, grid=(4, 4)), 8)
    pictures = SimpleNamespace(patches=torch.randn(1, 9, 8))
    with pytest.raises(ShapeError, match="without patch_dropout"):
        naming(pictures, SimpleNamespace(indices=torch.tensor([0])))


@pytest.mark.parametrize(
    ("tower", "width", "patches"),
    [
        (VisionTransformerConfig(size=64, patch=16, width=32, heads=2), 32, 16),
        (ConvNetConfig(size=64, widths=(8, 16), depths=(1, 1), strides=(1, 2)), 16, 256),
    ],
)
def test_a_recipe_names_the_places_of_its_tower(
    tower: VisionTransformerConfig | ConvNetConfig, width: int, patches: int
) -> None:
    recipe = DualEncoderRecipe(data=WorldData(scenes=2), place_weight=0.5)
    recipe = replace(recipe, model=replace(recipe.model, image=tower))
    naming = make_place_naming(recipe)
    assert naming.places.shape[:2] == (2, patches)
    assert naming.norm.normalized_shape == (width,)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": FolderData(folder="a", captions="b")},
        {"data": WorldData(without=("pet",))},
        {"augmentation": Augmentation(use_mirror=True)},
        {"augmentation": Augmentation(min_area=0.5)},
        {"model": replace(DualEncoderRecipe().model,
                          image=VisionTransformerConfig(patch_dropout=0.5))},
    ],
)  # fmt: skip
def test_what_would_move_or_hide_places_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidArgumentError, match="place_weight is for whole scenes"):
        replace(DualEncoderRecipe(place_weight=0.2), **changes)
