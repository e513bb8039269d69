"""Naming what is at each place of a scene: a companion of the contrastive loss.

Which thing a patch shows, its color, what it does, how it stands to the others: an encoder that
was made to say so keeps it in its patches, where a decoder finds it. Bottom-up attention, whose
regions most captioning systems see, learned from Visual Genome's objects and attributes likewise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.progress import show_progress
from seewhy.world.catalogue import (
    BACKGROUNDS,
    CLASSES,
    COLORS,
    LIGHTS,
    PATTERNS,
    RELATIONS,
    SIZES,
    STYLES,
)
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Scene

MOST_ALIKE = 4
"""Things of one class that are told apart by their number."""
THING_SHARE = 0.25
PART_SHARE = 0.06
"""How much of a patch a thing, or a part, covers at least to be named there."""
EMPTY_WEIGHT = 0.1
"""What a patch without a thing counts, against one that shows one."""


class Pictured(Protocol):
    """What a companion may know of the pictures of a batch."""

    @property
    def patches(self) -> Tensor:
        """Last tokens of the image tower, (batch, patches, width)."""
        ...


class Numbered(Protocol):
    """Which pictures a batch holds."""

    @property
    def indices(self) -> Tensor:
        """Number of each picture in the data, (batch,)."""
        ...


@cache
def list_place_names() -> tuple[str, ...]:
    """All that may be true of a place, as ``kind: word``; in the order of the targets' columns."""
    words = {
        "class": CLASSES,
        "color": COLORS,
        "pattern": PATTERNS,
        "size": SIZES,
        "action": sorted({a for spec in CLASSES.values() for a in spec.actions if a}),
        "part": sorted({part.name for spec in CLASSES.values() for part in spec.parts}),
        "subject": RELATIONS,
        "object": RELATIONS,
        "alike": [str(number + 1) for number in range(MOST_ALIKE)],
        "background": BACKGROUNDS,
        "style": STYLES,
        "light": LIGHTS,
        "rank": ["main", "other"],
    }
    return tuple(f"{kind}: {word}" for kind, all_of in words.items() for word in all_of)


def name_places(
    scene: Scene,
    thing_masks: NDArray[np.bool_],
    part_masks: Sequence[dict[str, NDArray[np.bool_]]],
    grid: tuple[int, int],
) -> NDArray[np.bool_]:
    """What is true of each patch of a drawn scene.

    A thing and a part are named where they cover enough of the patch, and in any case where they
    cover most; background, style and light everywhere.

    Args:
        scene: as drawn.
        thing_masks: (things, height, width).
        part_masks: of each thing, the mask of each part, (height, width).
        grid: rows and columns of patches, which divide the masks' height and width.

    Returns:
        (patches, names), patches row by row, names as ``list_place_names()``.
    """
    number = {name: column for column, name in enumerate(list_place_names())}
    found = np.zeros((grid[0] * grid[1], len(number)), dtype=bool)
    for word in (f"background: {scene.background}", f"style: {scene.style}",
                 f"light: {scene.light}"):  # fmt: skip
        found[:, number[word]] = True
    for index, mask in enumerate(thing_masks):
        places = _find_places(mask, grid, THING_SHARE)
        for word in _name_thing(scene, index):
            found[places, number[word]] = True
        for part, part_mask in part_masks[index].items():
            found[_find_places(part_mask, grid, PART_SHARE), number[f"part: {part}"]] = True
    return found


def _name_thing(scene: Scene, index: int) -> Iterator[str]:
    """Names of a thing, and of how it stands to the others."""
    thing = scene.things[index]
    yield f"class: {thing.name}"
    yield f"color: {thing.color}"
    yield f"pattern: {thing.pattern}"
    yield f"size: {thing.size}"
    if thing.action:
        yield f"action: {thing.action}"
    alike = sum(other.name == thing.name for other in scene.things)
    yield f"alike: {min(alike, MOST_ALIKE)}"
    yield f"rank: {'other' if index else 'main'}"
    for relation in scene.relations:
        if relation.subject == index:
            yield f"subject: {relation.predicate}"
        if relation.object == index:
            yield f"object: {relation.predicate}"


