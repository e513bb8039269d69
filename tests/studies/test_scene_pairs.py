"""Pairs of scenes against what each scene says of itself."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from seewhy.errors import InvalidArgumentError, SeewhyError
from seewhy.studies.scene_pairs import (
    find_scene_pairs,
    give_looks,
    mask_parts,
    shares_only_its_thing,
)
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene


@pytest.fixture(scope="module")
def pairs():
    return list(find_scene_pairs(8, size=48, start=100))


def test_a_pair_shares_one_thing_and_nothing_else(pairs):
    for pair in pairs:
        first, second = (sample_scene(seed, split="test") for seed in pair.seeds)
        assert first.things[0].name == second.things[0].name == pair.name
        assert first.background != second.background
        classes = [{thing.name for thing in scene.things} for scene in (first, second)]
        assert classes[0] & classes[1] == {pair.name}


def test_masks_are_those_of_parts_that_both_have(pairs):
    for pair in pairs:
        first, second = (sample_scene(seed, split="test") for seed in pair.seeds)
        scenes = [first, give_looks(first, second)]
        names = [{part.name for part in scene.things[0].parts} for scene in scenes]
        for scene, picture, parts, thing in zip(
            scenes, pair.pictures, pair.parts, pair.things, strict=True
        ):
            drawing = draw_scene(scene, 48)
            expected = np.zeros((48, 48), bool)
            for name in names[0] & names[1]:
                expected |= drawing.part_masks[0][name]
            np.testing.assert_array_equal(picture, drawing.image)
            np.testing.assert_array_equal(parts, expected)
            np.testing.assert_array_equal(thing, drawing.thing_masks[0])
            assert parts.any()
            assert not (parts & ~thing).any()


def test_no_scene_is_in_two_pairs_and_the_earliest_partner_is_taken(pairs):
    used = [seed for pair in pairs for seed in pair.seeds]
    assert len(set(used)) == len(used)
    taken = set()
    for pair in pairs:
        late = sample_scene(pair.seeds[1], split="test")
        assert pair.seeds[0] < pair.seeds[1]
        for seed in range(100, pair.seeds[0]):
            if seed not in taken:
                other = sample_scene(seed, split="test")
                assert not shares_only_its_thing(other, late)
        taken |= set(pair.seeds)


def test_the_second_thing_looks_like_the_first_and_is_where_it_was():
    first, second = (sample_scene(seed, split="test") for seed in (3, 4))
    given = give_looks(first, second)
    giver, before, after = first.things[0], second.things[0], given.things[0]
    assert (after.color, after.pattern, after.parts) == (giver.color, giver.pattern, giver.parts)
    assert (after.center, after.scale, after.action) == (before.center, before.scale, before.action)
    assert given.things[1:] == second.things[1:]
    assert (given.background, given.seed) == (second.background, second.seed)


def test_a_scene_does_not_share_only_its_thing_with_itself():
    scene = sample_scene(3, split="test")
    assert not shares_only_its_thing(scene, scene)


def test_parts_of_no_name_have_an_empty_mask():
    drawing = draw_scene(sample_scene(3, split="test"), 48)
    assert not mask_parts(drawing, frozenset()).any()


def test_pairs_come_one_by_one(pairs):
    first = next(iter(find_scene_pairs(1_000_000, size=48, start=100)))
    assert first.seeds == pairs[0].seeds


def test_pairs_that_cannot_be_are_refused(monkeypatch):
    with pytest.raises(InvalidArgumentError, match="at least 1, got 0"):
        next(find_scene_pairs(0, size=48))
    with pytest.raises(SeewhyError, match="tset"):
        next(find_scene_pairs(1, size=48, split="tset"))
    monkeypatch.setattr("seewhy.studies.scene_pairs.LOOKED_AT", 2)
    with pytest.raises(InvalidArgumentError, match="of 3 pairs are among 6 scenes of test"):
        list(itertools.islice(find_scene_pairs(3, size=48), 3))
