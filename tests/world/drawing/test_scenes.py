from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from seewhy.errors import InvalidArgumentError
from seewhy.world.catalogue import CLASSES, STYLES
from seewhy.world.drawing.scenes import DRAWINGS, Drawing, draw_scene
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Scene

SIZE = 224
POSES = [(name, action) for name, spec in CLASSES.items() for action in spec.actions]


def sample_pose(name: str, action: str) -> Scene:
    """The first scene in which a thing of a class is alone and does something."""
    seed = 0
    while (scene := sample_scene(seed, classes=[name], max_things=1)).things[0].action != action:
        seed += 1
    return scene


@pytest.fixture(scope="module")
def crowded() -> list[tuple[Scene, Drawing]]:
    scenes = [sample_scene(seed) for seed in range(60)]
    return [(scene, draw_scene(scene, 96)) for scene in scenes if len(scene.things) > 1]


def test_every_class_can_be_drawn() -> None:
    assert set(DRAWINGS) == set(CLASSES)


@pytest.mark.parametrize(("name", "action"), POSES)
def test_every_part_can_be_seen_in_every_pose(name: str, action: str) -> None:
    drawing = draw_scene(sample_pose(name, action), SIZE)
    seen = {part: int(mask.sum()) for part, mask in drawing.part_masks[0].items()}
    assert set(seen) == {part.name for part in CLASSES[name].parts}
    assert min(seen.values()) >= 15, seen


@pytest.mark.parametrize(("name", "action"), POSES)
def test_a_thing_fills_the_box_that_its_scene_gives_it(name: str, action: str) -> None:
    scene = sample_pose(name, action)
    _, top, _, bottom = draw_scene(scene, SIZE).boxes[0]
    thing = scene.things[0]
    assert (bottom - top) / SIZE == pytest.approx(thing.scale, rel=0.2)
    assert (top + bottom) / 2 / SIZE == pytest.approx(thing.center[1], abs=0.05)


@pytest.mark.parametrize("size", [32, 64, 96, 224, 512])
def test_a_picture_has_the_size_asked_for(size: int) -> None:
    drawing = draw_scene(sample_scene(7), size)
    things = len(sample_scene(7).things)
    assert drawing.image.shape == (size, size, 3)
    assert drawing.image.dtype == np.uint8
    assert drawing.thing_masks.shape == (things, size, size)
    assert len(drawing.part_masks) == len(drawing.boxes) == things


@pytest.mark.parametrize("seed", range(6))
def test_the_same_scene_gives_the_same_picture_with_masks_or_without(seed: int) -> None:
    scene = sample_scene(seed)
    first, second = draw_scene(scene, 64), draw_scene(scene, 64)
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.thing_masks, second.thing_masks)
    assert np.array_equal(first.image, draw_scene(scene, 64, masks=False).image)


@pytest.mark.parametrize("seed", range(12))
def test_a_picture_is_the_same_at_every_resolution(seed: int) -> None:
    scene = sample_scene(seed)
    small, large = draw_scene(scene, 64), draw_scene(scene, 256)
    shrunk = np.asarray(Image.fromarray(large.image).reduce(4), dtype=int)
    assert np.abs(small.image - shrunk).mean() < 8
    for mask, other in zip(small.thing_masks, large.thing_masks[:, 2::4, 2::4], strict=True):
        assert (mask & other).sum() > 0.75 * (mask | other).sum()


def test_things_share_no_pixel_nor_do_their_parts(crowded: list[tuple[Scene, Drawing]]) -> None:
    for _, drawing in crowded:
        assert drawing.thing_masks.sum(0).max() == 1
        for thing, parts in zip(drawing.thing_masks, drawing.part_masks, strict=True):
            stacked = np.stack(list(parts.values()))
            assert stacked.sum(0).max() == 1
            assert not (stacked.any(0) & ~thing).any()


