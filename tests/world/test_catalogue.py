import pytest

from seewhy.world.catalogue import (
    BACKGROUNDS,
    CLASSES,
    COLORS,
    FAMILIES,
    LIGHTS,
    PATTERNS,
    PERCHED,
    PERCHING,
    UNDER_WATER,
    ClassSpec,
    shape_of,
)

every_class = pytest.mark.parametrize("spec", CLASSES.values(), ids=CLASSES)


def test_there_are_at_least_twenty_classes_in_five_families() -> None:
    assert len(CLASSES) >= 20
    assert len(FAMILIES) >= 5
    assert sorted(name for names in FAMILIES.values() for name in names) == sorted(CLASSES)


@every_class
def test_a_class_has_four_parts_of_different_names_with_attributes(spec: ClassSpec) -> None:
    names = [part.name for part in spec.parts]
    assert len(names) >= 4
    assert len(set(names)) == len(names)
    assert all(part.attributes for part in spec.parts)


@every_class
def test_a_class_has_five_known_colors_and_known_patterns(spec: ClassSpec) -> None:
    assert len(spec.colors) >= 5
    assert set(spec.colors) <= set(COLORS)
    assert set(spec.patterns) <= set(PATTERNS)
    assert all(not part.color or part.color in COLORS for part in spec.parts)


@every_class
def test_what_a_class_does_it_does_in_known_places(spec: ClassSpec) -> None:
    assert spec.actions
    for action, places in spec.actions.items():
        assert places, action
        assert set(places) <= set(BACKGROUNDS)
    assert set(spec.poses) <= set(spec.actions)


def test_no_two_classes_have_the_same_attributed_parts() -> None:
    described = {frozenset((p.name, p.attributes) for p in spec.parts) for spec in CLASSES.values()}
    assert len(described) == len(CLASSES)


def test_every_place_has_a_light_and_every_light_is_known() -> None:
    assert len(BACKGROUNDS) >= 8
    assert all(lights and set(lights) <= set(LIGHTS) for lights in BACKGROUNDS.values())


def test_special_places_are_for_classes_that_exist() -> None:
    assert {*PERCHING, *UNDER_WATER} <= set(CLASSES)
    assert set(PERCHED) <= set(BACKGROUNDS)


def test_a_sleeping_cat_is_lower_and_so_wider_for_its_height() -> None:
    assert shape_of("cat", "sitting") == (1.0, 0.95)
    height, aspect = shape_of("cat", "sleeping")
    assert height == 0.68
    assert aspect == pytest.approx(0.95 * 1.08 / 0.68)
