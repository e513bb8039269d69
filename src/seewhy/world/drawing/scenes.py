"""A scene as a picture, with masks and boxes of everything in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy.errors import InvalidArgumentError
from seewhy.world.catalogue import CLASSES, COLORS, shape_of
from seewhy.world.drawing import (
    birds,
    buildings,
    pets,
    plants,
    sea_creatures,
    vehicles,
    wild_animals,
)
from seewhy.world.drawing.backgrounds import draw_background
from seewhy.world.drawing.look import Look
from seewhy.world.drawing.patterns import make_pattern
from seewhy.world.drawing.pen import INK, Canvas, Color, Pen, shade
from seewhy.world.drawing.signs import bottom_of, draw_action_signs, draw_ground_signs
from seewhy.world.scene import Scene, Thing

MIN_SIZE, MAX_SIZE = 32, 1024
DRAWINGS: dict[str, Callable[[Look], None]] = {
    "cat": pets.draw_cat,
    "dog": pets.draw_dog,
    "rabbit": pets.draw_rabbit,
    "turtle": pets.draw_turtle,
    "elephant": wild_animals.draw_elephant,
    "giraffe": wild_animals.draw_giraffe,
    "lion": wild_animals.draw_lion,
    "zebra": wild_animals.draw_zebra,
    "duck": birds.draw_duck,
    "owl": birds.draw_owl,
    "parrot": birds.draw_parrot,
    "penguin": birds.draw_penguin,
    "fish": sea_creatures.draw_fish,
    "whale": sea_creatures.draw_whale,
    "octopus": sea_creatures.draw_octopus,
    "crab": sea_creatures.draw_crab,
    "car": vehicles.draw_car,
    "bus": vehicles.draw_bus,
    "truck": vehicles.draw_truck,
    "sailboat": vehicles.draw_sailboat,
    "airplane": vehicles.draw_airplane,
    "house": buildings.draw_house,
    "lighthouse": buildings.draw_lighthouse,
    "windmill": buildings.draw_windmill,
    "castle": buildings.draw_castle,
    "flower": plants.draw_flower,
    "tree": plants.draw_tree,
    "mushroom": plants.draw_mushroom,
    "cactus": plants.draw_cactus,
}
_DIM = {"day": 0.0, "dusk": -0.1, "night": -0.2}
_GRAIN = 160  # rows and columns of the grain of the textured style
_UPRIGHT = ("building", "plant")  # neither turned nor mirrored


@dataclass(frozen=True)
class Drawing:
    """A drawn scene. Masks and boxes are of what can be seen; empty if they were not asked for."""

    image: NDArray[np.uint8]
    """(size, size, 3), from 0 to 255."""
    thing_masks: NDArray[np.bool_]
    """(things, size, size)."""
    part_masks: tuple[dict[str, NDArray[np.bool_]], ...]
    """For each thing, the mask of each of its parts, (size, size)."""
    boxes: tuple[tuple[int, int, int, int], ...]
    """For each thing left, top, right and bottom in pixels, right and bottom exclusive."""


def draw_scene(scene: Scene, size: int = 96, *, masks: bool = True) -> Drawing:
    """Draw a scene; the same scene gives the same picture.

    Args:
        scene: what to draw.
        size: height and width in pixels, 32 to 1024.
        masks: whether to work out masks and boxes too, which takes longer.

    Raises:
        InvalidArgumentError: if ``size`` is out of range.
    """
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise InvalidArgumentError(f"size must be {MIN_SIZE} to {MAX_SIZE} pixels, got {size}.")
    canvas = Canvas(size, masks=masks)
    draw_background(canvas, scene.background, scene.light, np.random.default_rng([scene.seed, 1]))
    if scene.background == "sea":
        canvas.backdrop = canvas.image.copy()  # to shine through the water
    labels = _number_parts(scene)
    from_back = sorted(range(len(scene.things)), key=lambda i: bottom_of(scene.things[i]))
    for index in from_back:
        generator = np.random.default_rng([scene.seed, 2, index])
        _draw_thing(canvas, scene, scene.things[index], labels[index], generator)
    image = _add_texture(canvas.finish(), scene)
    if not masks:
        return Drawing(image, np.zeros((0, size, size), bool), (), ())
    return _with_masks(image, canvas.finish_labels(), labels)


def _number_parts(scene: Scene) -> list[dict[str, int]]:
    """A number for each part of each thing, and for its rest (``""``), from 1 up."""
    number, labels = 0, []
    for thing in scene.things:
        names = ["", *(part.name for part in CLASSES[thing.name].parts)]
        labels.append({name: number + 1 + place for place, name in enumerate(names)})
        number += len(names)
    return labels


def _draw_thing(
    canvas: Canvas,
    scene: Scene,
    thing: Thing,
    labels: dict[str, int],
    generator: np.random.Generator,
) -> None:
    tilt = {"jumping": -14.0, "running": 5.0, "flying": -6.0}.get(thing.action, 0.0)
    upright = thing.family in _UPRIGHT
    wobble = 0.0 if upright else float(generator.uniform(-4, 4))
    flip = not upright and bool(generator.random() < 0.5)
    angle = math.radians((tilt + wobble) * (-1 if flip else 1))
    paint = _vary(COLORS[thing.color], scene.light, generator)
    draw_ground_signs(canvas, thing, scene.background)
    scale = thing.scale / shape_of(thing.name, thing.action)[0]
    center = (thing.center[0], bottom_of(thing) - scale / 2)  # what lies, lies on the ground
    pen = Pen(
        canvas,
        center=center,
        scale=scale * 0.98,
        flip=flip,
        angle=angle,
        labels=labels,
        outline=INK if scene.style == "outlined" else None,
        stretch=float(generator.uniform(0.94, 1.04)),
    )
    contrast = shade(paint, -0.55) if sum(paint) > 360 else shade(paint, 0.6)
    pen.fill_pattern = make_pattern(
        thing.pattern,
        contrast,
        canvas.side,
        unit=pen.unit,
        box=_box_around(canvas, thing),
        generator=generator,
    )
    sway = float(generator.uniform(-1, 1))
    DRAWINGS[thing.name](Look(pen, paint, thing.action, sway))
    draw_action_signs(canvas, thing, flip=flip)


def _box_around(canvas: Canvas, thing: Thing) -> tuple[float, float, float, float]:
    """More than a thing takes up, however it is turned, in pixels of the canvas."""
    (x, y), side = thing.center, canvas.side
    reach = 0.75 * thing.scale * max(1.0, shape_of(thing.name, thing.action)[1])
    left, right = (min(max(v, 0.0), 1.0) * side for v in (x - reach, x + reach))
    top, bottom = (min(max(v, 0.0), 1.0) * side for v in (y - reach, y + reach))
    return left, top, right, bottom


def _vary(color: Color, light: str, generator: np.random.Generator) -> Color:
    shift = generator.integers(-12, 13, 3)
    red, green, blue = (int(np.clip(c + s, 0, 255)) for c, s in zip(color, shift, strict=True))
    return shade((red, green, blue), _DIM[light])


def _add_texture(image: NDArray[np.uint8], scene: Scene) -> NDArray[np.uint8]:
    if scene.style != "textured":
        return image
    size = image.shape[0]
    generator = np.random.default_rng([scene.seed, 3])
    grain = generator.integers(0, 256, (_GRAIN, _GRAIN), dtype=np.uint8)
    scaled = Image.fromarray(grain).resize((size, size), Image.Resampling.BILINEAR)
    shift = (np.asarray(scaled, dtype=np.int16) - 128) // 11
    return np.clip(image.astype(np.int16) + shift[:, :, None], 0, 255).astype(np.uint8)


def _with_masks(
    image: NDArray[np.uint8], drawn: NDArray[np.int32], labels: list[dict[str, int]]
) -> Drawing:
    things, parts, boxes = [], [], []
    for numbers in labels:
        first, last = min(numbers.values()), max(numbers.values())
        mask = (drawn >= first) & (drawn <= last)
        things.append(mask)
        parts.append({name: drawn == number for name, number in numbers.items() if name})
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        boxes.append(
            (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
            if len(rows)
            else (0, 0, 0, 0)
        )
    return Drawing(image, np.stack(things), tuple(parts), tuple(boxes))