def _find_places(mask: NDArray[np.bool_], grid: tuple[int, int], least: float) -> NDArray[np.bool_]:
    """Patches a mask covers enough of, (patches,); the one it covers most is always there."""
    rows, columns = grid
    height, width = mask.shape
    covered = mask.reshape(rows, height // rows, columns, width // columns).mean(axis=(1, 3))
    share = covered.reshape(-1)
    return (share > 0) & (share >= min(least, float(share.max())))


def load_places(
    scenes: int, *, size: int, grid: tuple[int, int], split: str = "train", progress: bool = False
) -> NDArray[np.uint8]:
    """What is at each place of the first scenes of a split, eight names to a byte.

    Args:
        scenes: how many.
        size: height and width they are drawn at, in pixels.
        grid: rows and columns of patches; they divide ``size``.
        split: ``train``, ``validation``, ``test`` or ``held-out``.
        progress: show a progress bar where there is a terminal.

    Returns:
        (scenes, patches, bytes), to be read by ``np.unpackbits``.

    Raises:
        InvalidArgumentError: if the patches do not divide the picture.
    """
    if size % grid[0] or size % grid[1]:
        raise InvalidArgumentError(f"A grid of {grid} does not divide a picture of {size} pixels.")
    packed = []
    for number in show_progress(range(scenes), description="Places", enabled=progress):
        scene = sample_scene(number, split=split)
        drawing = draw_scene(scene, size)
        names = name_places(scene, drawing.thing_masks, drawing.part_masks, grid)
        packed.append(np.packbits(names, axis=1))
    return np.stack(packed)


class PlaceNaming(nn.Module):
    """Binary cross-entropy of every name at every patch.

        L = Σ_p w_p Σ_n BCE(W · LN(x_p) + b, y_pn) / Σ_p w_p

    with w_p 1 where a thing is, and 0.1 elsewhere. W and b are thrown away after training.
    """

    def __init__(self, places: NDArray[np.uint8], width: int) -> None:
        """Make the head.

        Args:
            places: of all pictures of the data, from ``load_places``.
            width: of the image tower's tokens.
        """
        super().__init__()
        self.places, self.names = places, len(list_place_names())
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, self.names)
        often = self._unpack(np.arange(min(len(places), 1000))).mean(dim=(0, 1)).clamp(1e-4, 0.999)
        with torch.no_grad():  # from how often each name is true, not from one half
            self.head.bias.copy_((often / (1 - often)).log())

    def forward(self, pictures: Pictured, batch: Numbered) -> Tensor:
        """The loss of a batch; a scalar.

        Raises:
            ShapeError: if the pictures have other patches than the places, as where some of
                them were dropped.
        """
        patches = pictures.patches
        if patches.shape[1] != self.places.shape[1]:
            raise ShapeError(
                f"Places are named on {self.places.shape[1]} patches, and the tower gave "
                f"{patches.shape[1]}. Train without patch_dropout."
            )
        wanted = self._unpack(batch.indices.cpu().numpy()).to(patches.device)
        with torch.autocast(patches.device.type, enabled=False):
            logits = self.head(self.norm(patches.float()))  # (batch, patches, names)
        losses = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none").sum(dim=2)
        first = list_place_names().index("rank: main")
        is_thing = wanted[..., first : first + 2].any(dim=2)
        weights = torch.where(is_thing, 1.0, EMPTY_WEIGHT)
        return (losses * weights).sum() / weights.sum()

    def _unpack(self, indices: NDArray[np.int64]) -> Tensor:
        """Targets of pictures, (pictures, patches, names)."""
        bits = np.unpackbits(self.places[indices], axis=2, count=self.names)
        return torch.from_numpy(bits).float()