def test_boxes_are_tight(crowded: list[tuple[Scene, Drawing]]) -> None:
    for _, drawing in crowded:
        for mask, (left, top, right, bottom) in zip(
            drawing.thing_masks, drawing.boxes, strict=True
        ):
            assert not np.delete(mask, np.s_[top:bottom], 0).any()
            assert not np.delete(mask, np.s_[left:right], 1).any()
            box = mask[top:bottom, left:right]
            assert box[0].any()
            assert box[-1].any()
            assert box[:, 0].any()
            assert box[:, -1].any()


def test_relations_are_true_of_the_pixels(crowded: list[tuple[Scene, Drawing]]) -> None:
    checked = 0
    for scene, drawing in crowded:
        middles = [np.argwhere(mask).mean(0) for mask in drawing.thing_masks]
        for relation in scene.relations:
            (ay, ax), (by, bx) = middles[relation.subject], middles[relation.object]
            holds = {"left of": ax < bx, "right of": ax > bx, "above": ay < by, "below": ay > by}
            assert holds.get(relation.predicate, True), (scene.seed, relation)
            checked += relation.predicate in holds
    assert checked > 30


def test_little_of_a_thing_is_hidden_by_others(crowded: list[tuple[Scene, Drawing]]) -> None:
    for scene, drawing in crowded:
        alone = draw_scene(replace(scene, things=scene.things[:1]), 96).thing_masks[0]
        assert drawing.thing_masks[0].sum() > 0.85 * alone.sum()


def test_another_color_changes_the_thing_and_nothing_else() -> None:
    scene = replace(sample_pose("bus", "parked"), style="flat")
    bus = replace(scene.things[0], color="red", pattern="plain")
    red, blue = (
        draw_scene(replace(scene, things=(replace(bus, color=color),)), SIZE)
        for color in ("red", "blue")
    )
    changed = (red.image != blue.image).any(-1)
    mask = red.thing_masks[0]
    near = mask.copy()  # and a pixel around it, where edges are smoothed
    for axis in (0, 1):
        near |= np.roll(near, 1, axis) | np.roll(near, -1, axis)
    assert not (changed & ~near).any()
    assert changed[mask].mean() > 0.3


@pytest.mark.parametrize(("name", "action"), POSES)
def test_patterns_can_be_seen_in_every_pose(name: str, action: str) -> None:
    scene = replace(sample_pose(name, action), style="flat", light="day")
    thing = replace(scene.things[0], color=CLASSES[name].colors[0])
    pictures = {}
    for pattern in {"plain", *CLASSES[name].patterns}:
        drawn = replace(scene, things=(replace(thing, pattern=pattern),))
        pictures[pattern] = draw_scene(drawn, 96)
    plain = pictures.pop("plain")
    for pattern, drawing in pictures.items():
        changed = np.abs(drawing.image.astype(int) - plain.image).max(-1) > 40
        assert changed[plain.thing_masks[0]].mean() > 0.05, pattern


@pytest.mark.parametrize("change", [{"style": s} for s in STYLES] + [{"light": "dusk"}])
def test_style_and_light_can_be_seen(change: dict[str, str]) -> None:
    scene = replace(sample_scene(3), style="flat", light="day", background="meadow")
    plain, changed = draw_scene(scene, 96), draw_scene(replace(scene, **change), 96)
    same = np.array_equal(plain.image, changed.image)
    assert same == (change == {"style": "flat"})
    assert np.array_equal(plain.thing_masks, changed.thing_masks)


@pytest.mark.parametrize("name", ["cat", "zebra", "owl", "turtle"])
def test_sleep_can_be_told_from_waking(name: str) -> None:
    awake = sample_pose(name, next(iter(CLASSES[name].actions)))
    asleep = replace(awake, things=(replace(awake.things[0], action="sleeping"),))
    pictures = [draw_scene(scene, 96).image.astype(int) for scene in (awake, asleep)]
    assert np.abs(pictures[0] - pictures[1]).mean() > 0.5


@pytest.mark.parametrize("size", [31, 1025, 0])
def test_sizes_out_of_range_are_refused(size: int) -> None:
    with pytest.raises(InvalidArgumentError, match=f"32 to 1024 pixels, got {size}"):
        draw_scene(sample_scene(0), size)
