from dataclasses import replace

import numpy as np
import pytest

from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Scene

SIZE = 128


def sample_where(name: str, action: str, background: str) -> Scene:
    seed = 0
    while True:
        scene = sample_scene(seed, classes=[name], max_things=1)
        thing = scene.things[0]
        if (thing.action, scene.background) == (action, background):
            return replace(scene, style="flat", light="day")
        seed += 1


def outside(scene: Scene) -> np.ndarray:
    """Where a picture without the thing differs, apart from the thing itself."""
    drawing = draw_scene(scene, SIZE)
    empty = draw_scene(replace(scene, things=()), SIZE, masks=False)
    changed = (drawing.image != empty.image).any(-1)
    mask = np.pad(drawing.thing_masks[0], 1)
    near = mask[1:-1, 1:-1] | mask[2:, 1:-1] | mask[:-2, 1:-1] | mask[1:-1, 2:] | mask[1:-1, :-2]
    return changed & ~near


@pytest.mark.parametrize(
    ("name", "action", "background"),
    [
        ("cat", "sleeping", "room"),
        ("dog", "jumping", "meadow"),
        ("zebra", "running", "desert"),
        ("owl", "sitting", "forest"),
        ("lighthouse", "", "sea"),
        ("fish", "jumping", "sea"),
        ("fish", "swimming", "sea"),
        ("duck", "swimming", "sea"),
        ("airplane", "flying", "sky"),
    ],
)
def test_an_action_leaves_a_sign_beside_the_thing(name: str, action: str, background: str) -> None:
    assert outside(sample_where(name, action, background)).sum() > 25


def test_letters_of_sleep_are_above_and_the_shadow_of_a_jump_below() -> None:
    cat = sample_where("cat", "sleeping", "room")
    middle = int(cat.things[0].center[1] * SIZE)
    assert outside(cat)[:middle].sum() > 30
    dog = sample_where("dog", "jumping", "meadow")
    bottom = int((dog.things[0].center[1] + dog.things[0].scale / 2) * SIZE)
    assert outside(dog)[bottom:].sum() > 30


def test_water_shines_through_what_is_below_the_waterline() -> None:
    scene = sample_where("duck", "swimming", "sea")
    wet = draw_scene(scene, SIZE)
    feet = wet.part_masks[0]["feet"]
    dry_thing = replace(scene.things[0], action="standing")
    dry = draw_scene(replace(scene, things=(dry_thing,)), SIZE)
    sea = draw_scene(replace(scene, things=()), SIZE, masks=False).image[feet].mean(0)
    wet_feet, dry_feet = wet.image[feet].mean(0), dry.image[dry.part_masks[0]["feet"]].mean(0)
    assert np.abs(wet_feet - sea).sum() < 0.7 * np.abs(dry_feet - sea).sum()
