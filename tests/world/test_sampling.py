import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.world.catalogue import BACKGROUNDS, CLASSES, RELATIONS, shape_of
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Scene
from seewhy.world.splits import SPLITS, is_held_out

scenes = st.builds(
    lambda seed, split: sample_scene(seed, split=split),
    st.integers(0, 10**9),
    st.sampled_from(SPLITS),
)
OPPOSITES = {"left of": "right of", "above": "below", "next to": "next to"}
OPPOSITES |= {after: before for before, after in OPPOSITES.items()}


@given(st.integers(0, 10**9), st.sampled_from(SPLITS))
def test_the_same_seed_gives_the_same_scene(seed: int, split: str) -> None:
    assert sample_scene(seed, split=split) == sample_scene(seed, split=split)


@given(st.integers(0, 10**9), st.sampled_from(["train", "validation", "test"]))
def test_a_held_out_look_is_never_shown_elsewhere(seed: int, split: str) -> None:
    scene = sample_scene(seed, split=split)
    assert not any(is_held_out(t.name, t.color, t.pattern) for t in scene.things)


@given(st.integers(0, 10**9))
def test_the_main_thing_of_a_held_out_scene_has_a_held_out_look(seed: int) -> None:
    main, *company = sample_scene(seed, split="held-out").things
    assert is_held_out(main.name, main.color, main.pattern)
    assert not any(is_held_out(t.name, t.color, t.pattern) for t in company)


@given(scenes)
def test_everything_does_what_its_class_does_where_it_does_it(scene: Scene) -> None:
    assert scene.light in BACKGROUNDS[scene.background]
    for thing in scene.things:
        spec = CLASSES[thing.name]
        assert scene.background in spec.actions[thing.action]
        assert thing.color in spec.colors
        assert thing.pattern in spec.patterns
        assert [part.name for part in thing.parts] == [part.name for part in spec.parts]


@given(scenes)
def test_the_main_thing_is_the_largest_and_all_are_inside(scene: Scene) -> None:
    areas = []
    for thing in scene.things:
        width = thing.scale * shape_of(thing.name, thing.action)[1]
        areas.append(width * thing.scale)
        x, y = thing.center
        assert width / 2 <= x <= 1 - width / 2
        assert y - thing.scale / 2 >= 0
        assert y + thing.scale / 2 <= 1
    assert areas[0] == max(areas)


@given(scenes)
def test_things_stand_beside_each_other(scene: Scene) -> None:
    spans = []
    for thing in scene.things:
        half = thing.scale * shape_of(thing.name, thing.action)[1] / 2
        spans.append((thing.center[0] - half, thing.center[0] + half))
    for (_, right), (left, _) in zip(sorted(spans), sorted(spans)[1:], strict=False):
        assert right - left < 0.06


@given(scenes)
def test_relations_hold_and_so_do_their_opposites(scene: Scene) -> None:
    for relation in scene.relations:
        assert relation.predicate in RELATIONS
        (ax, ay), (bx, by) = (scene.things[i].center for i in (relation.subject, relation.object))
        holds = {
            "left of": ax < bx,
            "right of": ax > bx,
            "above": ay < by,
            "below": ay > by,
            "next to": abs(ax - bx) < 0.45,
        }
        assert holds[relation.predicate]
        back = (relation.object, OPPOSITES[relation.predicate], relation.subject)
        assert back in {(r.subject, r.predicate, r.object) for r in scene.relations}


def test_many_seeds_show_every_class_as_the_main_thing_about_equally_often() -> None:
    counts = dict.fromkeys(CLASSES, 0)
    for seed in range(2900):
        counts[sample_scene(seed).things[0].name] += 1
    assert min(counts.values()) > 60
    assert max(counts.values()) < 145


def test_the_choice_of_classes_and_of_their_number_is_kept() -> None:
    for seed in range(50):
        scene = sample_scene(seed, classes=["cat", "dog"], max_things=2)
        assert {thing.name for thing in scene.things} <= {"cat", "dog"}
        assert len(scene.things) <= 2


def test_an_unknown_class_is_answered_with_a_guess() -> None:
    with pytest.raises(UnknownNameError, match="'rabbit'"):
        sample_scene(0, classes=["rabit"])


@pytest.mark.parametrize("max_things", [0, 4])
def test_more_things_than_fit_are_refused(max_things: int) -> None:
    with pytest.raises(InvalidArgumentError, match=str(max_things)):
        sample_scene(0, max_things=max_things)


def test_a_class_without_held_out_looks_cannot_lead_a_held_out_scene() -> None:
    with pytest.raises(InvalidArgumentError, match="castle"):
        sample_scene(0, split="held-out", classes=["castle"])
